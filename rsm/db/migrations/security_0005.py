"""Revision 0005's security: grants and policies of proxies and of surveys by text."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_PERSONAL = ("proxy", "conversation")


def protect_doors() -> None:
    """Policies, grants."""
    for table in _PERSONAL:
        op.execute(policies(table, f"{IN_SITE} AND {OWN}"))
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_PERSONAL)} TO {both}")
