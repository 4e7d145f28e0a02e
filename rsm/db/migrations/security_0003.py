"""Revision 0003's security: grants and policies of the tables of rules and quiet."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_PERSONAL = ("expected_level", "suppressed_finding", "shadow_judgement")
_APPEND_ONLY = ("suppressed_finding", "shadow_judgement")
# An organisation's override belongs to no one site: those who see a site of it see it.
OF_ORGANISATION = (
    "(site_id IS NULL AND organisation_id IN"
    " (SELECT s.organisation_id FROM site s WHERE s.id = ANY ((SELECT rsm_sites())::uuid[])))"
)
_CHANGING = ("expected_level", "rule_override", "rule_release")


def protect_rules() -> None:
    """Policies and grants."""
    for table in _PERSONAL:
        op.execute(policies(table, f"{IN_SITE} AND {OWN}"))
    op.execute(policies("rule_release", IN_SITE))
    op.execute(policies("rule_override", f"({IN_SITE} OR {OF_ORGANISATION}) AND {OWN}"))
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(_APPEND_ONLY)} TO {both}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_CHANGING)} TO {both}")
