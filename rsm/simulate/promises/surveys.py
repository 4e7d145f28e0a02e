"""P1 and P14: every window is opened, on her own clock, and whoever does not answer is reminded."""

from rsm.simulate.promises.question import Question

# What was reminded stands in the outbox or on the call list; who has left, paused or said STOP, or
# answers by text just now, is not reminded by design.
_LOST_REMINDER = """
SELECT o.site_id, o.patient_id, ARRAY[o.id]
FROM occurrence o
JOIN patient p ON p.id = o.patient_id AND p.status = 'enrolled'
CROSS JOIN LATERAL (
  SELECT CAST(each.value AS timestamptz) AS at FROM jsonb_array_elements_text(o.reminders) AS each
) AS r
WHERE o.scheduled AND o.opens_at >= CAST(:since AS timestamptz) - interval '10 days'
  AND coalesce(o.completed_at, o.closed_at, 'infinity')  -- before its times are taken apart
    > CAST(:since AS timestamptz) - interval '1 hour'
  AND r.at >= CAST(:since AS timestamptz) - interval '1 hour'
  AND r.at < CAST(:now AS timestamptz) - interval '15 minutes'
  AND o.state <> 'cancelled' AND p.answers_by_text_since IS NULL
  AND coalesce(o.completed_at, o.closed_at, 'infinity') > r.at + interval '15 minutes'
  AND NOT EXISTS (SELECT FROM message m WHERE m.occurrence_id = o.id
    AND m.purpose <> 'survey_invite' AND m.created_at >= r.at - interval '1 minute')
  AND NOT EXISTS (SELECT FROM task t WHERE t.patient_id = o.patient_id
    AND t.kind IN ('call_patient', 'reach_another_way', 'check_contact', 'unreached')
    AND t.opened_at < r.at + interval '15 minutes')
  AND NOT EXISTS (SELECT FROM pause x WHERE x.patient_id = o.patient_id
    AND x.started_at <= r.at + interval '15 minutes'
    AND coalesce(x.ended_at, 'infinity') >= r.at - interval '15 minutes')
  AND NOT EXISTS (SELECT FROM opt_event e WHERE e.patient_id = o.patient_id
    AND e.at < r.at + interval '15 minutes')
"""

# Over, unanswered, and neither a message of it went out nor had anybody a task about her meanwhile,
# or finished one in the four weeks before: of a silence that lasts, one comes every four windows.
_REACHED_NOBODY = """
SELECT o.site_id, o.patient_id, ARRAY[o.id] FROM occurrence o
WHERE o.scheduled AND o.state IN ('missed', 'partial') AND o.closed_at >= :since
  AND o.opens_at >= CAST(:since AS timestamptz) - interval '60 days'
  AND NOT EXISTS (SELECT FROM message m WHERE m.occurrence_id = o.id
    AND m.state IN ('accepted', 'sent', 'delivered'))
  AND NOT EXISTS (SELECT FROM response r WHERE r.occurrence_id = o.id)
  AND NOT EXISTS (SELECT FROM task t WHERE t.patient_id = o.patient_id
    AND t.opened_at <= o.closed_at
    AND coalesce(t.done_at, 'infinity') >= o.opens_at - interval '28 days')
"""

# The database's own zone data judge what Python's have planned; an hour that a night skips is none.
_OFF_THE_WALL = """
SELECT o.site_id, o.patient_id, ARRAY[o.id]
FROM occurrence o JOIN plan_assignment a ON a.id = o.assignment_id
CROSS JOIN LATERAL (
  SELECT o.opens_at AT TIME ZONE a.zone AS shown, o.local_date + a.local_time AS meant
) AS wall
WHERE o.scheduled AND o.opens_at >= CAST(:since AS timestamptz) - interval '1 hour'
  AND wall.shown <> wall.meant
  AND (wall.meant AT TIME ZONE a.zone) AT TIME ZONE a.zone = wall.meant
"""

_SKIPPED_WEEK = """
SELECT o.site_id, o.patient_id, ARRAY[o.id]
FROM occurrence o
JOIN plan_assignment a ON a.id = o.assignment_id AND a.plan ->> 'hash' = :weekly
CROSS JOIN LATERAL (
  SELECT o.local_date - max(b.local_date) AS days FROM occurrence b
  WHERE b.patient_id = o.patient_id AND b.assignment_id = o.assignment_id AND b.scheduled
    AND b.local_date <= o.local_date AND b.id <> o.id
) AS before
WHERE o.scheduled AND o.opens_at >= CAST(:since AS timestamptz) - interval '1 hour'
  AND before.days <> 7
"""

QUESTIONS = (
    Question("P1", "a reminder was due and is nowhere", _LOST_REMINDER),
    Question("P1", "a survey reached nobody and stands on nobody's list", _REACHED_NOBODY),
    Question(
        "P1",
        "the timer of a plan is overdue",
        """
        SELECT a.site_id, a.patient_id, ARRAY[a.id] FROM plan_assignment a
        WHERE a.active AND a.next_at < CAST(:now AS timestamptz) - interval '5 minutes'
        """,
    ),
    Question(
        "P1",
        "the timer of a survey is overdue",
        """
        SELECT o.site_id, o.patient_id, ARRAY[o.id] FROM occurrence o
        WHERE o.state IN ('scheduled', 'open', 'started')
          AND coalesce(o.next_at, '-infinity')
            < CAST(:now AS timestamptz) - interval '5 minutes'
        """,
        "SELECT count(*) FROM occurrence",
    ),
    Question(
        "P1",
        "somebody is enrolled and follows no plan",
        """
        SELECT p.site_id, p.id, ARRAY[p.id] FROM patient p
        WHERE p.status = 'enrolled' AND NOT EXISTS (SELECT FROM plan_assignment a
          WHERE a.patient_id = p.id AND (a.active OR a.end_reason = 'completed'))
        """,
    ),
    Question("P14", "a weekly plan left a week out, or asked twice in it", _SKIPPED_WEEK),
    Question(
        "P14",
        "a survey opened at another hour than hers",
        _OFF_THE_WALL,
        "SELECT count(*) FROM occurrence WHERE scheduled",
    ),
    Question(
        "P14",
        "a text about a survey left outside of the hours for texts",
        """
        SELECT m.site_id, m.patient_id, ARRAY[m.id] FROM message m
        JOIN patient p ON p.id = m.patient_id JOIN site s ON s.id = m.site_id
        WHERE m.lane = 'survey' AND m.channel = 'sms'
          AND m.claimed_at >= CAST(:since AS timestamptz) - interval '1 day'
          AND m.handed_over_at >= :since
          AND ((m.handed_over_at AT TIME ZONE p.zone)::time < s.texts_from
            OR (m.handed_over_at AT TIME ZONE p.zone)::time > s.texts_until + interval '5 minutes')
        """,
    ),
)
