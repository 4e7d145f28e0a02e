"""All SQL behind a replay: a few statements for a site and a period, none for a single report.

Reports come some hundred patients at a time, each patient's in the order of answer time. History
goes back to the first report, since baseline and first value may stand there. (A cursor over all
of them would be one statement more simply, but PostgreSQL plans it for its first rows: measured
over 100,000 reports, 110 seconds against 6.)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from rsm.alerts.model import AlertAction, QuietReason
from rsm.db.work import Tx
from rsm.kernel.words import Level, Pin, Reporter, SurveyState
from rsm.metrics.model import Period
from rsm.metrics.replay_model import FindingKey, Saved, Told, Verdict, Version, Window
from rsm.metrics.stored_answers import answers_in, known_answer

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

# Every version that asked before the end of the period, and whether it asked in it.
_INSTRUMENTS = text(
    f"""
    SELECT r.instrument, bool_or({_AT} >= :since) AS within FROM response r
    WHERE r.site_id = :site AND {_AT} < :until AND {_REAL} GROUP BY r.instrument
    """  # noqa: S608 - constants only
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
      r.quarantined_at AS set_aside_at, r.language,
      (r.words_sealed IS NOT NULL OR r.texts_sealed IS NOT NULL) AS has_words
    FROM response r LEFT JOIN score_set s ON s.response_id = r.id
    WHERE r.patient_id = ANY(:patients) AND r.site_id = :site AND {_AT} < :until AND NOT r.is_test
    ORDER BY r.patient_id, {_AT}, r.id
    """  # noqa: S608 - constants only
)
# Drafts, and reports with an answer on the way that was another one in the end, for these items:
# what was saved of them, in events or in the trail that these leave in the end.
_IN_TRAIL = """answer_trail t CROSS JOIN LATERAL
      unnest(t.seq, t.at, t.item, t.status, t.value, t.picked)
        AS e (seq, at, item, status, value, picked)"""
_OTHERWISE_IN = f"""{_IN_PERIOD} AND {_REAL} AND r.revision = 1
        AND (CAST(:items AS text[]) IS NULL OR e.item = ANY(CAST(:items AS text[])))
        AND (r.submitted_at IS NULL OR r.answers->e.item->>'value' IS DISTINCT FROM e.value::text
          OR r.answers->e.item->'picked' IS DISTINCT FROM e.picked)"""
_SAVED = text(
    f"""
    WITH otherwise AS (
      SELECT r.id FROM response r JOIN answer_event e ON e.response_id = r.id
      WHERE {_OTHERWISE_IN}
      UNION SELECT r.id FROM response r JOIN ({_IN_TRAIL}) ON t.response_id = r.id
      WHERE {_OTHERWISE_IN})
    SELECT e.response_id, e.at, e.item, e.status, e.value, e.picked, e.seq FROM answer_event e
    WHERE e.response_id IN (SELECT id FROM otherwise)
    UNION ALL SELECT t.response_id, e.at, e.item, e.status, e.value, e.picked, e.seq
    FROM {_IN_TRAIL} WHERE t.response_id IN (SELECT id FROM otherwise)
    ORDER BY response_id, seq
    """  # noqa: S608 - constants only
).bindparams(bindparam("items", type_=ARRAY(Text)))
_WINDOWS = text(
    """
    SELECT o.patient_id, o.id, o.opens_at, o.closes_at, o.state, o.scheduled, o.miss_reason,
      o.closed_at
    FROM occurrence o WHERE o.patient_id = ANY(:patients) AND o.site_id = :site
      AND o.opens_at < :until
    ORDER BY o.patient_id, o.opens_at DESC, o.id DESC
    """
)
_SURVEYS = f"""
    SELECT r.occurrence_id FROM response r
    WHERE {_IN_PERIOD} AND {_REAL} AND r.quarantined_at IS NULL
"""  # noqa: S608 - constants only
_ALERTS = text(
    f"""
    SELECT a.occurrence_id, a.id, a.code,
      (SELECT array_agg(v.code ORDER BY v.seq) FROM alert_event v
       WHERE v.alert_id = a.id AND v.kind IN ('action', 'closed')) AS codes
    FROM alert a
    WHERE a.site_id = :site AND a.kind = 'symptom' AND a.occurrence_id IN ({_SURVEYS})
    ORDER BY a.occurrence_id, a.opened_at, a.id
    """  # noqa: S608 - constants only
)
# All that the rules found of a survey: what its alerts hold, what was added to older ones, and
# what was kept quiet. `own` names the rule of an alert that is never grouped; `why` is empty for
# what was told, and for a worse value that was written beside the finding of its own alert.
_FOUND = text(
    f"""
    SELECT r.occurrence_id, f.response_id, f.rule, f.item, f.level, f.at,
      split_part(a.business_key, ':', 3) AS own, NULL AS why
    FROM finding f JOIN response r ON r.id = f.response_id JOIN alert a ON a.id = f.alert_id
    WHERE f.site_id = :site AND a.kind = 'symptom' AND r.occurrence_id IN ({_SURVEYS})
    UNION ALL
    SELECT h.occurrence_id, h.response_id, h.rule, h.item, h.level, h.at,
      coalesce(split_part(a.business_key, ':', 3), ''),
      CASE WHEN a.occurrence_id IS DISTINCT FROM h.occurrence_id THEN h.reason END
    FROM suppressed_finding h LEFT JOIN alert a ON a.id = h.alert_id
    WHERE h.site_id = :site AND h.occurrence_id IN ({_SURVEYS})
    """  # noqa: S608 - constants only
)
_OVERRIDDEN = text(
    """
    SELECT EXISTS (SELECT FROM rule_override o
      WHERE (o.decided_at IS NOT NULL OR o.tier = 'patient') AND o.since < :until
        AND least(o.until, coalesce(o.ended_at, o.until)) > :since
        AND (o.site_id = :site OR o.site_id IS NULL
          AND o.organisation_id = (SELECT s.organisation_id FROM site s WHERE s.id = :site)))
    """
)


@dataclass(frozen=True)
class Raised:
    """What the rules raised on a survey; id and code of the first alert that it opened, how many
    it opened, what nurses made of them, and why something was not told anew."""

    told: Told
    alert: tuple[UUID, str] | None
    verdict: Verdict
    opened: int = 0
    held: frozenset[QuietReason] = frozenset()


def instruments(tx: Tx, site_id: UUID, period: Period) -> dict[Pin, bool]:
    """The exact versions that asked up to the end of the period, and whether they asked in it."""
    rows = tx.session.execute(_INSTRUMENTS, _bound(site_id, period))
    return {Pin.of(row.instrument): row.within for row in rows}


def overridden(tx: Tx, site_id: UUID, period: Period) -> bool:
    """Whether rules were changed for somebody at the site in the period."""
    return bool(tx.session.execute(_OVERRIDDEN, _bound(site_id, period)).scalar_one())


def courses(
    tx: Tx, site_id: UUID, period: Period, saved: Mapping[UUID, tuple[Saved, ...]]
) -> Iterator[list[list[Version]]]:
    """Patients with a report in the period, some at a time: of each all her reports up to its
    end."""
    values = _bound(site_id, period)
    patients = list(tx.session.scalars(_PATIENTS, values))
    for start in range(0, len(patients), _AT_ONCE):
        some = values | {"patients": patients[start : start + _AT_ONCE]}
        versions = [
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
                language=row[12],
                has_words=row[13],
            )
            for row in tx.session.execute(_VERSIONS, some)
        ]
        yield [list(same) for _, same in groupby(versions, key=attrgetter("patient_id"))]


def windows(
    tx: Tx, site_id: UUID, period: Period, patients: Sequence[UUID]
) -> dict[UUID, list[Window]]:
    """Every survey of these patients that opened before the end of the period, the newest first."""
    values = _bound(site_id, period) | {"patients": list(patients)}
    found: dict[UUID, list[Window]] = {}
    for row in tx.session.execute(_WINDOWS, values):
        one = Window(row[1], row[2], row[3], SurveyState(row[4]), row[5], row[6], row[7])
        found.setdefault(row[0], []).append(one)
    return found


def saved(
    tx: Tx, site_id: UUID, period: Period, items: Sequence[str] | None
) -> dict[UUID, tuple[Saved, ...]]:
    """What was saved on the way, by report, for reports where that can have raised more than
    what was sent; `items` are those that decide it (None: any)."""
    values = _bound(site_id, period) | {"items": None if items is None else list(items)}
    found: dict[UUID, list[Saved]] = {}
    for row in tx.session.execute(_SAVED, values):
        answer = known_answer(row.status, row.value, row.picked)
        found.setdefault(row.response_id, []).append(Saved(row.at, row.item, answer))
    return {response_id: tuple(each) for response_id, each in found.items()}


@dataclass(frozen=True, slots=True)
class _Found:
    survey: UUID
    response_id: UUID
    rule: str
    item: str
    level: str
    at: datetime
    own: str
    why: str | None


@dataclass(frozen=True, slots=True)
class _Opened:
    survey: UUID
    id: UUID
    code: str
    codes: list[str] | None


def raised(tx: Tx, site_id: UUID, period: Period) -> dict[UUID, Raised]:
    """What the rules raised on the surveys of the period, whatever was kept quiet of it."""
    values = _bound(site_id, period)
    alerts: dict[UUID, list[_Opened]] = {}
    for row in tx.session.execute(_ALERTS, values):
        alerts.setdefault(row[0], []).append(_Opened(*row))
    found: dict[UUID, list[_Found]] = {}
    for row in tx.session.execute(_FOUND, values):
        found.setdefault(row[0], []).append(_Found(*row))
    return {survey: _raised(rows, alerts.get(survey, ())) for survey, rows in found.items()}


def _raised(rows: Sequence[_Found], alerts: Sequence[_Opened]) -> Raised:
    findings: dict[FindingKey, Level] = {
        (row.response_id, row.rule, row.item): Level(row.level) for row in rows
    }
    codes = [code for alert in alerts for code in alert.codes or ()]
    return Raised(
        told=Told(
            level=max(findings.values(), key=lambda level: level.rank),
            alerts=len({row.own for row in rows}),
            at=min(row.at for row in rows),
            findings=findings,
        ),
        alert=(alerts[0].id, alerts[0].code) if alerts else None,
        verdict=verdict_of(codes) if alerts else Verdict.HELD,
        opened=len(alerts),
        held=frozenset(QuietReason(row.why) for row in rows if row.why),
    )


def verdict_of(codes: Sequence[str]) -> Verdict:
    """Acted upon, if any code is of an action; else what the last code says."""
    if any(code in ACTED for code in codes):
        return Verdict.ACTED
    known = [_OTHERWISE[AlertAction(code)] for code in codes if code in _OTHERWISE]
    return known[-1] if known else Verdict.NONE


def _bound(site_id: UUID, period: Period) -> dict[str, object]:
    return {"site": site_id, "since": period.since, "until": period.until}
