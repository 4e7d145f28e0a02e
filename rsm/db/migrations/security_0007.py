"""Revision 0007's security: grants and policies of roll-ups, and who notes what has changed.

A change is noted by the row that changed, whoever changed it: no writer can forget to. Only what a
figure depends on is looked at (the triggers' WHEN), so that a claim or a timer costs nothing.
"""

from collections.abc import Iterator

from alembic import op

from rsm.db.migrations.security_0001 import IN_SITE, OWN, WEB, WORKER, policies

_ROLLUPS = ("survey_day", "alert_day")
_FUNCTIONS = """
CREATE FUNCTION rsm_note_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO metric_change (site_id, on_day) VALUES (OLD.site_id, OLD.local_date);
  END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.local_date <> OLD.local_date) THEN
    INSERT INTO metric_change (site_id, on_day) VALUES (NEW.site_id, NEW.local_date);
  END IF;
  -- Which survey was her first may have changed with it.
  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND 'cancelled' IN (OLD.state, NEW.state)) THEN
    INSERT INTO metric_change (site_id, patient_id) VALUES (OLD.site_id, OLD.patient_id);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_of_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO metric_change (site_id, occurrence_id) VALUES (OLD.site_id, OLD.occurrence_id);
  ELSE
    INSERT INTO metric_change (site_id, occurrence_id) VALUES (NEW.site_id, NEW.occurrence_id);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO metric_change (site_id, opened_at) VALUES (NEW.site_id, NEW.opened_at);
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO metric_change (site_id, opened_at, occurrence_id)
      VALUES (NEW.site_id, NEW.opened_at, NEW.occurrence_id);
  ELSE
    INSERT INTO metric_change (site_id, opened_at, occurrence_id)
      VALUES (OLD.site_id, OLD.opened_at, OLD.occurrence_id);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_alert_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metric_change (site_id, alert_id) VALUES (NEW.site_id, NEW.alert_id);
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metric_change (site_id, patient_id) VALUES (NEW.site_id, NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION rsm_note_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metric_change (site_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
"""
_COUNTS = "('completed', 'partial', 'missed', 'cancelled')"
_SURVEY = ("state", "miss_reason", "started_at", "local_date", "opens_at", "scheduled", "is_test")
_MESSAGE = (
    "(handed_over_at IS NULL)",
    "(state = 'delivered')",
    "is_test",
)
_RESPONSE = ("state", "reporter", "late", "(quarantined_at IS NULL)", "is_test")
_ALERT = (
    "state",
    "level",
    "first_viewed_at",
    "acknowledged_at",
    "closed_at",
    "minutes_spent",
    "is_test",
)
_PATIENT = (
    "born_decade",
    "sex",
    "ethnicity",
    "language",
    "channel",
    "insurance",
    "rurality",
    "deprivation",
    "worker_id",
    "is_test",
)
_SITE = ("zone", "service_hours", "calendar")


def protect_rollups() -> None:
    """Policies, grants."""
    both = f"{WEB}, {WORKER}"
    op.execute(policies("metric_change", f"{IN_SITE} AND {OWN}"))
    for table in _ROLLUPS:  # of nobody in particular: no patient's session has to do with them
        op.execute(policies(table, f"{IN_SITE} AND (SELECT rsm_patient()) IS NULL"))
    op.execute(f"GRANT SELECT, INSERT ON metric_change TO {both}")
    op.execute(f"GRANT DELETE, UPDATE ON metric_change TO {WORKER}")  # a lock asks for UPDATE
    op.execute(f"GRANT SELECT ON {', '.join(_ROLLUPS)} TO {both}")
    op.execute(f"GRANT INSERT, DELETE ON {', '.join(_ROLLUPS)} TO {WORKER}")


def note_changes() -> None:
    """The triggers."""
    op.execute(_FUNCTIONS)
    for statement in _triggers():
        op.execute(statement)


def _triggers() -> Iterator[str]:
    over = f"(OLD.state IN {_COUNTS} OR NEW.state IN {_COUNTS})"
    yield _trigger("occurrence", "INSERT", "survey", f"NEW.state IN {_COUNTS}")
    yield _trigger("occurrence", "UPDATE", "survey", f"{over} AND {_differ(_SURVEY)}")
    yield _trigger("occurrence", "DELETE", "survey", f"OLD.state IN {_COUNTS}")
    mine = "{row}.occurrence_id IS NOT NULL"
    asked = f"{mine} AND {{row}}.audience = 'patient'"
    yield _trigger("message", "UPDATE", "of_survey", f"{_new(asked)} AND {_differ(_MESSAGE)}")
    yield _trigger("message", "DELETE", "of_survey", _old(asked))
    yield _trigger("call_attempt", "INSERT OR UPDATE", "of_survey", _new(mine))
    yield _trigger("call_attempt", "DELETE", "of_survey", _old(mine))
    yield _trigger("response", "INSERT", "of_survey", "NEW.state = 'final'")
    yield _trigger("response", "UPDATE", "of_survey", _differ(_RESPONSE))
    yield _trigger("response", "DELETE", "of_survey", "OLD.state = 'final'")
    yield _trigger("alert", "INSERT OR DELETE", "alert")
    yield _trigger("alert", "UPDATE", "alert", _differ(_ALERT))
    told = "NEW.kind IN ('told', 'nobody', 'action', 'closed')"
    yield _trigger("alert_event", "INSERT", "alert_event", told)
    yield _trigger("patient", "UPDATE", "patient", _differ(_PATIENT))
    yield _trigger("site", "UPDATE", "site", _differ(_SITE))


def _trigger(table: str, event: str, function: str, when: str = "true") -> str:
    name = f"rsm_note_{event.split(' ', 1)[0].lower()}"
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION rsm_note_{function}()"
    )


def _differ(expressions: tuple[str, ...]) -> str:
    """Whether any of these has changed."""
    return f"({_of('OLD', expressions)}) IS DISTINCT FROM ({_of('NEW', expressions)})"


def _of(row: str, expressions: tuple[str, ...]) -> str:
    return ", ".join(
        f"({row}.{each[1:]}" if each.startswith("(") else f"{row}.{each}" for each in expressions
    )


def _new(condition: str) -> str:
    return condition.format(row="NEW")


def _old(condition: str) -> str:
    return condition.format(row="OLD")
