"""Every template renders, escapes, keeps the content policy, and tells nothing in addresses."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from rsm.web import pages
from rsm.web.pages import View, render, static_url, template_names
from rsm.web.texts import languages
from tests.web.page_samples_admin import admin_pages
from tests.web.page_samples_calls import call_pages
from tests.web.page_samples_changes import change_pages
from tests.web.page_samples_collaborative import collaborative_pages
from tests.web.page_samples_console import console_pages
from tests.web.page_samples_doors import door_pages, paper_pages
from tests.web.page_samples_exports import export_pages
from tests.web.page_samples_foresight import foresight_pages
from tests.web.page_samples_improvement import improvement_pages
from tests.web.page_samples_instruments import instrument_pages
from tests.web.page_samples_ladders import ladder_pages
from tests.web.page_samples_manage import manage_pages
from tests.web.page_samples_own import own_pages
from tests.web.page_samples_patient import asked, patient_frame, patient_pages, question
from tests.web.page_samples_records import staff_patient_pages
from tests.web.page_samples_releases import release_pages
from tests.web.page_samples_reports import report_pages
from tests.web.page_samples_roster import roster_pages
from tests.web.page_samples_rules import rules_pages
from tests.web.page_samples_settings import settings_pages
from tests.web.page_samples_site import gate_pages, phone_pages, site_pages
from tests.web.page_samples_staff import alert_pages, work_pages
from tests.web.page_samples_workers import worker_pages

Page = tuple[str, str, View, str]

# Words of the samples that would tell who somebody is or how they are.
TELLING = re.compile(
    r"santos|okafor|lindqvist|webb|pruitt|nowak|thibodeaux|haddad|reyes|004417|"
    r"pain|dolor|nausea|severe|fuerte|urgent|emergency|symptom|chemo|cancer(?! clinic)",
    re.IGNORECASE,
)
STORED = r"Sent and stored|Enviado y guardado|تم الإرسال والحفظ"


STAFF = (
    gate_pages,
    work_pages,
    alert_pages,
    staff_patient_pages,
    site_pages,
    phone_pages,
    admin_pages,
    settings_pages,
    roster_pages,
    manage_pages,
    rules_pages,
    release_pages,
    change_pages,
    call_pages,
    paper_pages,
    console_pages,
    ladder_pages,
    instrument_pages,
    worker_pages,
    collaborative_pages,
    export_pages,
    foresight_pages,
    report_pages,
    improvement_pages,
)


def all_pages() -> Iterator[Page]:
    for language in languages():
        for name, template, view in (
            *patient_pages(language),
            *own_pages(language),
            *door_pages(language),
        ):
            yield f"{name}-{language}", template, view, language
    for pages_of in STAFF:
        for name, template, view in pages_of():
            yield name, template, view, "en"
    for name, template, view in (
        *instrument_pages(),
        *worker_pages(),
        *export_pages(),
        *report_pages(),
        *improvement_pages(),
    ):
        yield f"{name}-es", template, view, "es"
    for name, template, view in collaborative_pages("es"):
        yield f"{name}-es", template, view, "es"


PAGES = tuple(all_pages())
IDS = [page[0] for page in PAGES]
EDITORS = {"staff/text.html", "staff/text_checked.html"}  # braces are what they are about
FILLED = [page for page in PAGES if page[1] not in EDITORS]
PATIENT = [page for page in PAGES if page[1].startswith("patient/")]


class Elements(HTMLParser):
    """All start tags with their attributes, and the words of the title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def addresses(self) -> list[str]:
        names = ("href", "src", "action", "formaction", "data-poll", "data-fragment", "data-check")
        found = [attrs.get(name) for _, attrs in self.tags for name in names]
        return [one for one in found if one and not one.startswith("tel:")]


@pytest.fixture(params=PAGES, ids=IDS)
def html(request: pytest.FixtureRequest) -> str:
    _, template, view, language = request.param
    return render(template, view, language)


def test_every_template_has_a_sample() -> None:
    shown = {template for _, template, _, _ in PAGES}
    # Looked at elsewhere.
    shown |= {"staff/phones_fragment.html", "reports/simulated.html", "reports/month.html"}
    shown |= {"reports/record.html"}
    parts = {name for name in template_names() if "/_" in name or name.endswith("/base.html")}
    assert set(template_names()) - parts - {"staff/gate.html"} == shown


def test_no_inline_style_script_or_handler(html: str) -> None:
    for tag, attrs in Elements(html).tags:
        assert tag != "style"
        assert tag != "script" or attrs.get("src")
        assert not [name for name in attrs if name == "style" or name.startswith("on")], tag


def test_no_request_to_another_host(html: str) -> None:
    loads = [a for t, a in Elements(html).tags if t in {"script", "link", "img", "form"}]
    for attrs in loads:
        for name in ("src", "href", "action"):
            assert "//" not in (attrs.get(name) or "")


def test_titles_and_addresses_tell_nothing_about_anybody(html: str) -> None:
    elements = Elements(html)
    for text in (elements.title, *elements.addresses()):
        assert not TELLING.search(text), text


def test_every_form_is_a_post_and_carries_the_token(html: str) -> None:
    forms = html.split("<form")[1:]
    for form in forms:
        assert 'method="post"' in form.split(">")[0]
        if "c5rf" in html:
            assert 'name="csrf" value="c5rf"' in form.split("</form>")[0]


def test_ids_are_unique_and_references_resolve(html: str) -> None:
    tags = Elements(html).tags
    ids = [attrs["id"] for _, attrs in tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    for _, attrs in tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set((attrs.get(name) or "").split()) <= set(ids)
        if (attrs.get("href") or "").startswith("#"):
            assert (attrs["href"] or "")[1:] in ids


@pytest.mark.parametrize("page", FILLED, ids=[page[0] for page in FILLED])
def test_nothing_of_the_texts_is_left_unfilled(page: Page) -> None:
    _, template, view, language = page
    html = render(template, view, language)
    assert not re.search(r"\*\*|\{\w*\}|None\b(?=[^<]*>)", html)


@pytest.mark.parametrize("page", PATIENT, ids=[page[0] for page in PATIENT])
def test_help_numbers_stand_on_every_patient_page(page: Page) -> None:
    name, template, view, language = page
    footer = (
        render(template, view, language).split('<footer class="help">')[1].split("</footer>")[0]
    )
    assert 'href="tel:911"' in footer
    assert "no-site" in name or 'href="tel:+12025550140"' in footer


@pytest.mark.parametrize("page", PATIENT, ids=[page[0] for page in PATIENT])
def test_patient_pages_say_their_language(page: Page) -> None:
    _, template, view, language = page
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in render(template, view, language)


def test_thanks_are_said_only_after_storing() -> None:
    for name, template, view, language in PATIENT:
        thanked = re.search(STORED, render(template, view, language))
        assert bool(thanked) == (template == "patient/done.html"), name


def test_no_answer_and_no_outcome_is_chosen_beforehand() -> None:
    for name, template, view, language in PAGES:
        if name.startswith(("question-error", "alert", "task")):
            assert " checked" not in render(template, view, language), name


def test_words_from_outside_are_escaped() -> None:
    frame = patient_frame()
    script = "<script>alert(1)</script>"
    asks = replace(asked("en"), text=script, wrong=script, recall=script)
    evil = replace(question("en", asks), frame=frame, title=script, texts=(script,))
    html = render("patient/question.html", evil)
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_missing_field_fails_loudly_instead_of_leaving_a_gap() -> None:
    class Bare:
        frame = patient_frame()

    with pytest.raises(UndefinedError):
        render("patient/start.html", Bare())


def test_unknown_language_falls_back_and_says_so() -> None:
    assert '<html lang="en"' in render("patient/question.html", question("en"), "xx")


def test_static_addresses_change_with_content() -> None:
    assert re.fullmatch(r"/static/patient\.css\?v=[0-9a-f]{12}", static_url("patient.css"))
    assert static_url("patient.css") != static_url("staff.css")


def test_first_patient_page_is_small() -> None:
    name, template, view = next(iter(patient_pages("en")))
    sent = len(render(template, view, "en").encode())
    sent += sum(  # as they are sent, packed
        len(gzip.compress((pages.STATIC_DIR / file).read_bytes()))
        for file in ("tokens.css", "patient.css", "survey.js", "icon.svg")
    )
    assert name == "start"
    assert sent <= 20_000


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+12025550140", "202-555-0140"),
        ("+447700900123", "+44 7700 900123"),
        ("not a number", "not a number"),
    ],
)
def test_phone_numbers_are_written_as_people_read_them(number: str, shown: str) -> None:
    assert pages.phone(number) == shown
