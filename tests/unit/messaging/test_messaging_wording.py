"""What a site's wording may say: one table of good texts, one of bad ones, in both languages."""

import pytest

from rsm.kernel.words import Channel
from rsm.messaging import texts
from rsm.messaging.wording import (
    MOST_CHARACTERS,
    channels_of,
    check_wording,
    cost_of,
    library_wording,
    preview,
    said_of,
)
from rsm.messaging.wording_rules import asked_replies, health_words, rules

EVERY = [
    (purpose, language, channel)
    for purpose in texts.library().purposes
    for channel in channels_of(purpose)
    for language in texts.library().languages
]
EN = "{sender_name}: {link} Help: {help_phone}. Emergency: {emergency_number}. Reply STOP to end."
ES = (
    "{sender_name}: {link} Ayuda: {help_phone}. Emergencia: {emergency_number}. "
    "Responda STOP para salir."
)
MAIL = "Your check-in is ready.\n\n{link}\n\nCall {help_phone}, or {emergency_number}."


def told(purpose: str, language: str, body: str) -> str:
    """Every problem of a text message, as people read it."""
    return "\n".join(str(each) for each in check_wording(purpose, language, Channel.SMS, body))


@pytest.mark.parametrize(("purpose", "language", "channel"), EVERY)
def test_our_own_texts_pass(purpose: str, language: str, channel: Channel) -> None:
    subject, body = library_wording(purpose, language, channel)
    assert check_wording(purpose, language, channel, body, subject) == []


def test_every_text_has_a_name_and_every_field_an_explanation() -> None:
    purposes = texts.library().purposes
    assert set(rules().purposes) == set(purposes)
    assert set(rules().fields) == {name for each in purposes.values() for name in each.fields}
    assert set(rules().health) == set(texts.library().languages)


@pytest.mark.parametrize(
    ("purpose", "language", "body"),
    [
        ("survey_invite", "en", EN),
        ("survey_invite", "es", ES),
        ("survey_invite", "en", f"Hello! Your check-in is here. {EN}"),
        ("survey_invite", "es", f"¡Hola! Ya puede contestar su encuesta. {ES}"),
        # A word keeps its accent: it costs more, and is still sent.
        ("survey_invite", "es", f"Su encuesta está lista. {ES}"),
        ("survey_invite", "en", EN.replace("{sender_name}: ", "{sender_name} \u2013 ")),
        ("wrong_number_reply", "en", "{sender_name}: sorry! Questions: {help_phone}."),
        ("staff_alert", "en", "{site_name}, {level}: {link} or reply ACK {code}"),
        ("staff_alert", "es", "{site_name}, {level}: {link} o responda ACK {code}"),
        ("stop_confirmed", "en", "{sender_name}: done. {help_phone}. Reply START to come back."),
    ],
)
def test_good_wordings(purpose: str, language: str, body: str) -> None:
    assert told(purpose, language, body) == ""


@pytest.mark.parametrize(
    ("purpose", "language", "body", "says"),
    [
        ("survey_invite", "en", "  ", "body: is empty"),
        ("survey_invite", "en", f"{EN} {{lnk}}", "unknown field {lnk} (did you mean `link`?)"),
        ("survey_invite", "en", f"{EN} {{name}}", "unknown field {name}"),
        ("survey_invite", "en", f"{EN} {{site_name}}", "unknown field {site_name}"),
        ("survey_invite", "en", f"{EN} {{code}}", "there are {emergency_number}"),
        ("survey_invite", "en", f"{EN} {{link!r}}", "not a plain name"),
        ("survey_invite", "en", f"{EN} {{", "a brace is open"),
        ("survey_invite", "en", f"{EN} }}", "a brace is open"),
        ("survey_invite", "en", EN.replace("{link}", ""), "{link} is missing"),
        ("survey_invite", "es", ES.replace("{sender_name}: ", ""), "{sender_name} is missing"),
        ("survey_invite", "en", EN.replace("{help_phone}", ""), "{help_phone} is missing"),
        ("staff_alert", "en", "{site_name}: {level} {link}. Reply ACK", "{code} is missing"),
        # The words that end it.
        ("survey_invite", "en", EN.replace(" Reply STOP to end.", ""), "how to answer STOP"),
        ("survey_invite", "es", ES.replace("STOP", "stop"), "Responda STOP para salir"),
        ("start_confirmed", "es", "{sender_name}: {help_phone} {emergency_number} STOP", "HELP"),
        ("stop_confirmed", "en", "{sender_name}: bye. {help_phone}", "how to answer START"),
        # Health, in whichever language.
        ("survey_invite", "en", f"About your chemotherapy. {EN}", "“chemotherapy”"),
        ("survey_invite", "en", f"How is the pain? {EN}", "“pain”"),
        ("survey_invite", "en", f"From your NURSES. {EN}", "“nurses”"),
        ("survey_invite", "es", f"¿Tiene dolor? {ES}", "“dolor”"),
        ("survey_invite", "es", f"Su médico pregunta. {ES}", "“medico”"),
        ("survey_invite", "es", f"Quimioterapia. {ES}", "“quimioterapia”"),
        ("survey_invite", "es", f"Any side effects? {ES}", "“side effects”"),
        # Addresses that are not ours.
        ("survey_invite", "en", f"{EN} https://bit.ly/3x", "“https://bit.ly/3x”"),
        ("survey_invite", "en", f"{EN} www.example.org", "“www.example.org”"),
        ("survey_invite", "en", f"{EN} care.example.org/a", "“care.example.org/a”"),
        ("survey_invite", "en", f"{EN} ask@example.org", "“ask@example.org”"),
        ("survey_invite", "en", f"Go on.Now {EN}", "after a full stop comes a space"),
        ("survey_invite", "en", EN.replace("{link} ", "{link}?a=1 "), "a space on both sides"),
        ("survey_invite", "en", EN.replace(" {link}", " ({link})"), "a space on both sides"),
        # Words that stand for something.
        ("help", "en", "STOP", "nothing but a word that stands for STOP"),
        ("help", "es", "{sender_name}: ¡ayuda!", "stands for HELP"),
        ("survey_invite", "en", f"Reply YES to begin. {EN}", "asks to reply “YES”"),
        ("survey_invite", "en", f"Reply with 2 if so. {EN}", "asks to reply “2”"),
        ("survey_invite", "en", f"Text 'mild' back. {EN}", "asks to reply “mild”"),
        ("survey_invite", "en", f"reply never. {EN}", "asks to reply “never”"),
        ("survey_invite", "es", f"Responda SÍ. {ES}", "asks to reply “SÍ”"),
        ("survey_invite", "es", f"Envíe nunca. {ES}", "asks to reply “nunca”"),
        ("survey_invite", "en", f"Reply OK. {EN}", "asks to reply “OK”"),
        # Length.
        ("survey_invite", "en", f"{'Good day. ' * 18}{EN}", "segments with the longest"),
        ("survey_invite", "es", f"{'Buen dia, señora. ' * 8}{ES}", "segments with the longest"),
        ("survey_invite", "es", f"{'Buen día, señora. ' * 8}{ES}", "“í” in “día”"),
        ("survey_invite", "en", f"{'Good day. ' * 12}\U0001f44b {EN}", "“\U0001f44b”"),
        ("survey_invite", "en", "x" * 1001, "has 1001 characters"),
        ("survey_invites", "en", EN, "did you mean `survey_invite`?"),
        ("survey_invite", "ess", ES, "we have no texts in `ess`"),
    ],
)  # fmt: skip
def test_bad_wordings_say_what_to_do(purpose: str, language: str, body: str, says: str) -> None:
    assert says in told(purpose, language, body)


@pytest.mark.parametrize(
    ("subject", "body", "says"),
    [
        ("", MAIL, "subject: is empty"),
        ("{sender_name}: pain?", MAIL, "subject: “pain” tells"),
        ("{sender_name}: {link}", MAIL, "subject: holds {link}"),
        ("{sender_name}: {lnk}", MAIL, "subject: unknown field {lnk}"),
        ("{sender_name}\nBcc: x", MAIL, "more than one line"),
        ("{sender_name}: " + "x" * 120, MAIL, "subject: is too long"),
        ("Check-in", MAIL, "{sender_name} is missing"),
        ("{sender_name}", MAIL.replace("{link}", ""), "{link} is missing"),
        ("{sender_name}", MAIL + " www.example.org", "an address that is not ours"),
        ("{sender_name}", MAIL + "x" * MOST_CHARACTERS[Channel.EMAIL], "characters"),
    ],
)
def test_bad_emails_say_what_to_do(subject: str, body: str, says: str) -> None:
    found = check_wording("survey_invite", "en", Channel.EMAIL, body, subject)
    assert says in "\n".join(str(each) for each in found)


def test_an_email_may_be_long_and_needs_no_word_that_ends_it() -> None:
    long = MAIL.replace("\n\n{link}", " Thank you. " * 60 + "\n\n{link}")
    assert check_wording("survey_invite", "en", Channel.EMAIL, long, "{sender_name}: hello") == []


def test_a_text_message_has_no_subject() -> None:
    (problem,) = check_wording("survey_invite", "en", Channel.SMS, EN, "Hello")
    assert problem.where == "subject"


def test_a_purpose_without_emails_is_refused() -> None:
    (problem,) = check_wording("stop_confirmed", "en", Channel.EMAIL, "x", "y")
    assert "is not sent by email" in problem.what


@pytest.mark.parametrize("text", ["Spain", "painting", "stillness", "gravel", "Carlos Medina"])
def test_innocent_words_are_left_alone(text: str) -> None:
    assert health_words(text) == []


@pytest.mark.parametrize(
    "text", ["Reply STOP", "Texts are not read", "Envíe y espere", "answer it"]
)
def test_only_words_that_may_be_answers_are_asked_about(text: str) -> None:
    assert [word for word in asked_replies(text) if word != "STOP"] == []


def test_the_cost_names_the_sign_and_the_word_that_it_stands_in() -> None:
    cost = cost_of("Su encuesta está lista.")
    assert (cost.encoding, cost.parts, cost.odd, cost.word) == ("UCS-2", 1, "á", "está")
    assert said_of(cost).startswith("“á” in “está” is not in the phones' alphabet")
    assert "\\u200b" in said_of(cost_of("a\u200bb"))
    assert cost_of("Su encuesta").odd == ""


def test_a_preview_fills_what_it_knows_and_leaves_what_is_wrong() -> None:
    shown = preview("{sender_name}: \u201chi\u201d {lnk} {help_phone}", {"sender_name": "Hillside"})
    assert shown == 'Hillside: "hi" {lnk} 202-555-0140'


def test_a_sites_wording_is_rendered_as_ours_would_be() -> None:
    own = "Hello from {sender_name}"
    assert texts.render("help", "en", {"sender_name": "A  b"}, own) == "Hello from A b"
    with pytest.raises(Exception, match="sender_name"):
        texts.render("help", "en", {}, own)
