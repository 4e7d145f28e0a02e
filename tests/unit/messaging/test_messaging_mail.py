"""Our e-mails: nothing about health, the same words in both parts, and nothing that looks back."""

import re
from html.parser import HTMLParser

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.keywords import normalise
from rsm.kernel.words import Audience
from rsm.messaging import texts
from rsm.messaging.mail import LONGEST_SUBJECT, MailPurpose, MailText, mails, render_mail

LINK = "https://rsm.example.org/s/" + "x" * 32
STOP = "https://rsm.example.org/mail/stop/" + "y" * 128
FIELDS = {
    "sender_name": "Lakeside",
    "site_name": "Lakeside Clinic",
    "link": LINK,
    "help_phone": "202-555-0140",
    "emergency_number": "911",
    "code": "K4QM",
    "level": "urgent",
    "minutes": "15",
    "month": "October 2026",
    "findings": "71 % of the surveys due are finished.",
}
EVERY = [(name, language) for name, one in mails().purposes.items() for language in one.texts]
PATIENT = [pair for pair in EVERY if mails().purposes[pair[0]].audience is Audience.PATIENT]
STAFF = [pair for pair in EVERY if pair not in PATIENT]
HEALTH = re.compile(
    r"symptom|sintoma|cancer|chemo|quimio|oncolog|tumou?r|pain|dolor|nausea|vomit|medic|drug|dose"
    r"|treatment|tratamiento|patient|paciente|pro-?ctcae|promis|eortc|diagnos|nurse|enferm|doctor"
    r"|hospital|radiation|severe|severo|grave"
)


class Reader(HTMLParser):
    """What a mail program shows of an HTML part, and what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self._hidden = tag == "title"
        if tag == "a" and given["href"] is not None:
            self.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_no_mail_says_a_word_about_health_in_subject_or_body(purpose: str, language: str) -> None:
    mail = mails().purposes[purpose].texts[language]
    around = mails().languages[language]
    for words in (mail.subject, mail.body, around.stop, around.open_survey, around.open_staff):
        assert not HEALTH.search(normalise(words))


def test_what_is_texted_with_a_link_can_be_mailed_in_every_language() -> None:
    wanted = {"survey_invite", "survey_reminder", "new_link", "staff_alert", "staff_alert_again"}
    wanted |= {"staff_alert_repeated"}
    assert wanted <= set(mails().purposes)
    for name, mail in mails().purposes.items():
        text = texts.library().purposes[name]
        assert (mail.audience, set(mail.fields)) == (text.audience, set(text.fields))
        assert set(mail.texts) == set(texts.library().languages) == set(mails().languages)


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_both_parts_say_the_same(purpose: str, language: str) -> None:
    mail = render_mail(purpose, language, FIELDS | {"stop_link": STOP})
    shown = Reader(mail.html).text
    for paragraph in mail.text.split("\n\n"):
        assert " ".join(paragraph.removeprefix("-- \n").split()) in shown


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_the_html_part_fetches_nothing_and_leads_only_to_us(purpose: str, language: str) -> None:
    mail = render_mail(purpose, language, FIELDS | {"stop_link": STOP})
    reader = Reader(mail.html)
    assert set(reader.links) <= {LINK, STOP}
    assert {tag for tag, _ in reader.tags} <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "div",
        "p",
        "a",
    }
    assert "url(" not in mail.html
    assert ("html", {"lang": language}) in reader.tags


@pytest.mark.parametrize(("purpose", "language"), PATIENT)
def test_patients_are_told_who_writes_whom_to_call_and_how_to_end_it(
    purpose: str, language: str
) -> None:
    mail = render_mail(purpose, language, FIELDS | {"stop_link": STOP})
    assert mail.subject.startswith("Lakeside: ")
    for said in (LINK, "202-555-0140", "911", STOP):
        assert said in mail.text
    assert "STOP" not in mail.text.replace(STOP, "")  # nobody reads answers to a mail


@pytest.mark.parametrize(("purpose", "language"), STAFF)
def test_a_nurse_reads_no_field_that_could_name_a_patient(purpose: str, language: str) -> None:
    assert set(mails().purposes[purpose].fields) <= {
        "site_name",
        "level",
        "code",
        "link",
        "minutes",
        "month",
        "findings",
    }
    assert "stop" not in render_mail(purpose, language, FIELDS).html.split("</head>")[1].lower()


def test_what_is_filled_in_stays_words() -> None:
    nasty = '<img src="https://evil.example.org/x.png">&{link}'
    mail = render_mail("survey_invite", "en", FIELDS | {"sender_name": nasty, "stop_link": STOP})
    assert "<img" not in mail.html
    assert "{link}" in mail.subject
    assert "&lt;img" in mail.html


def test_a_line_break_in_a_field_stays_within_its_line() -> None:
    mail = render_mail(
        "survey_invite", "en", FIELDS | {"sender_name": "Lake\r\nBcc: x@example.org"}
    )
    assert mail.subject == "Lake Bcc: x@example.org: your check-in is ready"


def test_a_subject_has_an_end() -> None:
    mail = render_mail("survey_invite", "en", FIELDS | {"sender_name": "x" * 500})
    assert len(mail.subject) == LONGEST_SUBJECT


def test_a_language_that_we_do_not_have_gets_english() -> None:
    assert render_mail("new_link", "vi", FIELDS) == render_mail("new_link", "en", FIELDS)
    assert render_mail("new_link", "es-MX", FIELDS) == render_mail("new_link", "es", FIELDS)


def test_a_sites_own_wording_is_dressed_as_ours() -> None:
    own = MailText(subject="{sender_name}", body="Hello.\n\n{link}\n\nBye, {help_phone}.")
    mail = render_mail("survey_invite", "en", FIELDS | {"stop_link": STOP}, own)
    assert mail.text.startswith(f"Hello.\n\n{LINK}\n\nBye, 202-555-0140.\n\n-- \n")
    assert Reader(mail.html).links.count(LINK) == 2  # the button, and the address in full


def test_a_missing_field_and_an_unknown_purpose_are_refused() -> None:
    with pytest.raises(Invalid, match="help_phone"):
        render_mail("survey_invite", "en", FIELDS | {"help_phone": " "})
    with pytest.raises(Invalid, match="survey_invite"):
        render_mail("survey_invit", "en", FIELDS)


@pytest.mark.parametrize(
    ("subject", "body", "says"),
    [("{sender_name}", "{kode}", "fields"), ("{link}", "{sender_name}", "holds a link")],
)
def test_a_template_that_does_not_fit_is_refused(subject: str, body: str, says: str) -> None:
    one = {"subject": subject, "body": body}
    with pytest.raises(ValueError, match=says):
        MailPurpose.model_validate(
            {"audience": Audience.PATIENT, "fields": ["sender_name", "link"], "en": one, "es": one}
        )
