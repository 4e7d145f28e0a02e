"""Revision 0012's security: who gets reports, and each report as it was sent."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, WEB, WORKER, policies


def protect_reports() -> None:
    """Policies, grants: of a site, and no patient's session has to do with them."""
    for table in ("report_subscription", "report_run"):
        op.execute(policies(table, f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON report_subscription TO {WEB}")
    op.execute(f"GRANT SELECT ON report_subscription TO {WORKER}")
    op.execute(f"GRANT SELECT ON report_run TO {WEB}")
    op.execute(f"GRANT SELECT, INSERT ON report_run TO {WORKER}")  # what was sent never changes
