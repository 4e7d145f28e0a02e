"""Revision 0005's security: grants and policies of proxies, surveys by text, drafts."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_PERSONAL = ("proxy", "conversation")


def protect_doors() -> None:
    """Policies, grants."""
    for table in _PERSONAL:
        op.execute(policies(table, f"{IN_SITE} AND {OWN}"))
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_PERSONAL)} TO {both}")
    op.execute(policies("instrument_draft", IN_SITE))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON instrument_draft TO {both}")
    op.execute(f"GRANT SELECT, INSERT ON instrument_retired TO {both}")
