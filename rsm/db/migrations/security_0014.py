"""Revision 0014's security: who notes what was archived, and who may let its rows go.

No role of ours may delete what happened (P12), and none can: each table that is archived has a
function, for the worker alone, that lets named rows of its scope go. It is owned by a role that
nobody can log on as, and whose policies hide what is not old enough by the database's own clock
or not settled, whoever calls and whatever was asked for.
"""

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, LOOKUP, WORKER, policies

# A little less than the policy's own days: whoever decides is `rsm.reports.archive_policy`.
_OLD = "{} < statement_timestamp() - interval '395 days'"
_MAY_GO = {
    "delivery_event": _OLD.format("received_at"),
    "inbound_message": f"{_OLD.format('received_at')} AND state = 'handled' AND redact_at IS NULL",
    "foresight": f"{_OLD.format('ended_at')} AND state IN ('done', 'failed')",
}
_ENDED = ("staff_session", "heartbeat")  # nothing of patients: dropped, and kept nowhere


def protect_archive() -> None:
    """Policy, grants. No patient's session has to do with it, and no page."""
    op.execute(policies("archived_file", f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT ON archived_file TO {WORKER}")
    op.execute(f"GRANT DELETE ON {', '.join(_ENDED)} TO {WORKER}")


def let_old_rows_go() -> None:
    """A function for each table that is archived."""
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {LOOKUP}")
    for table, condition in _MAY_GO.items():
        op.execute(_letting_go(table, condition))
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {LOOKUP}")


def _letting_go(table: str, condition: str) -> str:
    function = f"rsm_let_go_{table}(uuid[])"
    scope = f"((SELECT rsm_everywhere()) OR {IN_SITE})"
    return f"""
CREATE FUNCTION rsm_let_go_{table}(ids uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM {table} WHERE id = ANY (ids) AND {scope} RETURNING 1)
  SELECT count(*) FROM gone
$$;
ALTER FUNCTION {function} OWNER TO {LOOKUP};
REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {function} TO {WORKER};
GRANT SELECT, DELETE ON {table} TO {LOOKUP};
CREATE POLICY may_go ON {table} TO {LOOKUP} USING ({condition});
"""
