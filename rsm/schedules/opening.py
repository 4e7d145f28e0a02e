"""A window that has come is written down: once, with everything that its survey needs (P1, P2)."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.ids import keyed_id
from rsm.kernel.words import Pin, SurveyState
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.schedules import store
from rsm.schedules.model import AssignmentView, MissReason, Window
from rsm.schedules.published import instrument_of, survey_of
from rsm.schedules.timing import call_still_to_come, still_to_come
from rsm.security.audit import Subject, record


def open_window(
    tx: Tx, active: AssignmentView, patient: PatientFacts, window: Window, own: Pin
) -> UUID | None:
    """Keep it; None when it stands already. An earlier survey that is still open closes now.

    Its id follows from patient and window, so that after a restore from backup the same survey is
    the same row, with the same link.
    """
    asks = [instrument_of(tx, ref, own) for ref in window.asks]
    state, reason = _first_state(tx, patient, window)
    occurrence_id = store.add_occurrence(
        tx,
        {
            **whose(patient, survey_of(tx, asks)),
            **_timed(tx, window, state),
            "id": keyed_id("occurrence", patient.id, window.key),
            "assignment_id": active.id,
            "window_key": window.key,
            "local_date": window.local.date(),
            "asks": [pin.document for pin in asks],
            "state": state,
            "miss_reason": reason,
            "scheduled": True,
        },
    )
    if occurrence_id is None:
        return None
    if state is SurveyState.OPEN:
        store.close_before(tx, patient.id, occurrence_id, window.opens_at)
    subject = Subject("occurrence", occurrence_id, patient.id)
    record(tx, f"survey.{state}", subject, patient.site_id, reason=reason)
    return occurrence_id


def whose(patient: PatientFacts, instrument: Pin) -> dict[str, object]:
    """What every survey holds of its patient."""
    return {
        "site_id": patient.site_id,
        "patient_id": patient.id,
        "instrument": instrument.document,
        "language": patient.language,
        "is_test": patient.is_test,
    }


def _timed(tx: Tx, window: Window, state: SurveyState) -> dict[str, object]:
    reminders = still_to_come(window.reminders, tx.now)
    call_at = call_still_to_come(window, tx.now)
    steps = (*reminders, *((call_at,) if call_at else ()), window.closes_at)
    return {
        "opens_at": window.opens_at,
        "closes_at": window.closes_at,
        "reminders": [each.isoformat() for each in reminders],
        "call_at": call_at,
        "next_at": None if state.is_over else min(steps),
        "closed_at": tx.now if state.is_over else None,
    }


def _first_state(
    tx: Tx, patient: PatientFacts, window: Window
) -> tuple[SurveyState, MissReason | None]:
    if patient.status is PatientStatus.PAUSED:
        return SurveyState.CANCELLED, MissReason.PAUSED
    if patient.status is not PatientStatus.ENROLLED:
        return SurveyState.CANCELLED, MissReason.NOT_ENROLLED
    if window.closes_at <= tx.now:
        return SurveyState.MISSED, MissReason.NOT_SENT
    return SurveyState.OPEN, None
