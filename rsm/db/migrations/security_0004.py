"""Revision 0004's security: grants and policies of rosters, and the look-up of a calendar feed."""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, LOOKUP, WEB, WORKER, policies
from rsm.db.migrations.security_0003 import OF_ORGANISATION

_OF_SITE = (
    "duty_cycle",
    "duty_cycle_shift",
    "duty_rotation",
    "duty_day_shift",
    "duty_swap",
    "duty_override",
    "duty_cover",
    "staff_absence",
    "hand_over_note",
    "calendar_feed",
)

# A calendar program knows no site: the hash of its address finds site, person and feed.
_FIND_FEED = f"""
CREATE FUNCTION rsm_find_feed(hash bytea)
RETURNS TABLE (site_id uuid, staff_id uuid, feed_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.site_id, f.staff_id, f.id FROM calendar_feed f
  WHERE f.token_hash = hash AND f.revoked_at IS NULL
$$;
GRANT USAGE, CREATE ON SCHEMA public TO {LOOKUP};
ALTER FUNCTION rsm_find_feed(bytea) OWNER TO {LOOKUP};
REVOKE CREATE ON SCHEMA public FROM {LOOKUP};
REVOKE ALL ON FUNCTION rsm_find_feed(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rsm_find_feed(bytea) TO {WEB};
GRANT SELECT ON calendar_feed TO {LOOKUP};
CREATE POLICY lookup ON calendar_feed FOR SELECT TO {LOOKUP} USING (true);
"""


def protect_rosters() -> None:
    """Policies, grants, the look-up."""
    for table in _OF_SITE:
        op.execute(policies(table, IN_SITE))
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_OF_SITE)} TO {both}")
    op.execute(policies("setting_use", f"({IN_SITE} OR {OF_ORGANISATION})"))
    op.execute(f"GRANT SELECT, INSERT ON setting_use TO {both}")
    op.execute(_FIND_FEED)
