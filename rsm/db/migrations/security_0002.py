"""Revision 0002's security: grants and policies of its tables, and one view for every contact."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_PERSONAL = ("treatment_event", "call_attempt", "breaker")
_OF_SITE = ("consent_text", "site_text", "listed", "sender_pace")
_APPEND_ONLY = ("plan_version", "consent_text", "call_attempt", "reconciliation")
_CHANGING = ("treatment_event", "breaker", "site_text", "listed", "sender_pace")
_OF_WORKERS = ("lifeline", "sending_hold")

# Every attempt to reach a patient, by whatever way: the one ledger that figures are made from.
# The view sees what whoever asks may see (security_invoker, PostgreSQL 15).
_CONTACT_ATTEMPTS = f"""
CREATE VIEW contact_attempt WITH (security_invoker = true) AS
  SELECT m.id, m.site_id, m.patient_id, m.occurrence_id, m.channel, m.purpose, m.business_key,
    m.planned_at, m.claimed_at AS tried_at, m.handed_over_at, m.delivered_at, m.settled_at,
    m.state, m.reason, m.segments, m.attempts, m.fallback_of, m.is_test
  FROM message m WHERE m.audience = 'patient' AND m.patient_id IS NOT NULL
  UNION ALL
  SELECT c.id, c.site_id, c.patient_id, c.occurrence_id, 'staff', 'call', NULL,
    NULL, c.at, NULL, CASE WHEN c.outcome = 'reached' THEN c.at END, c.at,
    c.outcome, NULL, NULL, 1, NULL, c.is_test
  FROM call_attempt c;
GRANT SELECT ON contact_attempt TO {WEB}, {WORKER};
"""


def protect_plans_and_messages() -> None:
    """Policies, grants, the view."""
    for table in _PERSONAL:
        op.execute(policies(table, f"{IN_SITE} AND {OWN}"))
    for table in _OF_SITE:
        op.execute(policies(table, IN_SITE))
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(_APPEND_ONLY)} TO {both}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_CHANGING)} TO {both}")
    op.execute(f"GRANT DELETE ON treatment_event TO {both}")
    op.execute(f"GRANT SELECT ON {', '.join(_OF_WORKERS)} TO {both}")
    op.execute(f"GRANT INSERT, UPDATE ON {', '.join(_OF_WORKERS)} TO {WORKER}")
    op.execute(_CONTACT_ATTEMPTS)
