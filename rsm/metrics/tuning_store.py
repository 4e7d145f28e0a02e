"""All SQL behind the tuning page: in which alerts each rule fired, in how many surveys it was held
back and why, and how many reports came."""

from uuid import UUID

from sqlalchemy import text

from rsm.alerts.model import QuietReason
from rsm.alerts.quiet import SIMILAR_FOR
from rsm.db.work import Tx
from rsm.metrics.model import Period
from rsm.metrics.replay_store import verdict_of
from rsm.metrics.tuning import Fired, Held

# A repeat: the same patient, rule and item in an earlier alert of the last 14 days.
_FIRED = text(
    """
    WITH hit AS (
      SELECT f.rule, f.alert_id, f.item, min(a.opened_at) AS at,
        min(a.opened_at) - lag(min(a.opened_at)) OVER (
          PARTITION BY a.patient_id, f.rule, f.item ORDER BY min(a.opened_at)) AS since
      FROM finding f JOIN alert a ON a.id = f.alert_id
      WHERE a.site_id = :site AND a.kind = 'symptom' AND NOT a.is_test
        AND a.opened_at >= CAST(:since AS timestamptz) - :similar AND a.opened_at < :until
        AND NOT EXISTS (SELECT FROM patient p WHERE p.id = a.patient_id AND p.is_test)
      GROUP BY f.rule, f.alert_id, f.item, a.patient_id)
    SELECT h.rule, min(h.at) AS at, coalesce(bool_or(h.since < :similar), false) AS repeat,
      (SELECT array_agg(v.code ORDER BY v.seq) FROM alert_event v
       WHERE v.alert_id = h.alert_id AND v.kind IN ('action', 'closed')) AS codes
    FROM hit h WHERE h.at >= :since GROUP BY h.rule, h.alert_id ORDER BY 1, 2
    """
)
# Once for a survey, which corrections judge anew; a worse value that was written beside its own
# alert's finding was told.
_HELD = text(
    """
    SELECT h.rule, h.reason, count(DISTINCT h.occurrence_id) AS surveys
    FROM suppressed_finding h LEFT JOIN alert a ON a.id = h.alert_id
    WHERE h.site_id = :site AND h.at >= :since AND h.at < :until AND NOT h.is_test
      AND a.occurrence_id IS DISTINCT FROM h.occurrence_id
      AND NOT EXISTS (SELECT FROM patient p WHERE p.id = h.patient_id AND p.is_test)
    GROUP BY h.rule, h.reason
    """
)
_SURVEYS = text(
    """
    SELECT count(DISTINCT r.occurrence_id) FROM response r
    WHERE r.site_id = :site AND r.submitted_at >= :since AND r.submitted_at < :until
      AND NOT r.is_test AND r.quarantined_at IS NULL
      AND NOT EXISTS (SELECT FROM patient p WHERE p.id = r.patient_id AND p.is_test)
    """
)


def fired(tx: Tx, site_id: UUID, period: Period) -> list[Fired]:
    """Each alert of the period once for each rule that fired in it."""
    values = _bound(site_id, period) | {"similar": SIMILAR_FOR}
    return [
        Fired(row.rule, row.at, verdict_of(row.codes or ()), row.repeat)
        for row in tx.session.execute(_FIRED, values)
    ]


def held(tx: Tx, site_id: UUID, period: Period) -> Held:
    """In how many surveys each rule was met and told nobody anew, by reason."""
    found: dict[str, dict[QuietReason, int]] = {}
    for row in tx.session.execute(_HELD, _bound(site_id, period)):
        found.setdefault(row.rule, {})[QuietReason(row.reason)] = row.surveys
    return found


def surveys(tx: Tx, site_id: UUID, period: Period) -> int:
    """How many surveys were sent in the period."""
    return tx.session.execute(_SURVEYS, _bound(site_id, period)).scalar_one() or 0


def _bound(site_id: UUID, period: Period) -> dict[str, object]:
    return {"site": site_id, "since": period.since, "until": period.until}
