"""What rows of reports hold: who answered; a draft that is begun, a report that is corrected."""

from dataclasses import replace
from datetime import datetime

from rsm.kernel.answers import Answers
from rsm.responses.decide import document_of
from rsm.responses.model import Author, ResponseState, ResponseView
from rsm.schedules.model import OccurrenceView


def whose(by: Author) -> dict[str, object]:
    """Who answered last, as the row of the report says it; of each answer its event says it."""
    return {
        "reporter": by.reporter,
        "relation": by.relation,
        "recorded_by": by.recorded_by,
        "channel": by.channel,
        "language": by.language,
    }


def begun(
    occurrence: OccurrenceView, by: Author, revision: int, now: datetime
) -> dict[str, object]:
    """A draft without an answer."""
    return {
        "site_id": occurrence.site_id,
        "patient_id": occurrence.patient_id,
        "occurrence_id": occurrence.id,
        "revision": revision,
        "state": ResponseState.DRAFT,
        **whose(by),
        "answered_on": by.answered_on,
        "backfilled": by.backfilled,
        "instrument": occurrence.instrument.document,
        "answers": {},
        "started_at": now,
        "is_test": occurrence.is_test,
    }


def revised(old: ResponseView, answers: Answers, by: Author, now: datetime) -> dict[str, object]:
    """The report with other answers, at the time of the first; without its words."""
    return {
        "site_id": old.site_id,
        "patient_id": old.patient_id,
        "occurrence_id": old.occurrence_id,
        "revision": old.revision + 1,
        "state": ResponseState.FINAL,
        **whose(replace(by, reporter=old.reporter, relation=old.relation)),
        "answered_on": old.answered_on,
        "backfilled": old.backfilled,
        "instrument": old.instrument.document,
        "answers": document_of(answers),
        "started_at": now,
        "submitted_at": old.submitted_at,
        "late": old.late,
        "quarantined_at": old.quarantined_at,
        "is_test": old.is_test,
    }
