"""Revision 0009's security: grants and policies, and who notes what has changed.

As before a change is noted by the row that changed, whoever changed it. Of messages one note is
made a statement, however many rows it changes: texts leave in batches, and each has a survey.
"""

from collections.abc import Iterator

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_ROLLUPS = ("survey_span", "message_day", "patient_course")
_AGAIN = "interval '14 days'"  # similar alerts of so long are repeats (rsm.alerts.quiet)
_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION rsm_note_survey() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE this occurrence := NEW;
BEGIN
  IF TG_OP = 'DELETE' THEN this := OLD; END IF;
  INSERT INTO measure_change (site_id, on_day, patient_id)
    VALUES (this.site_id, this.local_date, this.patient_id);
  IF TG_OP = 'UPDATE' AND NEW.local_date <> OLD.local_date THEN
    INSERT INTO measure_change (site_id, on_day) VALUES (OLD.site_id, OLD.local_date);
  END IF;
  -- Which survey is her baseline may have changed with it.
  IF TG_OP <> 'UPDATE' OR 'cancelled' IN (OLD.state, NEW.state)
    OR (OLD.opens_at, OLD.scheduled) IS DISTINCT FROM (NEW.opens_at, NEW.scheduled)
  THEN
    INSERT INTO measure_change (site_id, on_day) SELECT o.site_id, o.local_date FROM occurrence o
      WHERE o.patient_id = this.patient_id AND o.id <> this.id
        AND o.scheduled AND o.state <> 'cancelled'
      ORDER BY o.opens_at, o.id LIMIT 1;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rsm_note_of_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_change (site_id, occurrence_id, patient_id)
      VALUES (OLD.site_id, OLD.occurrence_id, OLD.patient_id);
  ELSE
    INSERT INTO measure_change (site_id, occurrence_id, patient_id)
      VALUES (NEW.site_id, NEW.occurrence_id, NEW.patient_id);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, occurrence_ids, written_at)
  SELECT n.site_id,
    array_agg(DISTINCT n.occurrence_id)
      FILTER (WHERE n.occurrence_id IS NOT NULL AND n.audience = 'patient'),
    array_agg(DISTINCT date_trunc('hour', n.created_at))
  FROM new_rows n JOIN old_rows o ON o.id = n.id
  WHERE (o.handed_over_at IS NULL) <> (n.handed_over_at IS NULL) OR o.is_test <> n.is_test
    OR n.handed_over_at IS NOT NULL AND (o.segments IS DISTINCT FROM n.segments
      OR o.state <> n.state AND (o.state IN ('delivered', 'undelivered', 'failed')
        OR n.state IN ('delivered', 'undelivered', 'failed')))
  GROUP BY n.site_id;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_messages_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, occurrence_ids, written_at)
  SELECT n.site_id,
    array_agg(DISTINCT n.occurrence_id)
      FILTER (WHERE n.occurrence_id IS NOT NULL AND n.audience = 'patient'),
    array_agg(DISTINCT date_trunc('hour', n.created_at))
  FROM some_rows n GROUP BY n.site_id;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, occurrence_id, written_at)
    VALUES (NEW.site_id, NEW.occurrence_id, ARRAY[NEW.created_at]);
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_later_alerts(patient uuid, since timestamptz) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO measure_change (site_id, opened_at) SELECT a.site_id, a.opened_at FROM alert a
    WHERE a.patient_id = patient AND a.opened_at >= since AND a.opened_at < since + {_AGAIN}
$$;

CREATE OR REPLACE FUNCTION rsm_note_alert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE this alert := NEW;
BEGIN
  IF TG_OP = 'DELETE' THEN this := OLD; END IF;
  INSERT INTO measure_change (site_id, opened_at, occurrence_id, patient_id)
    VALUES (this.site_id, this.opened_at, this.occurrence_id, this.patient_id);
  IF TG_OP = 'UPDATE' THEN
    IF (OLD.opened_at, OLD.is_test) IS NOT DISTINCT FROM (NEW.opened_at, NEW.is_test) THEN
      RETURN NULL;
    END IF;
    INSERT INTO measure_change (site_id, opened_at) VALUES (OLD.site_id, OLD.opened_at);
    PERFORM rsm_note_later_alerts(OLD.patient_id, OLD.opened_at);
  END IF;
  PERFORM rsm_note_later_alerts(this.patient_id, this.opened_at);
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_findings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, alert_id, occurrence_id)
    SELECT DISTINCT f.site_id, f.alert_id, r.occurrence_id
    FROM some_rows f LEFT JOIN response r ON r.id = f.response_id;
  PERFORM rsm_note_later_alerts(a.patient_id, a.opened_at) FROM alert a
    WHERE a.id IN (SELECT f.alert_id FROM some_rows f);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rsm_note_alert_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, alert_id) VALUES (NEW.site_id, NEW.alert_id);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rsm_note_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id, patient_id) VALUES (NEW.site_id, NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_course() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_change (site_id, patient_id, course_only)
      VALUES (OLD.site_id, OLD.id, true);
  ELSE
    INSERT INTO measure_change (site_id, patient_id, course_only)
      VALUES (NEW.site_id, NEW.id, true);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_pause() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE this pause := NEW;
BEGIN
  IF TG_OP = 'DELETE' THEN this := OLD; END IF;
  INSERT INTO measure_change (site_id, patient_id, course_only)
    VALUES (this.site_id, this.patient_id, true);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION rsm_note_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO measure_change (site_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
"""
_COURSE = (
    "site_id",
    "status",
    "end_reason",
    "approached_at",
    "enrolled_at",
    "ended_at",
    "created_at",
)
_ALERT = (
    "state",
    "level",
    "opened_at",
    "target_at",
    "first_viewed_at",
    "acknowledged_at",
    "closed_at",
    "minutes_spent",
    "is_test",
)


def protect_measures() -> None:
    """Policies, grants."""
    both = f"{WEB}, {WORKER}"
    op.execute(policies("measure_change", f"{IN_SITE} AND {OWN}"))
    for table in (*_ROLLUPS, "rollup_due", "rollup_check"):
        op.execute(policies(table, f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT ON measure_change TO {both}")
    op.execute(f"GRANT DELETE, UPDATE ON measure_change TO {WORKER}")  # a lock asks for UPDATE
    op.execute(f"GRANT SELECT, DELETE, UPDATE ON metric_change TO {WORKER}")  # one of before
    op.execute(f"GRANT SELECT ON {', '.join(_ROLLUPS)} TO {both}")
    op.execute(f"GRANT INSERT, DELETE ON {', '.join(_ROLLUPS)} TO {WORKER}")
    op.execute(f"GRANT SELECT, INSERT, DELETE, UPDATE ON rollup_due, rollup_check TO {WORKER}")


def note_changes() -> None:
    """The triggers: those of before that are made anew, and the new ones."""
    op.execute(_FUNCTIONS)
    for table, event in (("message", "update"), ("message", "delete"), ("alert", "update")):
        op.execute(f"DROP TRIGGER rsm_note_{event} ON {table}")
    for statement in _triggers():
        op.execute(statement)


def _triggers() -> Iterator[str]:
    both = "OLD TABLE AS old_rows NEW TABLE AS new_rows"
    yield _by_statement("message", "UPDATE", both, "messages")
    yield _by_statement("message", "DELETE", "OLD TABLE AS some_rows", "messages_there")
    there = "WHEN (NEW.handed_over_at IS NOT NULL)"  # from a file or a copy: we insert what waits
    yield _by_row("message", "INSERT", "message", there)
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        yield _by_statement("finding", event, f"{rows} TABLE AS some_rows", "findings")
    yield _by_row("alert", "UPDATE", "alert", f"WHEN ({_differ(_ALERT)})")
    yield _by_row("patient", "INSERT OR DELETE", "course")
    yield _by_row("patient", "UPDATE", "course", f"WHEN ({_differ(_COURSE)})", "rsm_note_course")
    yield _by_row("pause", "INSERT OR UPDATE OR DELETE", "pause")


def _by_row(table: str, event: str, function: str, when: str = "", name: str = "") -> str:
    name = name or f"rsm_note_{event.split(' ', 1)[0].lower()}"
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when}"
        f" EXECUTE FUNCTION rsm_note_{function}()"
    )


def _by_statement(table: str, event: str, rows: str, function: str) -> str:
    return (
        f"CREATE TRIGGER rsm_note_{event.lower()} AFTER {event} ON {table}"
        f" REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION rsm_note_{function}()"
    )


def _differ(columns: tuple[str, ...]) -> str:
    """Whether any of these has changed."""
    old, new = (", ".join(f"{row}.{each}" for each in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"
