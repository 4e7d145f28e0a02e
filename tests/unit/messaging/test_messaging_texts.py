"""Our text messages: nothing about health, plain placeholders, and what they cost (lesson 55)."""

import re

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.keywords import Keyword, classify, normalise
from rsm.kernel.words import Audience, Level
from rsm.messaging import texts
from rsm.messaging.texts import (
    Purpose,
    level_word,
    library,
    placeholders,
    render,
    segments,
    text_language,
)

# As long as they are likely to be; a link of 90 characters is longer than any that we make.
LONGEST = {
    "holder": "Dr. Alexandra Featherstone",
    "sender_name": "Lakeside Care Center",
    "site_name": "Lakeside Cancer Clinic",
    "link": "https://" + "x" * 82,
    "help_phone": "+1 202-555-0140",
    "emergency_number": "911",
    "code": "K4QM",
    "minutes": "120",
    "count": "120",
    "until": "Wednesday 21:06",
    "since": "Wednesday 21:06",
    "starts": "Wednesday 18:00",
    "level": "for information",
    "month": "September 2026",
    "findings": "71 % of the surveys due are finished. 112 of 140 alerts were closed in 48 hours.",
    "question": "How tired were you? 0 Not at all, 1 A little, 2 Some, 3 Quite a lot",
    "first_question": "During the past 7 days: How tired were you? 0 Not at all, 1 A little",
}
EVERY = [(name, language) for name, p in library().purposes.items() for language in p.templates]
PATIENT = [pair for pair in EVERY if library().purposes[pair[0]].audience is Audience.PATIENT]
STAFF = [pair for pair in EVERY if pair not in PATIENT]
# Said in the middle of a conversation that she is in.
WITHIN = {"survey_ask", "survey_ask_again", "survey_words"}
LONG = {"survey_ask_first", "survey_ask_remind"}
OURS = {"SKIP", "BACK", "LINK", "DONE", "SALTAR", "ATRAS", "ENLACE", "LISTO"}
HEALTH = re.compile(
    r"symptom|sintoma|cancer|chemo|quimio|oncolog|tumou?r|pain|dolor|nausea|vomit|medic|drug|dose"
    r"|treatment|tratamiento|patient|paciente|pro-?ctcae|promis|eortc|diagnos|nurse|enferm|doctor"
    r"|hospital|radiation|symptom|severe|severo|grave"
)


def filled(purpose: str, **fields: str) -> dict[str, str]:
    return {name: (LONGEST | fields)[name] for name in library().purposes[purpose].fields}


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_no_text_says_a_word_about_health(purpose: str, language: str) -> None:
    template = library().purposes[purpose].templates[language]
    assert not HEALTH.search(normalise(template))


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_every_text_fits_its_budget_in_gsm7_with_the_longest_fields(
    purpose: str, language: str
) -> None:
    encoding, parts = segments(render(purpose, language, filled(purpose)))
    assert encoding == "GSM-7"
    assert parts <= library().purposes[purpose].max_segments


@pytest.mark.parametrize(("purpose", "language"), PATIENT)
def test_a_name_with_an_accent_costs_more_but_never_beyond_three_segments(
    purpose: str, language: str
) -> None:
    if purpose in LONG or "sender_name" not in library().purposes[purpose].fields:
        return  # what a question costs is kept by test_messaging_questions
    name = "Clínica Lakeside"
    link = "https://rsm.example.org/s/" + "x" * 22
    text = render(purpose, language, filled(purpose, sender_name=name, link=link))
    assert name in text
    assert segments(text).encoding == "UCS-2"
    assert segments(text).parts <= 3


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("purpose", ["survey_invite", "new_link"])
def test_a_survey_with_a_usual_link_is_one_segment(purpose: str, language: str) -> None:
    link = "https://rsm.example.org/s/" + "x" * 22
    fields = filled(purpose, link=link, help_phone="202-555-0140")
    assert segments(render(purpose, language, fields)) == ("GSM-7", 1)


@pytest.mark.parametrize(("purpose", "language"), PATIENT)
def test_patients_are_told_who_writes(purpose: str, language: str) -> None:
    if purpose in WITHIN:
        return
    assert library().purposes[purpose].templates[language].startswith("{sender_name}: ")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "purpose", ["survey_invite", "survey_reminder", "new_link", "start_confirmed", "help"]
)
def test_texts_say_how_to_get_help_and_how_to_end_them(purpose: str, language: str) -> None:
    template = library().purposes[purpose].templates[language]
    assert "{help_phone}" in template
    assert "{emergency_number}" in template
    assert "STOP" in template


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_every_word_that_we_ask_people_to_reply_with_is_understood(
    purpose: str, language: str
) -> None:
    template = library().purposes[purpose].templates[language]
    asked = set(re.findall(r"\b[A-Z]{4,}\b", template)) - {"K4QM"} - OURS
    assert all(classify(word) in set(Keyword) for word in asked)


@pytest.mark.parametrize(("purpose", "language"), STAFF)
def test_a_nurse_reads_no_field_that_could_name_a_patient(purpose: str, language: str) -> None:
    names = placeholders(library().purposes[purpose].templates[language])
    about_the_alert = {"level", "code", "minutes", "count", "until", "since", "starts"}
    about_the_alert |= {"holder"}  # a colleague
    of_the_report = {"month", "findings"}  # sums alone
    assert names <= {"site_name", "link"} | about_the_alert | of_the_report


def test_every_language_says_who_reviewed_it() -> None:
    assert {"en", "es"} <= set(library().languages)
    assert all(language.reviewed_by for language in library().languages.values())
    assert all(set(language.levels) == set(Level) for language in library().languages.values())


def test_the_level_is_a_word_of_the_language() -> None:
    assert level_word(Level.EMERGENCY, "es-US") == "EMERGENCIA"
    assert level_word(Level.URGENT, "en") == "urgent"


def test_rendering() -> None:
    text = render(
        "staff_alert",
        "en",
        {"code": "K4QM", "level": "urgent", "site_name": "Lakeside", "link": "https://e.org/a"},
    )
    assert text == "Alert K4QM: urgent, Lakeside. Reply ACK K4QM or open https://e.org/a"


def test_a_language_that_we_do_not_have_gets_english_rather_than_nothing() -> None:
    fields = filled("survey_invite")
    assert render("survey_invite", "vi", fields) == render("survey_invite", "en", fields)
    assert render("survey_invite", "es-MX", fields) == render("survey_invite", "es", fields)
    assert text_language("es_MX") == "es"


@pytest.mark.parametrize(
    ("fields", "says"),
    [({}, "sender_name"), ({"sender_name": " "}, "empty"), ({"sender_nam": "x"}, "did you mean")],
)
def test_a_missing_or_unknown_field_is_refused(fields: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        render("wrong_number_reply", "en", fields)


def test_an_unknown_purpose_is_refused_with_the_nearest() -> None:
    with pytest.raises(Invalid, match="survey_invite"):
        render("survey_invites", "en", {})


def test_braces_and_line_breaks_in_a_value_do_no_harm() -> None:
    text = render("wrong_number_reply", "en", {"sender_name": "{link}\nLake  side"})
    assert text.startswith("{link} Lake side: ")


def test_curly_signs_are_exchanged_and_letters_never() -> None:
    text = render("wrong_number_reply", "en", {"sender_name": "St. Mary\u2019s \u2013 Río"})
    assert text.startswith("St. Mary's - Río: ")


@pytest.mark.parametrize("template", ["{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}"])
def test_only_plain_names_may_stand_in_braces(template: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        placeholders(template)


def test_a_template_whose_placeholders_are_not_its_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="placeholders"):
        Purpose.model_validate(
            {"audience": Audience.STAFF, "fields": ["code"], "max_segments": 1, "en": "{kode}"}
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, ("GSM-7", 1)),
        ("a" * 161, ("GSM-7", 2)),
        ("a" * 306, ("GSM-7", 2)),
        ("a" * 307, ("GSM-7", 3)),
        ("ñé¿¡ü" * 32, ("GSM-7", 1)),
        ("€" * 80, ("GSM-7", 1)),
        ("€" * 81, ("GSM-7", 2)),
        # The pair does not fit into septet 153: it opens the next segment.
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 3)),
        ("á" * 70, ("UCS-2", 1)),
        ("á" * 71, ("UCS-2", 2)),
        ("á" * 134, ("UCS-2", 2)),
        ("á" * 135, ("UCS-2", 3)),
        ("😀" * 35, ("UCS-2", 1)),
        ("😀" * 36, ("UCS-2", 2)),
        ("á" * 66 + "😀" + "á" * 66, ("UCS-2", 3)),
        ("“" + "a" * 69, ("UCS-2", 1)),
        ("", ("GSM-7", 1)),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, expected: tuple[str, int]) -> None:
    assert segments(text) == expected


def test_a_language_that_nobody_reviewed_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = library()
    unread = shipped.languages["es"].model_copy(update={"reviewed_by": ""})
    languages = {**shipped.languages, "es": unread}
    changed = shipped.model_copy(update={"languages": languages})
    monkeypatch.setattr(texts, "library", lambda: changed)
    assert text_language("es") == "en"
