"""Revision 0011's security: who reads what is shared, and what crosses between sites.

What a site is in the collaborative (its code, whether it is named) only that site sees. Others see
its figures under the code, and its name where two look-ups say that they may: they are owned by a
role that nobody can log on as, return no site's code together with a name that was not agreed, and
answer the lead and sites that take part: no patient's session, and no other site's.
"""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, LOOKUP, WEB, WORKER, policies

_STAFF = "(SELECT rsm_patient()) IS NULL"  # no patient's session has to do with any of it
# The lead works in no site's scope at all: whatever she asks for, no site's rows are in sight.
_LEAD = f"{_STAFF} AND coalesce(cardinality((SELECT rsm_sites())), 0) = 0"
_OF_LEAD = ("collaborative_key", "collaborative_member", "aggregate_file")
# Her or a site that takes part (the policy of collaborative_site shows a site its own row only).
_MEMBERS = f"({_LEAD} OR EXISTS (SELECT 1 FROM collaborative_site c WHERE c.left_at IS NULL))"
_OWN_CODE = "code IN (SELECT c.code FROM collaborative_site c WHERE c.left_at IS NULL)"
# The look-ups see every row, so that they ask themselves who asks: her, or a site that takes part.
_HER = "rsm_patient() IS NULL AND coalesce(cardinality(rsm_sites()), 0) = 0"
_ASKS = f"""(({_HER}) OR rsm_patient() IS NULL AND EXISTS (SELECT 1 FROM collaborative_site o
    WHERE o.left_at IS NULL AND o.site_id = ANY (rsm_sites())))"""
_LOOKUPS = f"""
CREATE FUNCTION rsm_shared_sites() RETURNS TABLE (code text, name text, stage text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.code, CASE WHEN c.named THEN s.name END, c.stage
  FROM collaborative_site c JOIN site s ON s.id = c.site_id WHERE c.left_at IS NULL AND {_ASKS}
$$;
CREATE FUNCTION rsm_onboarding() RETURNS TABLE (name text, stage text, joined_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.name, c.stage, c.joined_at
  FROM collaborative_site c JOIN site s ON s.id = c.site_id WHERE c.left_at IS NULL AND {_HER}
$$;
GRANT USAGE, CREATE ON SCHEMA public TO {LOOKUP};
ALTER FUNCTION rsm_shared_sites() OWNER TO {LOOKUP};
ALTER FUNCTION rsm_onboarding() OWNER TO {LOOKUP};
REVOKE CREATE ON SCHEMA public FROM {LOOKUP};
REVOKE ALL ON FUNCTION rsm_shared_sites(), rsm_onboarding() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rsm_shared_sites(), rsm_onboarding() TO {WEB}, {WORKER};
GRANT SELECT ON collaborative_site, site TO {LOOKUP};
CREATE POLICY lookup ON collaborative_site FOR SELECT TO {LOOKUP} USING (true);
"""


def protect_collaborative() -> None:
    """Policies, grants, look-ups."""
    op.execute(_shared("collaborative", _LEAD, read=_STAFF))
    op.execute(policies("collaborative_site", f"{IN_SITE} AND {_STAFF}"))
    for table in _OF_LEAD:
        op.execute(policies(table, _LEAD))
    # A file may bring another system's figures; a site's own are the worker's to write.
    op.execute(_shared("shared_figure", f"{_LEAD} AND member_id IS NOT NULL"))
    op.execute(_shared("foreign_site", _LEAD))
    op.execute(_shared("shared_lesson", "false"))
    op.execute(_shared("exchange_offer", f"{_STAFF} AND {_OWN_CODE}"))
    _grant()
    op.execute(_LOOKUPS)


def _shared(table: str, written: str, read: str = _MEMBERS) -> str:
    """Read by those who take part, written under the condition; by the worker everywhere."""
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY read_web ON {table} FOR SELECT TO {WEB} USING ({read});
CREATE POLICY add_web ON {table} FOR INSERT TO {WEB} WITH CHECK ({written});
CREATE POLICY change_web ON {table} FOR UPDATE TO {WEB} USING ({written}) WITH CHECK ({written});
CREATE POLICY drop_web ON {table} FOR DELETE TO {WEB} USING ({written});
CREATE POLICY scope_worker ON {table} TO {WORKER}
  USING ((SELECT rsm_everywhere())) WITH CHECK ((SELECT rsm_everywhere()));
"""


def _grant() -> None:
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON collaborative_site, foreign_site TO {both}")
    op.execute(f"GRANT DELETE ON foreign_site TO {WEB}")  # of a member that is one no more
    op.execute(f"GRANT SELECT, INSERT ON collaborative, shared_figure, exchange_offer TO {both}")
    # Nothing that was signed, shared or offered changes: it is only set aside.
    op.execute(f"GRANT SELECT, INSERT ON collaborative_key, collaborative_member TO {WEB}")
    op.execute(f"GRANT SELECT, INSERT ON aggregate_file TO {WEB}")
    op.execute(f"GRANT UPDATE (name) ON collaborative TO {WEB}")
    op.execute(f"GRANT UPDATE (retired_at) ON collaborative_key TO {WEB}")
    op.execute(f"GRANT UPDATE (ended_at, ended_by) ON collaborative_member TO {WEB}")
    op.execute(f"GRANT UPDATE (replaced_at) ON aggregate_file TO {WEB}")
    op.execute(f"GRANT UPDATE (replaced_at) ON shared_figure TO {both}")
    op.execute(f"GRANT UPDATE (withdrawn_at) ON exchange_offer TO {WEB}")
    op.execute(f"GRANT SELECT ON shared_lesson TO {both}")
    op.execute(f"GRANT INSERT, DELETE ON shared_lesson TO {WORKER}")
