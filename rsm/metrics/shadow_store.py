"""All SQL behind packs in shadow: which reports wait to be judged, and what was made of them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import text

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import replay_store
from rsm.metrics.model import Period
from rsm.metrics.replay_model import FindingKey, Survey, Told

# Every final report since then, a corrected one in each of its revisions; what was set aside never.
_WAITING = text(
    """
    SELECT x.id AS release_id, r.site_id, r.id AS response_id, r.submitted_at
    FROM rule_release x JOIN response r ON r.site_id = x.site_id
      AND r.submitted_at >= x.shadow_since AND r.state IN ('final', 'superseded')
      AND r.quarantined_at IS NULL
    WHERE x.state = 'shadow' AND NOT EXISTS (
      SELECT FROM shadow_judgement j WHERE j.release_id = x.id AND j.response_id = r.id)
      AND (CAST(:at AS timestamptz) IS NULL
        OR (r.submitted_at, r.id) > (CAST(:at AS timestamptz), CAST(:id AS uuid)))
    ORDER BY r.submitted_at, r.id LIMIT :limit
    """
)
_JUDGED = text(
    """
    SELECT j.occurrence_id, j.response_id, j.at, j.level, j.findings, j.in_doubt
    FROM shadow_judgement j JOIN response r ON r.id = j.response_id
    WHERE j.release_id = :release AND j.site_id = :site AND j.at >= :since AND j.at < :until
      AND NOT j.is_test AND r.quarantined_at IS NULL
      AND NOT EXISTS (SELECT FROM patient p WHERE p.id = j.patient_id AND p.is_test)
    ORDER BY j.occurrence_id, j.at, j.response_id
    """
)


@dataclass(frozen=True)
class Waiting:
    """A report that a pack in shadow has not judged yet."""

    release_id: UUID
    site_id: UUID
    response_id: UUID
    submitted_at: datetime


@dataclass(frozen=True)
class Stored:
    """What a pack in shadow made of one report."""

    response_id: UUID
    at: datetime
    level: Level | None
    findings: list[dict[str, object]]
    in_doubt: bool


def waiting(tx: Tx, limit: int, after: Waiting | None = None) -> list[Waiting]:
    """The next reports to judge, of all sites in scope, the oldest first; those `after` one."""
    values: dict[str, object] = {"limit": limit, "at": None, "id": None}
    if after is not None:
        values |= {"at": after.submitted_at, "id": after.response_id}
    rows = tx.session.execute(_WAITING, values)
    return [Waiting(row.release_id, row.site_id, row.response_id, row.submitted_at) for row in rows]


def surveys(tx: Tx, site_id: UUID, release_id: UUID, period: Period) -> list[Survey]:
    """Every survey that the pack has judged: what it raised, and what the pack made of it."""
    values = {
        "release": release_id,
        "site": site_id,
        "since": period.since,
        "until": period.until,
    }
    raised = replay_store.raised(tx, site_id, period)
    found = []
    for survey, rows in groupby(tx.session.execute(_JUDGED, values), attrgetter("occurrence_id")):
        stored = [
            Stored(row[1], row[2], Level(row[3]) if row[3] else None, row[4], row[5])
            for row in rows
        ]
        at, was, told = stored[0].at, raised.get(survey), told_of(stored)
        if was is None:
            found.append(Survey(survey, at, replayed=told))
        else:
            told_then = (was.told, was.verdict, was.alert)
            found.append(Survey(survey, at, *told_then, told, was.held, was.opened))
    return found


def told_of(stored: list[Stored]) -> Told:
    """What all revisions of one survey's report come to: a level never falls. `own` alerts count
    one by one, as when they are raised."""
    level: Level | None = None
    at: datetime | None = None
    groups: set[str | None] = set()
    findings: dict[FindingKey, Level] = {}
    for one in stored:
        if one.level is not None:
            at = at or one.at
            level = one.level if level is None or one.level.rank > level.rank else level
        for each in one.findings:
            rule = str(each["rule"])
            key = (one.response_id, rule, str(each["item"]))
            findings.setdefault(key, Level(str(each["level"])))
            if not each["covered"]:
                groups.add(rule if each["own"] else None)
    return Told(level, len(groups), at, findings, any(one.in_doubt for one in stored))
