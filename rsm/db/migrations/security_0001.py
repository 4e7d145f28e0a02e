"""Revision 0001's security: who may do what (grants), and whose rows they see (policies).

The scope of a transaction stands in two settings: `rsm.sites` (comma-separated ids; `*` for the
worker only) and `rsm.patient`. Without them no row of a site is seen. Three look-ups by hash, owned
by a role that nobody can log on as, find the site that a link or a number belongs to.
"""

from alembic import op

WEB, WORKER, LOOKUP = "rsm_web", "rsm_worker", "rsm_lookup"

_SETTINGS = """
CREATE FUNCTION rsm_sites() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN nullif(current_setting('rsm.sites', true), '') = '*' THEN NULL
  ELSE string_to_array(nullif(current_setting('rsm.sites', true), ''), ',')::uuid[] END
$$;
CREATE FUNCTION rsm_patient() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('rsm.patient', true), '')::uuid
$$;
CREATE FUNCTION rsm_everywhere() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT current_setting('rsm.sites', true) = '*'
$$;
"""

IN_SITE = "site_id = ANY ((SELECT rsm_sites())::uuid[])"
OWN = (
    "((SELECT rsm_patient()) IS NULL OR patient_id IS NULL OR patient_id = (SELECT rsm_patient()))"
)

# Tables with a site, and whether they name a patient as well.
_PERSONAL = (
    "contact_point",
    "consent",
    "treatment_cycle",
    "pause",
    "data_key",
    "plan_assignment",
    "occurrence",
    "link",
    "response",
    "answer_event",
    "score_set",
    "message",
    "inbound_message",
    "opt_event",
    "task",
    "alert",
)
_OF_SITE = (
    "team",
    "duty_shift",
    "idempotency_key",
    "delivery_event",
    "finding",
    "alert_event",
    "escalation",
)

# Nobody may change or remove what stands here.
_APPEND_ONLY = (
    "instrument_version",
    "rule_pack_version",
    "policy_version",
    "consent",
    "answer_event",
    "score_set",
    "delivery_event",
    "opt_event",
    "finding",
    "alert_event",
    "audit_event",
)
_CHANGING = (
    "heartbeat",
    "lease",
    "staff_account",
    "staff_role",
    "staff_session",
    "api_key",
    "idempotency_key",
    "data_key",
    "organisation",
    "site",
    "sender_address",
    "team",
    "team_member",
    "duty_shift",
    "patient",
    "contact_point",
    "treatment_cycle",
    "pause",
    "plan_assignment",
    "occurrence",
    "link",
    "response",
    "message",
    "inbound_message",
    "task",
    "alert",
    "escalation",
)
_REMOVABLE = ("staff_role", "team_member", "duty_shift", "treatment_cycle", "data_key")

_LOOKUPS = f"""
CREATE FUNCTION rsm_find_link(hash bytea)
RETURNS TABLE (site_id uuid, patient_id uuid, occurrence_id uuid, link_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT l.site_id, l.patient_id, l.occurrence_id, l.id FROM link l WHERE l.token_hash = hash
$$;
CREATE FUNCTION rsm_find_contacts(hash bytea)
RETURNS TABLE (site_id uuid, patient_id uuid, contact_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.site_id, c.patient_id, c.id FROM contact_point c
  WHERE c.address_hash = hash AND c.state <> 'replaced'
$$;
GRANT USAGE, CREATE ON SCHEMA public TO {LOOKUP};
ALTER FUNCTION rsm_find_link(bytea) OWNER TO {LOOKUP};
ALTER FUNCTION rsm_find_contacts(bytea) OWNER TO {LOOKUP};
REVOKE CREATE ON SCHEMA public FROM {LOOKUP};
REVOKE ALL ON FUNCTION rsm_find_link(bytea), rsm_find_contacts(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rsm_find_link(bytea), rsm_find_contacts(bytea) TO {WEB}, {WORKER};
GRANT SELECT ON link, contact_point TO {LOOKUP};
CREATE POLICY lookup ON link FOR SELECT TO {LOOKUP} USING (true);
CREATE POLICY lookup ON contact_point FOR SELECT TO {LOOKUP} USING (true);
"""


def policies(table: str, condition: str) -> str:
    worker = f"(SELECT rsm_everywhere()) OR ({condition})"
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_web ON {table} TO {WEB} USING ({condition}) WITH CHECK ({condition});
CREATE POLICY scope_worker ON {table} TO {WORKER} USING ({worker}) WITH CHECK ({worker});
"""


def protect_foundation() -> None:
    """Functions, policies, grants, look-ups."""
    op.execute(_SETTINGS)
    for table in _PERSONAL:
        op.execute(policies(table, f"{IN_SITE} AND {OWN}"))
    op.execute(policies("patient", f"{IN_SITE} AND {OWN.replace('patient_id', 'id')}"))
    for table in _OF_SITE:
        op.execute(policies(table, IN_SITE))
    op.execute(policies("audit_event", f"(site_id IS NULL OR {IN_SITE}) AND {OWN}"))
    _grant()
    op.execute(_LOOKUPS)


def _grant() -> None:
    both = f"{WEB}, {WORKER}"
    op.execute(f"GRANT USAGE ON SCHEMA public TO {both}")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(_APPEND_ONLY)} TO {both}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(_CHANGING)} TO {both}")
    op.execute(f"GRANT DELETE ON {', '.join(_REMOVABLE)} TO {both}")
    op.execute(f"GRANT SELECT ON ring_secret TO {both}")
    op.execute(f"GRANT SELECT, INSERT ON audit_pending TO {both}")
    op.execute(f"GRANT DELETE ON audit_pending, idempotency_key TO {WORKER}")
    op.execute(f"GRANT SELECT, INSERT ON audit_seal TO {WORKER}")
    op.execute(f"GRANT SELECT ON alembic_version TO {both}")
