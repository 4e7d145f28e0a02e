"""Dates in words, texts per language, charts and headers."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from rsm.web import charts, entry_views, pages, texts, when
from rsm.web.headers import SecurityHeaders
from tests.loops import run
from tests.web.page_samples_patient import patient_pages

SAID_IN_PYTHON = {"number", "answer", "own"}  # `number_field`, `item_words`, `patient_own_views`
AT = datetime(2026, 10, 19, 15, 3, tzinfo=UTC)
CHICAGO = "America/Chicago"


@pytest.mark.parametrize(
    ("language", "hours", "shown"),
    [("en", 24, "10:03"), ("en", 12, "10:03\N{NO-BREAK SPACE}am")],
)
def test_times_are_the_zones_own_wall_time(language: str, hours: int, shown: str) -> None:
    assert when.local_time(AT, CHICAGO, language, hours) == shown


def test_midnight_and_noon_on_a_twelve_hour_clock() -> None:
    midnight = datetime(2026, 10, 19, 5, 0, tzinfo=UTC)
    assert when.local_time(midnight, CHICAGO, hours=12) == "12:00\N{NO-BREAK SPACE}am"
    noon = midnight + timedelta(hours=12)
    assert when.local_time(noon, CHICAGO, hours=12) == "12:00\N{NO-BREAK SPACE}pm"


def test_dates_in_both_languages() -> None:
    assert when.local_date(AT, CHICAGO) == "Monday 19 October"
    assert when.local_date(date(2026, 10, 19), CHICAGO, "es") == "lunes 19 de octubre"
    assert when.local_date(AT, CHICAGO, year=True) == "19 October 2026"
    assert when.short_date(AT, CHICAGO, "es") == "19 oct"


@pytest.mark.parametrize(
    ("language", "later", "shown"),
    [
        ("en", timedelta(), "10:03 today"),
        ("en", timedelta(days=1), "10:03 tomorrow"),
        ("en", timedelta(days=-1), "10:03 yesterday"),
        ("en", timedelta(days=7), "10:03 on Monday 26 October"),
        ("es", timedelta(), "hoy a las 10:03"),
        ("es", timedelta(hours=-9), "hoy a la 1:03"),
        ("es", timedelta(days=7), "el lunes 26 de octubre a las 10:03"),
    ],
)
def test_days_are_named_as_seen_from_now(language: str, later: timedelta, shown: str) -> None:
    assert when.day_time(AT + later, AT, CHICAGO, language) == shown


def test_the_patients_midnight_decides_what_is_today() -> None:
    late = datetime(2026, 10, 20, 3, 0, tzinfo=UTC)  # 22:00 on the 19th in Chicago
    assert when.day_time(late, AT, CHICAGO) == "22:00 today"
    assert when.day_time(late, AT, "UTC") == "3:00 tomorrow"


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"),
    [
        (0, "just now", "ahora mismo"),
        (6, "6 min ago", "hace 6 min"),
        (82, "1 h 22 ago", "hace 1 h 22"),
        (120, "2 h ago", "hace 2 h"),
        (2880, "2 days ago", "hace 2 días"),
    ],
)
def test_how_long_ago(minutes: int, english: str, spanish: str) -> None:
    before = AT - timedelta(minutes=minutes)
    assert when.ago(before, AT) == english
    assert when.ago(before, AT, "es") == spanish


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        when.local_time(datetime(2026, 10, 19), CHICAGO)  # noqa: DTZ001 - naive on purpose


def test_all_languages_load_and_have_the_same_texts() -> None:
    assert texts.languages()[:1] == ("en",)
    assert set(texts.languages()) == {"en", "es", "ar"} == texts.shipped()
    for language in texts.languages():
        assert texts.gaps(language) == []
        assert texts.texts_in(language).reviewed_by


def test_what_staff_say_in_a_language_that_they_have_no_words_in_is_english_and_says_so() -> None:
    said = entry_views.said("ar", ("say_check",), minutes=3, site="Lakeside")
    assert (said.language, said.dir) == ("en", "ltr")
    assert entry_views.said("es", ("say_check",), minutes=3, site="Lakeside").language == "es"


def test_every_text_is_used_by_a_template() -> None:
    """Those of staff pages are looked up by code (`rsm.web.staff_words`)."""
    folder = Path(pages.__file__).parent / "templates" / "patient"
    used = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.html"))
    for page, words in texts.texts_in("en").pages.items():
        if page in texts.STAFF_PAGES | SAID_IN_PYTHON:
            continue
        for key in words:
            short = re.sub(r"_(one|other)$", "", key)
            pattern = rf't\.{page}\.{key}\b|t\.{page}\|plural\("{short}"'
            assert re.search(pattern, used), f"{page}.{key}"


def test_a_missing_week_and_a_refusal_are_no_bars() -> None:
    scale = ("None", "Mild", "Severe")
    weeks = (
        charts.WeekBar("1", 2),
        charts.WeekBar("2", 0),
        charts.WeekBar("3", None, charts.WeekState.REFUSED),
        charts.WeekBar("4", None, charts.WeekState.NO_REPORT),
    )
    svg = charts.week_bars(weeks, scale, "c")
    assert svg.count('class="none"') == 2
    assert svg.count('class="week"') == 2
    assert svg.count('height="3.0"') == 1  # 0 is seen, and is not the same as nothing
    assert ">?</text>" in svg
    assert 'role="img" aria-labelledby="c"' in svg


def test_charts_escape_labels() -> None:
    assert "<b>" not in charts.week_bars((charts.WeekBar("<b>", 1),), ("<b>", "x"), "c")


def test_a_run_chart_breaks_its_line_where_nothing_was_due() -> None:
    points = [charts.RunPoint("a", 8, 10), charts.RunPoint("b", 0, 0), charts.RunPoint("c", 9, 10)]
    svg = charts.run_chart(points, "c")
    path = re.search(r'class="ser" d="([^"]*)"', svg)
    assert path is not None
    assert path[1].count("M") == 2
    assert svg.count("<circle") == 2
    assert "<svg" in charts.run_chart([], "c")


def test_a_clock_past_its_target_shows_what_is_over() -> None:
    hour = timedelta(hours=1)
    assert 'class="over"' not in charts.clock_bar(hour, hour)
    assert 'class="over" x="50.0" width="50.0"' in charts.clock_bar(2 * hour, hour)
    assert "<svg" in charts.clock_bar(hour, timedelta())


def test_bars_of_nothing_are_empty() -> None:
    assert 'class="f1" width="0.0"' in charts.share_bar(0, 0)
    assert 'width="0.00"' in charts.stacked_bar((0, 0))


def headers_of(path: str, query: bytes = b"", status: int = 200, **options: bool) -> dict[str, str]:
    """The headers that the middleware sends around an answer of `status`."""
    sent: list[Message] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "path": path, "query_string": query}
    run(SecurityHeaders(answer, **options)(scope, receive, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_every_answer_has_a_strict_policy_and_is_not_stored() -> None:
    for status in (200, 404, 500):
        headers = headers_of("/s/x", status=status)
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in headers


def test_only_hashed_static_files_that_exist_are_kept() -> None:
    assert "immutable" in headers_of("/static/patient.css", b"v=1")["cache-control"]
    assert headers_of("/static/patient.css")["cache-control"] == "no-store"
    assert headers_of("/static/none.css", b"v=1", 404)["cache-control"] == "no-store"
    assert headers_of("/s/static/x", b"v=1")["cache-control"] == "no-store"


def test_https_is_insisted_on_where_the_public_address_has_it() -> None:
    assert "strict-transport-security" in headers_of("/", https=True)


def test_a_language_that_nobody_reviewed_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    unread = texts.texts_in("es").model_copy(update={"reviewed_by": ""})
    monkeypatch.setattr(texts, "_load", lambda _language: unread)
    assert texts.languages.__wrapped__() == ("en",)


def test_a_drawing_that_is_more_than_shapes_is_not_shown() -> None:
    shape = '<svg viewBox="0 0 9 9"><circle r="3"/></svg>'
    assert pages.drawing(shape) == shape
    for inside in ("<script>alert(1)</script>", '<a href="/x"/>', '<g onload="x"/>', "words"):
        assert pages.drawing(f'<svg viewBox="0 0 9 9">{inside}</svg>') == ""


def test_what_is_filled_into_a_text_from_right_to_left_stands_apart() -> None:
    page = dict(page_of_arabic())
    assert "<bdi>202-555-0140</bdi>" in page["start"]
    assert "<bdi>" in page["done-normal"].split('class="ok"')[1].split("</p>")[0]
    assert 'dir="ltr">202-555-0140</span>' in page["done-severe"]
    assert "&lt;bdi" not in "".join(page.values())


def page_of_arabic() -> Iterator[tuple[str, str]]:
    for name, template, view in patient_pages("ar"):
        yield name, pages.render(template, view, "ar")


@pytest.mark.parametrize("change", ["lacks", "has besides", "fills otherwise", "lacks a page"])
def test_a_language_that_is_not_complete_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    load = texts._load.__wrapped__
    arabic = load("ar")
    pages_ = {page: dict(words) for page, words in arabic.pages.items()}
    if change == "lacks":
        del pages_["start"]["title"]
    elif change == "has besides":
        pages_["start"]["more"] = "x"
    elif change == "fills otherwise":
        pages_["start"]["answer_by"] = "{day}"
    else:
        del pages_["done"]
    broken = arabic.model_copy(update={"pages": pages_})
    monkeypatch.setattr(texts, "_load", lambda code: broken if code == "ar" else load(code))
    assert texts.languages.__wrapped__() == ("en", "es")
    assert texts.gaps("ar")
