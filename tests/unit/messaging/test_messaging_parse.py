"""Replies by text to one question: a tolerant reader that never invents a number (lesson 56)."""

import pytest

from rsm.kernel.errors import Invalid
from rsm.messaging.commands import parse_document
from rsm.messaging.parse import Choice, Reply, ReplyKind, parse_reply


def choices(english: str, spanish: str) -> list[Choice]:
    pairs = zip(english.split(", "), spanish.split(", "), strict=True)
    return [Choice(value, {"en": en, "es": es}) for value, (en, es) in enumerate(pairs)]


SEVERITY = choices(
    "None, Mild, Moderate, Severe, Very severe", "Ninguno, Leve, Moderado, Fuerte, Muy fuerte"
)
AMOUNT = choices(
    "Not at all, A little bit, Somewhat, Quite a bit, Very much",
    "Nada, Un poco, Algo, Bastante, Mucho",
)
PRESENCE = choices("No, Yes", "No, Sí")
TEN = [Choice(value, {}) for value in range(11)]

UNCLEAR = Reply(ReplyKind.UNCLEAR, None, tell_staff=True)

ANSWERS = [
    # digits, however they are written
    *[(SEVERITY, str(value), "en", value) for value in range(5)],
    (SEVERITY, " 2 ", "en", 2),
    (SEVERITY, "2.", "en", 2),
    (SEVERITY, "2!", "en", 2),
    (SEVERITY, "(2)", "en", 2),
    (SEVERITY, '"3"', "en", 3),
    (SEVERITY, "#2", "en", 2),
    (SEVERITY, "\n4\n", "en", 4),
    (SEVERITY, "O", "en", 0),
    (SEVERITY, "o", "es", 0),
    (SEVERITY, "٢", "en", 2),
    (SEVERITY, "३", "en", 3),
    (SEVERITY, "\uff11", "en", 1),
    (SEVERITY, "②", "en", 2),
    (SEVERITY, "2️⃣", "en", 2),
    (SEVERITY, "3 👍", "en", 3),
    (SEVERITY, "1 👍🏽", "en", 1),
    (TEN, "10", "en", 10),
    (TEN, "7", "en", 7),
    # number words
    (SEVERITY, "zero", "en", 0),
    (SEVERITY, "One", "en", 1),
    (SEVERITY, "TWO", "en", 2),
    (SEVERITY, "three.", "en", 3),
    (SEVERITY, "four", "en", 4),
    (SEVERITY, "cero", "es", 0),
    (SEVERITY, "Uno", "es", 1),
    (SEVERITY, "dos", "es", 2),
    (SEVERITY, "Tres!", "es", 3),
    (SEVERITY, "cuatro", "es-MX", 4),
    (SEVERITY, "two", "es", 2),
    (TEN, "ten", "en", 10),
    (TEN, "siete", "es", 7),
    # labels
    (SEVERITY, "none", "en", 0),
    (SEVERITY, "Mild", "en", 1),
    (SEVERITY, "moderate", "en", 2),
    (SEVERITY, "SEVERE", "en", 3),
    (SEVERITY, "very severe", "en", 4),
    (SEVERITY, "Very  severe!!", "en", 4),
    (SEVERITY, "ninguno", "es", 0),
    (SEVERITY, "Leve.", "es", 1),
    (SEVERITY, "moderado", "es", 2),
    (SEVERITY, "fuerte", "es", 3),
    (SEVERITY, "muy fuerte", "es", 4),
    (SEVERITY, "severe", "es", 3),
    (AMOUNT, "not at all", "en", 0),
    (AMOUNT, "a little bit", "en", 1),
    (AMOUNT, "Quite a bit", "en", 3),
    (AMOUNT, "very much, thank you", "en", 4),
    (AMOUNT, "nada", "es", 0),
    (AMOUNT, "un poco", "es", 1),
    (AMOUNT, "MUCHO", "es", 4),
    (PRESENCE, "yes", "en", 1),
    (PRESENCE, "No", "en", 0),
    (PRESENCE, "y", "en", 1),
    (PRESENCE, "nope", "en", 0),
    (PRESENCE, "sí", "es", 1),
    (PRESENCE, "si", "es", 1),
    (PRESENCE, "no", "es", 0),
    (PRESENCE, "1", "en", 1),
    # a number and its label, courtesies
    (SEVERITY, "2 - moderate", "en", 2),
    (SEVERITY, "2: Moderate.", "en", 2),
    (SEVERITY, "moderate (2)", "en", 2),
    (SEVERITY, "two (2)", "en", 2),
    (SEVERITY, "3 - fuerte", "es", 3),
    (SEVERITY, "0, none", "en", 0),
    (SEVERITY, "2 please", "en", 2),
    (SEVERITY, "3 thank you", "en", 3),
    (SEVERITY, "Hi, 1. Thanks!", "en", 1),
    (SEVERITY, "My answer is 2", "en", 2),
    (SEVERITY, "it's a 3", "en", 3),
    (SEVERITY, "I’d say 2", "en", 2),  # noqa: RUF001 - a phone's curly apostrophe
    (SEVERITY, "number four", "en", 4),
    (SEVERITY, "Hola, un 2. Gracias", "es", 2),
    (SEVERITY, "mi respuesta es tres", "es", 3),
    (SEVERITY, "opción 1 por favor", "es", 1),
    (PRESENCE, "No, thanks", "en", 0),
]

NOT_UNDERSTOOD = [
    # more than one number, or a number that is none of ours
    "2 or 3", "2 o 3", "1 2", "2 2", "2-3", "2/3", "2/10", "2,3", "2.5", "2,5", "1½", "½", "1.0",
    "0 or 1", "between 2 and 3", "2 to 3", "5", "9", "10", "22", "00", "02", "-1", "(-2)", "five",
    "2+", "<2", ">3", "~2", "2%", "2?", "2°", "$2", "2=2", "*3", "2:30", "1, 2, 0, 3", "12345",
    # a number that counts or times something else
    "2x", "2nd", "2 days", "3 pills", "2 today", "day 2", "2 hours ago", "room 3", "2am",
    "grade 2 now 3",
    "forty two", "twenty", "about 2", "maybe 3", "2ish", "almost 4", "not 2", "no 2", "at least 3",
    "2 but worse at night", "3 and my leg is swollen", "it was 2 now 4", "wrong number, I meant 3",
    # labels that contradict, are denied or are not ours
    "2 - severe", "mild moderate", "mild to moderate", "not severe", "severe 2", "two 3", "sever",
    "bad", "awful", "same as before", "the same", "better", "fine", "ok", "no", "yes", "y",
    # free text, symbols, nothing
    "", "   ", "...", "?", "😭", "2 😭", "👍", "http://example.org/2", "call me", "I fell",
    "chest pain", "can't stop vomiting", "I cannot stop throwing up", "the pain won't stop",
    "stop 2", "2 stop", "help me", "please help", "who is this", "I want to end it", "I give up",
    "end of the week", "don't stop", "weekend", "my husband died", "oo", "l", "I", "ten", "won",
]  # fmt: skip
NOT_UNDERSTOOD_ES = [
    "2 o 3", "dos o tres", "1 y 2", "entre 2 y 3", "5", "cinco", "once", "2 días", "hoy 2", "un",
    "mucho dolor", "más o menos", "no puedo parar de vomitar", "no para el dolor", "ayúdame",
    "no", "sí", "no muy fuerte", "2 - leve", "creo que 2", "casi 3", "el 2 de mayo", "igual",
    "dolor alto", "bajo", "fin de semana", "me quiero morir", "¿2?", "para", "nada",
]  # fmt: skip
STEERING = [
    ("STOP", "stop"), ("stop.", "stop"), ("Stop. Thank you", "stop"), ("END", "stop"),
    ("please stop texting me", "stop"), ("PARAR", "stop"), ("ARRET", "stop"), ("opt-out", "stop"),
    ("alto", "stop"), ("Cancelar", "stop"), ("START", "start"), ("unstop", "start"),
    ("iniciar", "start"), ("HELP", "help"), ("Ayuda", "help"), ("info", "help"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "text", "language", "value"), ANSWERS)
def test_an_answer_is_understood(
    options: list[Choice], text: str, language: str, value: int
) -> None:
    assert parse_reply(options, text, language) == Reply(ReplyKind.ANSWER, value)


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_whatever_is_in_doubt_goes_to_staff(text: str) -> None:
    assert parse_reply(SEVERITY, text, "en") == UNCLEAR


@pytest.mark.parametrize("text", NOT_UNDERSTOOD_ES)
def test_whatever_is_in_doubt_goes_to_staff_in_spanish(text: str) -> None:
    assert parse_reply(SEVERITY, text, "es") == UNCLEAR


@pytest.mark.parametrize(("text", "kind"), STEERING)
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_keywords_act_at_any_time_and_in_any_language(text: str, kind: str, language: str) -> None:
    reply = parse_reply(SEVERITY, text, language)
    assert (reply.kind, reply.value) == (kind, None)
    assert reply.tell_staff is (kind == "stop")


@pytest.mark.parametrize("text", ["no", "No.", "NO", "yes", "Sí", "n"])
def test_no_and_yes_are_answers_and_never_keywords(text: str) -> None:
    assert parse_reply(PRESENCE, text, "es").kind is ReplyKind.ANSWER


def test_a_label_that_two_options_share_is_not_an_answer() -> None:
    twice = [Choice(0, {"en": "Some"}), Choice(1, {"en": "some"}), Choice(2, {"en": "Lots"})]
    assert parse_reply(twice, "some", "en") == UNCLEAR
    assert parse_reply(twice, "lots", "en").value == 2


def test_letter_o_is_no_zero_where_there_is_no_zero() -> None:
    assert parse_reply([Choice(1, {}), Choice(2, {})], "O", "en") == UNCLEAR


def test_a_long_text_is_read_quickly_and_as_free_text() -> None:
    assert parse_reply(SEVERITY, "thank you " * 20_000 + "x", "en") == UNCLEAR


def test_the_document_of_the_command() -> None:
    assert parse_document(SEVERITY, {"text": "2 - moderado", "lang": "es"}) == {
        "kind": "answer",
        "value": 2,
        "tell_staff": False,
    }
    assert parse_document(SEVERITY, {"text": "it hurts", "lang": "en"}) == {
        "kind": "unclear",
        "value": None,
        "tell_staff": True,
    }


@pytest.mark.parametrize(
    "document", [{}, {"text": "2"}, {"text": 2, "lang": "en"}, {"text": "2", "lang": "en", "x": 1}]
)
def test_a_bad_document_says_what_is_wrong(document: dict[str, object]) -> None:
    with pytest.raises(Invalid, match=r"text|lang|x"):
        parse_document(SEVERITY, document)
