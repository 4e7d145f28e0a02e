"""Revision 0015's security: the events of old, settled reports may go, and leave their trail.

The function that lets them go writes what is read of them to `answer_trail` in the same statement:
each answer is in one of the two, whatever happens. Nobody else writes there, and nobody changes or
removes what stands there (P12).
"""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, LOOKUP, OWN, WEB, WORKER, policies

# A little less than the policy's own days, as in revision 0014.
_MAY_GO = """at < statement_timestamp() - interval '395 days'
  AND EXISTS (SELECT FROM response r WHERE r.id = response_id)"""
# A draft goes on being one; what was set aside as somebody else's stays as it is.
_SETTLED = "state IN ('final', 'superseded') AND quarantined_at IS NULL"
_ALIKE = "site_id, patient_id, response_id, channel, reporter, recorded_by, relation"
_EACH = ("seq", "item", "status", "value", "at", "picked")

_LETTING_GO = f"""
CREATE FUNCTION rsm_let_go_answer_event(ids uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM answer_event WHERE id = ANY (ids) AND ((SELECT rsm_everywhere()) OR {IN_SITE})
    RETURNING *
  ), kept AS (
    INSERT INTO answer_trail (id, {_ALIKE}, {", ".join(_EACH)}, in_words)
    SELECT (array_agg(id ORDER BY seq))[1], {_ALIKE},
      {", ".join(f"array_agg({each} ORDER BY seq)" for each in _EACH)},
      array_agg(text_sealed IS NOT NULL ORDER BY seq)
    FROM gone GROUP BY {_ALIKE}
  )
  SELECT count(*) FROM gone
$$;
GRANT USAGE, CREATE ON SCHEMA public TO {LOOKUP};
ALTER FUNCTION rsm_let_go_answer_event(uuid[]) OWNER TO {LOOKUP};
REVOKE CREATE ON SCHEMA public FROM {LOOKUP};
REVOKE ALL ON FUNCTION rsm_let_go_answer_event(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rsm_let_go_answer_event(uuid[]) TO {WORKER};
GRANT SELECT, DELETE ON answer_event TO {LOOKUP};
GRANT SELECT (id, state, quarantined_at) ON response TO {LOOKUP};
GRANT INSERT ON answer_trail TO {LOOKUP};
CREATE POLICY may_go ON answer_event TO {LOOKUP} USING ({_MAY_GO});
CREATE POLICY settled ON response FOR SELECT TO {LOOKUP} USING ({_SETTLED});
CREATE POLICY kept ON answer_trail FOR INSERT TO {LOOKUP} WITH CHECK (true);
"""


def protect_answer_trail() -> None:
    """Policy, grants: a patient's session sees her own, as of the events."""
    op.execute(policies("answer_trail", f"{IN_SITE} AND {OWN}"))
    op.execute(f"GRANT SELECT ON answer_trail TO {WEB}, {WORKER}")


def let_answer_events_go() -> None:
    """The function for `answer_event`, and what it may see."""
    op.execute(_LETTING_GO)
