"""Revision 0006's security: grants and policies of owners, editors and pilots of questionnaires."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, WEB, WORKER, policies

_OWNER = f"""
ALTER TABLE instrument_owner ENABLE ROW LEVEL SECURITY;
ALTER TABLE instrument_owner FORCE ROW LEVEL SECURITY;
CREATE POLICY known ON instrument_owner FOR SELECT TO {WEB}, {WORKER} USING (true);
CREATE POLICY claim ON instrument_owner FOR INSERT TO {WEB}, {WORKER} WITH CHECK ({IN_SITE});
"""


def protect_owners() -> None:
    """Policies, grants. Every site may know whose a key is; only for itself it claims one."""
    both = f"{WEB}, {WORKER}"
    op.execute(_OWNER)
    op.execute(f"GRANT SELECT, INSERT ON instrument_owner TO {both}")
    for table in ("instrument_draft_editor", "instrument_pilot"):
        op.execute(policies(table, IN_SITE))
    op.execute(f"GRANT SELECT, INSERT ON instrument_draft_editor TO {both}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON instrument_pilot TO {both}")
