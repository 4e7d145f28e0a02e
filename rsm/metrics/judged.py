"""Whether every report was judged, from the rows alone: live, quietly, in shadow, for the digest.

Reads other rooms' tables as the worker, everywhere. Every query begins with the ids of the last
days (they are ordered by time), so that a round costs the same however long the history is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TextClause, text

from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics.decide import first_id

# A draft may have been begun at the opening of a long window: its id is as old as that.
_LOOK_BACK = timedelta(days=14)
_DIGEST_BACK = timedelta(days=30)
_AT_ONCE = 50  # so many are mended in a round
_RANKS = [level.value for level in Level]  # the mildest first


@dataclass(frozen=True)
class Overlooked:
    """A report at which nobody has looked as somebody should have."""

    id: UUID
    site_id: UUID
    patient_id: UUID


# Scores, findings and alerts of a report commit together; what failed leaves a review (P3, P6).
_UNJUDGED = text(
    """
    SELECT r.id, r.site_id, r.patient_id FROM response r
    WHERE r.id >= :first AND r.state = 'final' AND r.quarantined_at IS NULL
      AND (CAST(:one AS uuid) IS NULL OR r.id = :one)
      AND NOT EXISTS (SELECT FROM score_set s WHERE s.response_id = r.id)
      AND NOT EXISTS (SELECT FROM alert a WHERE a.business_key = 'review:' || r.id
        AND a.id >= :first)  -- it is younger than its report
    ORDER BY r.id LIMIT :limit
    """
)

# Kept quiet although it may not be (P15): within a level that did not hold then, or not up to this
# value; as known of an alert that was closed, another patient's or less grave; as information.
_SWALLOWED = text(
    """
    SELECT DISTINCT r.id, r.site_id, r.patient_id FROM suppressed_finding s
    JOIN response r ON r.id = s.response_id
    LEFT JOIN expected_level e ON e.id = s.expected_id AND e.patient_id = s.patient_id
    LEFT JOIN alert a ON a.id = s.alert_id AND a.patient_id = s.patient_id
    WHERE s.response_id >= :first AND r.state = 'final' AND r.quarantined_at IS NULL
      AND (CAST(:one AS uuid) IS NULL OR r.id = :one)
      AND CASE s.reason
        WHEN 'expected' THEN e.id IS NULL OR s.symptom <> e.symptom OR s.level = 'emergency'
          OR s.current_value > e.grade OR s.at > coalesce(e.ended_at, 'infinity')
          OR r.submitted_at < e.since OR r.submitted_at >= e.until
        WHEN 'already_open' THEN a.id IS NULL OR s.at > coalesce(a.closed_at, 'infinity')
          OR array_position(CAST(:ranks AS text[]), CAST(s.level AS text))
           > array_position(CAST(:ranks AS text[]), CAST(a.level AS text))
        ELSE s.level <> 'info' END
      AND NOT EXISTS (SELECT FROM alert w WHERE w.business_key = 'review:' || r.id
        AND w.id >= :first)
    ORDER BY r.id LIMIT :limit
    """
)


# A draft that nobody went on with, and that nobody judged as far as it is answered.
_IDLE = text(
    """
    SELECT r.id, r.site_id, r.patient_id FROM response r
    WHERE r.judge_at < :late AND r.state = 'draft' AND r.quarantined_at IS NULL
    ORDER BY r.judge_at LIMIT :limit
    """
)


def idle_late(tx: Tx, late: datetime) -> Sequence[Overlooked]:
    """Drafts whose timer came before `late`, the oldest first."""
    rows = tx.session.execute(_IDLE, {"late": late, "limit": _AT_ONCE})
    return [Overlooked(*row) for row in rows]


def unjudged(tx: Tx, only: UUID | None = None) -> Sequence[Overlooked]:
    """Final reports of the last days with neither scores nor a review, the oldest first."""
    return _overlooked(tx, _UNJUDGED, only, {})


def swallowed(tx: Tx, only: UUID | None = None) -> Sequence[Overlooked]:
    """Final reports of the last days of which a finding was kept quiet against the rules."""
    return _overlooked(tx, _SWALLOWED, only, {"ranks": _RANKS})


def _overlooked(
    tx: Tx, query: TextClause, only: UUID | None, others: dict[str, object]
) -> list[Overlooked]:
    first = first_id(tx.now - _LOOK_BACK)
    values = {"first": first, "one": only, "limit": _AT_ONCE, **others}
    return [Overlooked(*row) for row in tx.session.execute(query, values)]


# As `shadow_store` finds what waits, but of the last days and by now late.
_SHADOW_LATE = text(
    """
    SELECT count(*) FROM rule_release x JOIN response r ON r.site_id = x.site_id
      AND r.id >= :first AND r.submitted_at >= x.shadow_since AND r.submitted_at < :late
      AND r.state IN ('final', 'superseded') AND r.quarantined_at IS NULL
    WHERE x.state = 'shadow' AND NOT EXISTS (
      SELECT FROM shadow_judgement j WHERE j.release_id = x.id AND j.response_id = r.id)
    """
)


def shadow_late(tx: Tx, late: datetime) -> int:
    """Reports from before `late` that a pack in shadow has not judged: its job does not keep up."""
    return _count(tx, _SHADOW_LATE, tx.now - _LOOK_BACK, late)


# A digest that was asked for and is unread is the staff's: their task is told as overdue.
_DIGEST_UNASKED = text(
    """
    WITH asked AS (
      SELECT site_id, max(opened_at) AS at, bool_or(state = 'open') AS waits FROM task
      WHERE kind = 'read_digest' AND (id >= :first OR state = 'open') GROUP BY site_id)
    SELECT count(DISTINCT s.site_id) FROM suppressed_finding s
    JOIN response r ON r.id = s.response_id AND r.state = 'final' AND r.quarantined_at IS NULL
    LEFT JOIN asked ON asked.site_id = s.site_id
    WHERE s.id >= :first AND s.reason = 'digest' AND s.at < :late
      AND asked.waits IS NOT TRUE AND s.at > coalesce(asked.at, '-infinity')
    """
)


def digests_unasked(tx: Tx, late: datetime) -> int:
    """Sites where a finding from before `late` waits for a digest that nobody was asked to read."""
    return _count(tx, _DIGEST_UNASKED, tx.now - _DIGEST_BACK, late)


def _count(tx: Tx, query: TextClause, since: datetime, late: datetime) -> int:
    counted = tx.session.execute(query, {"first": first_id(since), "late": late})
    return int(counted.scalar_one())
