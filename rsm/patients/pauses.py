"""The door to pauses: begin, end, look, ask again. Who is paused is `rsm.flow.pauses`' to decide.

Callers hold the patient's row.
"""

from datetime import date, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, zone_named
from rsm.patients import decide
from rsm.patients.decide import PauseDetails, PauseView
from rsm.patients.model import PatientFacts, PauseReason
from rsm.patients.store import pauses as store
from rsm.security.audit import Subject, record

_BACK_OFF = timedelta(minutes=5)
_BACK_OFF_AT_MOST = timedelta(hours=6)


def begin(
    tx: Tx, facts: PatientFacts, reason: PauseReason, more: PauseDetails = decide.PLAIN
) -> UUID:
    """A pause begins, with its timer. Raises `Invalid` for a last day that is past."""
    until = decide.until_instant(more.until, zone_named(facts.zone), tx.now)
    return store.add(tx, facts, reason, more, (until, decide.first_timer(reason, tx.now, until)))


def end(tx: Tx, patient_id: UUID) -> UUID | None:
    """The pause is over; None when there was none."""
    return store.end(tx, patient_id)


def replace(tx: Tx, facts: PatientFacts, reason: PauseReason, more: PauseDetails) -> UUID:
    """Another pause takes the place of the one that she is in, which can be given back."""
    store.end(tx, facts.id)
    return begin(tx, facts, reason, more)


def replaced(tx: Tx, pause: PauseView) -> PauseView | None:
    """The pause whose place this one took, or None."""
    earlier = (each for each in history(tx, pause.patient_id) if each.id != pause.id)
    return next((each for each in earlier if each.ended_at == pause.started_at), None)


def running(tx: Tx, patient_id: UUID) -> PauseView | None:
    """The pause that she is in now, or None."""
    return store.running(tx, patient_id)


def history(tx: Tx, patient_id: UUID, limit: int = 10) -> list[PauseView]:
    """Her pauses, the newest first."""
    return store.of_patient(tx, patient_id, limit)


def due(tx: Tx, limit: int = 200) -> list[tuple[UUID, UUID]]:
    """Whose pause's timer has come: (patient, site). A peek without locks."""
    return list(store.due(tx, limit))


def asked(tx: Tx, pause: PauseView) -> None:
    """Somebody was asked to end it: the timer goes on, so that somebody is asked again."""
    store.change(tx, pause.id, asked=pause.asked + 1)
    wait_on(tx, pause)


def wait_on(tx: Tx, pause: PauseView) -> None:
    """Whoever was asked has not answered yet: look again later."""
    again = decide.next_timer(pause.reason, tx.now)
    store.change(tx, pause.id, next_at=again, attempts=0)


def change(
    tx: Tx, facts: PatientFacts, pause: PauseView, reason: PauseReason, until: date | None
) -> None:
    """It goes on, perhaps for another reason: its timer starts anew from now."""
    over = decide.until_instant(until, zone_named(facts.zone), tx.now)
    timer = decide.first_timer(reason, tx.now, over)
    store.change(tx, pause.id, reason=reason, until=over, next_at=timer, attempts=0)
    subject = Subject("pause", pause.id, facts.id)
    record(tx, "pause.changed", subject, facts.site_id, reason=reason)


def move_zone(tx: Tx, before: PatientFacts, after: PatientFacts) -> None:
    """She lives by another clock: the pause ends on the same day, in the morning there."""
    pause = running(tx, after.id)
    if pause is None or pause.until is None or pause.until <= tx.now:
        return
    day = local_of(pause.until, zone_named(before.zone)).date()
    moved = decide.until_instant(day, zone_named(after.zone), tx.now - timedelta(days=2))
    waits = pause.next_at == pause.until
    store.change(tx, pause.id, until=moved, **({"next_at": moved} if waits else {}))


def failed(tx: Tx, pause: PauseView) -> None:
    """A round could not work it: again soon, and never set aside."""
    attempts = pause.attempts + 1
    wait = min(_BACK_OFF_AT_MOST, _BACK_OFF * 2 ** min(attempts, 8))
    store.change(tx, pause.id, attempts=attempts, next_at=tx.now + wait)
