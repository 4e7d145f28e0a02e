"""Revision 0012's security of exports: rows of a site that nobody changes or removes."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, WEB, WORKER, policies


def protect_exports() -> None:
    """Policies, grants. Of nobody in particular: no patient's session has to do with them."""
    op.execute(policies("export_run", f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT ON export_run TO {WEB}")
    op.execute(f"GRANT SELECT ON export_run TO {WORKER}")
