"""What the rows of one subject tell, in the order of time: for the story of a broken promise."""

from datetime import timedelta

from sqlalchemy import text

from rsm.db.work import Tx
from rsm.simulate.promises.model import Broken
from rsm.simulate.story import Line

_BEFORE = timedelta(days=9)  # a window and the one before it
_MOST = 60

_HERS = "(SELECT id FROM alert WHERE patient_id = :patient OR id = ANY(CAST(:ids AS uuid[])))"
# One text about many alerts names none of them.
_BUNDLES = (
    "SELECT code FROM alert_event WHERE kind = 'bundled' AND alert_id IN (SELECT id FROM hers)"
)
# Kinds, states and ids alone: what somebody answered or wrote is nobody's story.
_TOLD = text(
    """
    SELECT at, what FROM (
      SELECT opens_at AS at, 'survey ' || id || ' opens, window ' || window_key AS what
        FROM occurrence WHERE patient_id = :patient
      UNION ALL SELECT coalesce(completed_at, closed_at), 'survey ' || id || ' is ' || state
        FROM occurrence WHERE patient_id = :patient
      UNION ALL SELECT created_at, 'message ' || id || ' ' || purpose || ' by ' || channel
        || ' written: ' || regexp_replace(business_key, '^.*?:[0-9a-f-]{36}:?', '')
        FROM message WHERE patient_id = :patient OR alert_id IN (SELECT id FROM hers)
          OR business_key IN (SELECT key FROM bundles)
      UNION ALL SELECT handed_over_at, 'message ' || id || ' ' || purpose || ' handed over'
        FROM message WHERE patient_id = :patient OR alert_id IN (SELECT id FROM hers)
          OR business_key IN (SELECT key FROM bundles)
      UNION ALL SELECT settled_at, 'message ' || id || ' ' || purpose || ' is ' || state
        || coalesce(' (' || reason || ')', '')
        FROM message WHERE patient_id = :patient OR alert_id IN (SELECT id FROM hers)
          OR business_key IN (SELECT key FROM bundles)
      UNION ALL SELECT started_at, 'report ' || id || ' begun' FROM response
        WHERE patient_id = :patient
      UNION ALL SELECT submitted_at, 'report ' || id || ' sent: ' || state || ', by ' || reporter
        FROM response WHERE patient_id = :patient
      UNION ALL SELECT at, 'finding of ' || rule || ' in report ' || response_id || ': ' || level
        FROM finding WHERE alert_id IN (SELECT id FROM hers)
      UNION ALL SELECT at, 'kept quiet of report ' || response_id || ': ' || reason
        FROM suppressed_finding WHERE patient_id = :patient
      UNION ALL SELECT at, 'alert ' || alert_id || ' ' || kind || coalesce(' ' || code, '')
        FROM alert_event WHERE alert_id IN (SELECT id FROM hers)
      UNION ALL SELECT opened_at, 'task ' || id || ' ' || kind || ' opened'
        FROM task WHERE patient_id = :patient
      UNION ALL SELECT done_at, 'task ' || id || ' ' || kind || ' is ' || state
        FROM task WHERE patient_id = :patient
      UNION ALL SELECT at, action || ' from ' || source FROM opt_event WHERE patient_id = :patient
      UNION ALL SELECT started_at, 'pause: ' || reason FROM pause WHERE patient_id = :patient
      UNION ALL SELECT at, 'trail: ' || action || ' ' || subject_kind
        || coalesce(' ' || subject_id, '') FROM audit_event WHERE patient_id = :patient
    ) AS told
    WHERE at >= :since AND at <= :now ORDER BY at DESC, what LIMIT :most
    """.replace("(SELECT key FROM bundles)", f"({_BUNDLES})").replace(
        "(SELECT id FROM hers)", _HERS
    )
)


def lines(tx: Tx, broken: Broken) -> tuple[Line, ...]:
    """The last days of whom, or of what, it is about; the oldest first."""
    told = tx.session.execute(
        _TOLD,
        {
            "patient": broken.patient_id,
            "ids": [str(each) for each in broken.subjects],
            "since": broken.at - _BEFORE,
            "now": broken.at,
            "most": _MOST,
        },
    )
    return tuple(reversed([Line(row.at, row.what) for row in told]))
