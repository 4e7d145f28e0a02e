"""Revision 0013's security: grants and policy of what was asked of simulated months."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, WEB, WORKER, policies


def protect_foresight() -> None:
    """Policy, grants. No patient's session has to do with it."""
    op.execute(policies("foresight", f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT ON foresight TO {WEB}, {WORKER}")
    op.execute(f"GRANT UPDATE ON foresight TO {WORKER}")
