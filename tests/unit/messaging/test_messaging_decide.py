"""What texts mean, what callbacks change, how long to wait (lessons 45 to 47, 58 to 60)."""

from datetime import time, timedelta

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.ids import SeededIds, new_code
from rsm.messaging.decide import (
    LONGEST_WAIT,
    ReadingKind,
    ReadingReason,
    StaffKind,
    StaffReading,
    StatusReason,
    apply_status,
    backoff,
    read_staff_text,
    read_text,
)
from rsm.messaging.hours import SendingHours
from rsm.messaging.model import MessageState


@pytest.mark.parametrize(
    "text",
    ["STOP", "Stop.", "stop!!", "ARRÊT", "opt-out", "S T O P", "Stop. Thank you", "please stop",
     "STOP please", "stop, thanks", "Stop stop STOP", "please stop texting me", "stop texting me",
     "Stop sending me messages please", "Hello, please stop", "stop now", "cancel, thank you",
     "wrong number stop texting me", "Por favor pare, gracias", "PARAR. Gracias",
     "parar de enviarme mensajes", "unsubscribe please", "Baja por favor"],
)  # fmt: skip
def test_stop_is_obeyed_and_is_a_clinical_event(text: str) -> None:
    reading = read_text(text)
    assert reading.kind is ReadingKind.STOP
    assert reading.tell_staff


@pytest.mark.parametrize(
    "text",
    ["I want you to stop", "leave me alone", "no more texts about my husband",
     "please opt me out of this", "stop it", "stop 2", "STOP this is too much",
     "don't text me so early", "I want to cancel", "quit bothering me", "STOP START",
     "dejen de mandarme mensajes tan temprano", "please cancel the surveys"],
)  # fmt: skip
def test_a_near_stop_is_not_acted_upon_but_staff_ask_back(text: str) -> None:
    reading = read_text(text)
    assert reading.kind is ReadingKind.UNCLEAR
    assert reading.reason is ReadingReason.NEAR_STOP
    assert reading.tell_staff


@pytest.mark.parametrize(
    "text",
    ["can't stop vomiting", "I cannot stop throwing up", "the bleeding won’t stop",  # noqa: RUF001
     "it never stops", "No puedo parar de vomitar", "el dolor no para", "please end it",
     "end of life", "help me", "please help", "help please", "I feel awful", "2", "wrong dose",
     "wrong number, I meant 3", "I wrote the wrong number", "me equivoqué, 3", "the end is near"],
)  # fmt: skip
def test_what_is_about_the_body_is_no_stop_and_is_seen_by_a_person(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.tell_staff) == (ReadingKind.UNCLEAR, True)
    assert reading.reason is ReadingReason.FREE_TEXT


@pytest.mark.parametrize("text", ["", "  ", "...", "👍", "\u200b"])
def test_an_empty_text_goes_to_staff_as_well(text: str) -> None:
    reading = read_text(text)
    assert (reading.reason, reading.tell_staff) == (ReadingReason.EMPTY, True)


@pytest.mark.parametrize(
    "text",
    ["wrong number", "Wrong number.", "Sorry, you have the wrong number", "wrong person",
     "this is the wrong number", "I think you have the wrong number", "número equivocado",
     "Se equivocó de número", "Lo siento, número equivocado", "tiene el número equivocado"],
)  # fmt: skip
def test_a_wrong_number_is_told_to_staff(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.tell_staff) == (ReadingKind.WRONG_NUMBER, True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("START", ReadingKind.START), ("start please", ReadingKind.START),
     ("Unstop", ReadingKind.START), ("REANUDAR", ReadingKind.START), ("HELP", ReadingKind.HELP),
     ("¡Ayuda!", ReadingKind.HELP), ("info", ReadingKind.HELP)],
)  # fmt: skip
def test_start_and_help_need_nobody(text: str, kind: ReadingKind) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.tell_staff) == (kind, False)


@pytest.mark.parametrize(
    ("text", "codes"),
    [("K7QM", ["K7QM"]), ("k7qm", ["K7QM"]), ("ack k7qm", ["K7QM"]), ("ACK K7QM.", ["K7QM"]),
     ("ack: k7-qm", ["K7QM"]), ("K7 QM", ["K7QM"]), ("k7qma", ["K7QM"]), ("k7qmaa", ["K7QM"]),
     ("ok k7qm", ["K7QM"]), ("K7QM ack", ["K7QM"]), ("K7QM thanks", ["K7QM"]),
     ("i'm on it K7QM", ["K7QM"]), ("ack k7qm and r2hd", ["K7QM", "R2HD"]),
     ("ack k7qm k7qm", ["K7QM"]), ("100aa", ["100AA"]), ("ack 100aa", ["100AA"]),
     ("ack 0oo1", ["0OO1"]), ("recibido K7QM", ["K7QM"]), ("confirmo k7qm gracias", ["K7QM"]),
     ("ack", []), ("Got it", []), ("on it, thanks", []), ("Recibido", [])],
)  # fmt: skip
def test_staff_acknowledge_however_they_type_it(text: str, codes: list[str]) -> None:
    assert read_staff_text(text) == StaffReading(StaffKind.ACK, tuple(codes))


def test_every_code_that_we_make_is_read_back() -> None:
    for number in range(300):
        code = new_code(SeededIds(f"code {number}"))
        for text in (code, code.lower(), f"ack {code}", f"{code}aa"):
            assert read_staff_text(text) == StaffReading(StaffKind.ACK, (code,))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("OK", StaffKind.READY), ("yes", StaffKind.READY), ("ok thanks", StaffKind.READY),
     ("STOP", StaffKind.STOP), ("START", StaffKind.START), ("help", StaffKind.HELP),
     ("who is this?", StaffKind.UNCLEAR), ("", StaffKind.UNCLEAR), ("thanks", StaffKind.UNCLEAR),
     ("I am off today", StaffKind.UNCLEAR), ("ack the patient who called", StaffKind.UNCLEAR),
     ("not mine", StaffKind.UNCLEAR), ("can't take k7qm", StaffKind.UNCLEAR),
     ("don't ack k7qm", StaffKind.UNCLEAR)],
)  # fmt: skip
def test_other_staff_texts(text: str, kind: StaffKind) -> None:
    assert read_staff_text(text) == StaffReading(kind)


@pytest.mark.parametrize("current", MessageState)
@pytest.mark.parametrize("incoming", MessageState)
def test_a_callback_only_ever_raises_the_rank(
    current: MessageState, incoming: MessageState
) -> None:
    change = apply_status(current, incoming)
    assert change.changed == (change.state is not current)
    assert change.changed == (change.reason is StatusReason.ADVANCED)
    assert change.state.rank >= current.rank
    if current.is_final:
        assert change.state is current


def test_sent_never_overwrites_delivered_nor_delivered_undelivered() -> None:
    delivered, sent = MessageState.DELIVERED, MessageState.SENT
    assert apply_status(sent, delivered).state is delivered
    assert apply_status(delivered, sent).reason is StatusReason.FINAL
    assert apply_status(MessageState.UNDELIVERED, delivered).reason is StatusReason.FINAL
    assert apply_status(sent, MessageState.ACCEPTED).reason is StatusReason.OUT_OF_ORDER
    assert apply_status(sent, sent).reason is StatusReason.REPEATED
    assert apply_status(MessageState.UNCONFIRMED, delivered).state is delivered


def test_the_last_state_does_not_depend_on_the_order_of_callbacks() -> None:
    in_order = [MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED]
    for callbacks in (in_order, in_order[::-1], [in_order[2], in_order[0], in_order[1]]):
        state = MessageState.SENDING
        for incoming in callbacks:
            state = apply_status(state, incoming).state
        assert state is MessageState.DELIVERED


def test_waits_double_up_to_a_ceiling_and_never_vanish() -> None:
    waits = [backoff(attempt, 1.0) for attempt in range(1, 60)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=15)
    assert waits[1] == timedelta(seconds=30)
    assert waits[-1] == LONGEST_WAIT
    assert backoff(10_000, 0.0) == LONGEST_WAIT / 2
    assert backoff(1, 0.0) < backoff(1, 0.5) < backoff(1, 1.0)


@pytest.mark.parametrize(("attempt", "jitter"), [(0, 0.5), (1, 1.5), (1, -0.1)])
def test_a_senseless_wait_is_refused(attempt: int, jitter: float) -> None:
    with pytest.raises(ValueError, match=r"attempts|jitter"):
        backoff(attempt, jitter)


def test_hours_in_which_nothing_could_be_sent_are_refused() -> None:
    with pytest.raises(Invalid, match="nothing could be sent"):
        SendingHours(time(8), time(8))


@pytest.mark.parametrize(
    ("text", "kind", "codes"),
    [
        ("take K7QM", StaffKind.TAKE, ("K7QM",)),
        ("TAKE k7qm and r2hd", StaffKind.TAKE, ("K7QM", "R2HD")),
        ("tomar K7QM por favor", StaffKind.TAKE, ("K7QM",)),
        ("take", StaffKind.TAKE, ()),
        ("escalate k7qm", StaffKind.ESCALATE, ("K7QM",)),
        ("Escalar la K7QM", StaffKind.ESCALATE, ("K7QM",)),
        ("escalate", StaffKind.ESCALATE, ()),
        ("ack K7QM escalate R2HD", StaffKind.UNCLEAR, ()),
        ("do not escalate K7QM", StaffKind.UNCLEAR, ()),
    ],
)
def test_take_and_escalate_by_text(text: str, kind: StaffKind, codes: tuple[str, ...]) -> None:
    assert read_staff_text(text) == StaffReading(kind, codes)
