"""All SQL behind a replay: a few statements for a site and a period, none for a single report.

Reports come some hundred patients at a time, each patient's in the order of answer time. History
goes back to the first report, since baseline and first value may stand there. (A cursor over all
of them would be one statement more simply, but PostgreSQL plans it for its first rows: measured
over 100,000 reports, 110 seconds against 6.)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from rsm.alerts.model import AlertAction
from rsm.db.work import Tx
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.words import Level, Pin, Reporter
from rsm.metrics.model import Period
from rsm.metrics.replay_model import FindingKey, Saved, Told, Verdict, Version

_AT_ONCE = 200  # patients in memory
ACTED = frozenset(
    {
        AlertAction.PHONE_ADVICE,
        AlertAction.MEDICINE_CHANGE,
        AlertAction.VISIT_TODAY,
        AlertAction.EMERGENCY_DEPARTMENT,
        AlertAction.ADMISSION,
    }
)
_OTHERWISE = {
    AlertAction.EXPECTED: Verdict.EXPECTED,
    AlertAction.KNOWN: Verdict.EXPECTED,
    AlertAction.WRONG_THRESHOLD: Verdict.NOT_ACTIONABLE,
    AlertAction.NOT_REACHED: Verdict.NOT_REACHED,
}

# A report belongs to the period by the time of its answers: the sending, or the last one saved.
_AT = "coalesce(r.submitted_at, r.started_at)"
_REAL = (
    "NOT r.is_test AND NOT EXISTS (SELECT FROM patient p WHERE p.id = r.patient_id AND p.is_test)"
)
_IN_PERIOD = f"r.site_id = :site AND {_AT} >= :since AND {_AT} < :until"

_INSTRUMENTS = text(
    f"SELECT DISTINCT r.instrument FROM response r WHERE {_IN_PERIOD} AND {_REAL}"  # noqa: S608 - constants only
)
_PATIENTS = text(
    f"SELECT DISTINCT r.patient_id FROM response r WHERE {_IN_PERIOD} AND {_REAL} ORDER BY 1"  # noqa: S608 - constants only
)
_VERSIONS = text(
    f"""
    SELECT r.id, r.patient_id, r.occurrence_id, r.revision, r.reporter,
      r.instrument->>'hash' AS instrument, r.answers::text AS answers, {_AT} AS at,
      coalesce(s.at, CASE WHEN r.revision > 1 THEN r.started_at END, {_AT}) AS known_at,
      r.submitted_at IS NOT NULL AS is_sent,
      {_AT} >= :since AND r.quarantined_at IS NULL
        AND (r.submitted_at IS NOT NULL OR r.answers <> '{{}}') AS counted,
      r.quarantined_at AS set_aside_at
    FROM response r LEFT JOIN score_set s ON s.response_id = r.id
    WHERE r.patient_id = ANY(:patients) AND r.site_id = :site AND {_AT} < :until AND NOT r.is_test
    ORDER BY r.patient_id, {_AT}, r.id
    """  # noqa: S608 - constants only
)
# Drafts, and reports with an answer on the way that was another one in the end, for these items.
_SAVED = text(
    f"""
    SELECT e.response_id, e.at, e.item, e.status, e.value FROM answer_event e
    WHERE e.response_id IN (
      SELECT r.id FROM response r JOIN answer_event e ON e.response_id = r.id
      WHERE {_IN_PERIOD} AND {_REAL} AND r.revision = 1
        AND (CAST(:items AS text[]) IS NULL OR e.item = ANY(CAST(:items AS text[])))
        AND (r.submitted_at IS NULL OR r.answers->e.item->>'value' IS DISTINCT FROM e.value::text))
    ORDER BY e.response_id, e.seq
    """  # noqa: S608 - constants only
).bindparams(bindparam("items", type_=ARRAY(Text)))
_RAISED = text(
    f"""
    SELECT a.occurrence_id, a.id, a.code, a.level, a.opened_at,
      (SELECT array_agg(v.code ORDER BY v.seq) FROM alert_event v
       WHERE v.alert_id = a.id AND v.kind IN ('action', 'closed')) AS codes,
      (SELECT json_agg(json_build_array(f.response_id, f.rule, f.item, f.level))
       FROM finding f WHERE f.alert_id = a.id) AS findings
    FROM alert a
    WHERE a.site_id = :site AND a.kind = 'symptom' AND a.occurrence_id IN (
      SELECT r.occurrence_id FROM response r
      WHERE {_IN_PERIOD} AND {_REAL} AND r.quarantined_at IS NULL)
    ORDER BY a.occurrence_id, a.opened_at, a.id
    """  # noqa: S608 - constants only
)


@dataclass(frozen=True)
class Raised:
    """What a survey raised, id and code of its first alert, and what nurses made of it."""

    told: Told
    alert: tuple[UUID, str]
    verdict: Verdict


def instruments(tx: Tx, site_id: UUID, period: Period) -> list[Pin]:
    """The exact versions that asked the reports of the period."""
    rows = tx.session.execute(_INSTRUMENTS, _bound(site_id, period))
    return [Pin.of(row.instrument) for row in rows]


def courses(
    tx: Tx, site_id: UUID, period: Period, saved: Mapping[UUID, tuple[Saved, ...]]
) -> Iterator[list[Version]]:
    """Each patient with a report in the period: all her reports up to its end."""
    values = _bound(site_id, period)
    patients = list(tx.session.scalars(_PATIENTS, values))
    for start in range(0, len(patients), _AT_ONCE):
        some = values | {"patients": patients[start : start + _AT_ONCE]}
        versions = (
            Version(
                id=row[0],
                patient_id=row[1],
                occurrence_id=row[2],
                revision=row[3],
                reporter=Reporter(row[4]),
                instrument=row[5],
                answers=answers_in(row[6]),
                at=row[7],
                known_at=row[8],
                is_sent=row[9],
                counted=row[10],
                set_aside_at=row[11],
                saved=saved.get(row[0], ()),
            )
            for row in tx.session.execute(_VERSIONS, some)
        )
        for _, same in groupby(versions, key=attrgetter("patient_id")):
            yield list(same)


def saved(
    tx: Tx, site_id: UUID, period: Period, items: Sequence[str] | None
) -> dict[UUID, tuple[Saved, ...]]:
    """What was saved on the way, by report, for reports where that can have raised more than
    what was sent; `items` are those that decide it (None: any)."""
    values = _bound(site_id, period) | {"items": None if items is None else list(items)}
    found: dict[UUID, list[Saved]] = {}
    for row in tx.session.execute(_SAVED, values):
        answer = Answer(AnswerStatus(row.status), row.value)
        found.setdefault(row.response_id, []).append(Saved(row.at, row.item, answer))
    return {response_id: tuple(each) for response_id, each in found.items()}


def raised(tx: Tx, site_id: UUID, period: Period) -> dict[UUID, Raised]:
    """What the surveys of the period raised, by survey."""
    rows = tx.session.execute(_RAISED, _bound(site_id, period)).all()
    found = {}
    for survey, same in groupby(rows, key=attrgetter("occurrence_id")):
        alerts = list(same)
        findings: dict[FindingKey, Level] = {}
        for alert in alerts:
            for report, rule, item, level in alert.findings or ():
                findings[UUID(report), rule, item] = Level(level)
        level = max((Level(alert.level) for alert in alerts), key=lambda level: level.rank)
        told = Told(level, len(alerts), alerts[0].opened_at, findings)
        codes = [code for alert in alerts for code in alert.codes or ()]
        found[survey] = Raised(told, (alerts[0].id, alerts[0].code), verdict_of(codes))
    return found


def verdict_of(codes: Sequence[str]) -> Verdict:
    """Acted upon, if any code is of an action; else what the last code says."""
    if any(code in ACTED for code in codes):
        return Verdict.ACTED
    known = [_OTHERWISE[AlertAction(code)] for code in codes if code in _OTHERWISE]
    return known[-1] if known else Verdict.NONE


def _bound(site_id: UUID, period: Period) -> dict[str, object]:
    return {"site": site_id, "since": period.since, "until": period.until}


# --- answers ---------------------------------------------------------------------------------

# A scale has few values: the same answer is the same object, which makes reading much faster.
_answers: dict[tuple[str, int | None], Answer] = {}


def answers_in(document: str) -> Answers:
    """The answers of a row, as `rsm.responses.decide.answers_of` reads them."""
    found: Answers = _DECODER.decode(document)
    return found


def _answer(stored: dict[str, object]) -> object:
    status = stored.get("status")
    if not isinstance(status, str):
        return stored
    value = stored.get("value")
    known = _answers.get((status, value)) if value is None or isinstance(value, int) else None
    if known is None:
        if value is not None and not isinstance(value, int):
            raise TypeError("an answer's value is a whole number")
        known = _answers[status, value] = Answer(AnswerStatus(status), value)
    return known


_DECODER = json.JSONDecoder(object_hook=_answer)  # made once: it costs as much as a document
