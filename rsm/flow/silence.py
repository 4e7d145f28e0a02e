"""A window was missed: does the silence say something? A person looks, again while it lasts."""

from datetime import timedelta

from rsm.db.work import Tx
from rsm.kernel.words import Role
from rsm.messaging import arrivals
from rsm.patients import calls
from rsm.patients.model import CallOutcome, PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules import silence
from rsm.schedules.model import MissReason, OccurrenceView
from rsm.schedules.silence import Finding, FindingKind, Recent
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_BACK = 60  # weeks: two windows of the slowest plan, and the four before
_LOOK_WITHIN = timedelta(days=1)
_NOT_ASKED = frozenset({MissReason.NOT_SENT, MissReason.NOT_LIVE})
_SPOKEN = frozenset({CallOutcome.REACHED, CallOutcome.REFUSED, CallOutcome.TOO_ILL})
_KINDS = {FindingKind.UNREACHED: TaskKind.UNREACHED, FindingKind.SILENT: TaskKind.SILENT}


def look(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> None:
    """Called after `survey` was missed: open a task if the patient's silence asks for one.

    The caller holds the patient's row. Whoever is paused or has ended is silent with reason.
    """
    finding = silence.find(_recent(tx, survey)) if patient.is_active else None
    if finding is None or _was_asked(tx, patient, finding):
        return
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"silence:{survey.id}:{finding.kind}",
            kind=_KINDS[finding.kind],
            site_id=patient.site_id,
            patient_id=patient.id,
            role=Role.NURSE,
            reason=_reason(finding),
            due_at=tx.now + _LOOK_WITHIN,
            occurrence_id=survey.id,
            is_test=patient.is_test,
        ),
    )


def _was_asked(tx: Tx, patient: PatientFacts, finding: Finding) -> bool:
    """Somebody still has to look, or has because of one of the last windows."""
    kind = _KINDS[finding.kind]
    return bool(tasks.of_patient(tx, patient.id, (kind,))) or any(
        tasks.of_survey(tx, patient.id, each, kind) for each in finding.latest
    )


def _recent(tx: Tx, survey: OccurrenceView) -> list[Recent]:
    surveys = schedules.recent(tx, survey.patient_id, _BACK)
    ids = [each.id for each in surveys]
    came, made = arrivals.arrived(tx, ids), calls.of_surveys(tx, ids)
    return [
        Recent(
            survey=each.id,
            opens_at=each.opens_at,
            state=each.state,
            scheduled=each.scheduled,
            arrived=each.id in came or each.first_viewed_at is not None,
            spoken=any(call.outcome in _SPOKEN for call in made.get(each.id, ())),
            asked=each.miss_reason not in _NOT_ASKED,
        )
        for each in surveys
    ]


def _reason(finding: Finding) -> str:
    """A sentence of ours: how long, and whether anything came through to her."""
    if finding.kind is FindingKind.SILENT:
        return "Answered regularly, and did not answer the last check-in. Please ask why."
    if finding.arrived:
        how = "Check-ins came through and were not answered"
    else:
        how = "None of the check-ins came through"
    return f"{how}, {len(finding.surveys)} running. Please reach the patient, or a relative."
