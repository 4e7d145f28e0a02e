"""Stored surveys in bulk, made by the database: many patients, a report every week, alerts closed.

As in STAR 13 % of the surveys hold a severe answer; each answer is also kept as it was saved, the
minutes before. `begin` is when the first week's reports were sent; nothing is due of any of it.
"""

from datetime import datetime

from tests.bench.ward import Ward

# One answer: the patient's usual none or mild, now and then one more, seldom severe: with 27 items
# 13 % of the surveys.
_USUAL = "CAST(hashtext(o.patient_id::text || item) & 7 < 2 AS integer)"
_GRADE = f"CASE WHEN random() < 0.005 THEN 3 ELSE {_USUAL} + CAST(random() < 0.05 AS integer) END"
_SENT = "CAST(:begin AS timestamptz) + week * interval '7 days' + n * interval '2 seconds'"

_PATIENTS = """
INSERT INTO patient
SELECT made.* FROM patient p, generate_series(1, CAST(:patients AS integer)) n,
  jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'regimen', 'bulk ' || n,
    'record_number_hash', decode(md5(n::text), 'hex'))) made
WHERE p.id = (SELECT min(id::text)::uuid FROM patient)
"""
_OCCURRENCES = f"""
INSERT INTO occurrence (id, site_id, patient_id, attempts, window_key, local_date, opens_at,
    closes_at, reminders, state, instrument, language, scheduled, started_at, completed_at, is_test)
SELECT gen_random_uuid(), p.site_id, p.id, 0, 'week ' || week, CAST(sent AS date),
    sent - interval '1 hour', sent + interval '5 days', '[]', 'completed', o.instrument,
    o.language, true, sent - interval '5 minutes', sent, false
FROM (SELECT id, site_id, CAST(substr(regimen, 6) AS integer) AS n FROM patient
      WHERE regimen LIKE 'bulk %') p,
  (SELECT instrument, language FROM occurrence LIMIT 1) o,
  generate_series(0, CAST(:weeks AS integer) - 1) week,
  LATERAL (SELECT {_SENT} AS sent) at
"""
_RESPONSES = f"""
INSERT INTO response (id, site_id, patient_id, occurrence_id, revision, state, reporter, channel,
    language, instrument, answers, started_at, submitted_at, is_test)
SELECT gen_random_uuid(), o.site_id, o.patient_id, o.id, 1, 'final', 'self', 'web', o.language,
    o.instrument,
    (SELECT jsonb_object_agg(item, jsonb_build_object('status', 'answered', 'value', {_GRADE}))
     FROM unnest(CAST(:items AS text[])) item WHERE o.id IS NOT NULL),
    o.started_at, o.completed_at, false
FROM occurrence o WHERE o.window_key LIKE 'week %'
"""
_OURS = "FROM response r JOIN occurrence o ON o.id = r.occurrence_id AND o.window_key LIKE 'week %'"
_SCORES = f"""
INSERT INTO score_set (response_id, site_id, patient_id, instrument, scores, at)
SELECT r.id, r.site_id, r.patient_id, r.instrument, '{{}}', r.submitted_at {_OURS}
"""
_SAVED = f"""
INSERT INTO answer_event (id, site_id, patient_id, response_id, item, status, value, at, channel,
    reporter)
SELECT gen_random_uuid(), r.site_id, r.patient_id, r.id, key, 'answered',
    CAST(value->>'value' AS integer), r.started_at, 'web', 'self'
{_OURS}, jsonb_each(r.answers)
"""
_ALERTS = f"""
INSERT INTO alert (id, site_id, business_key, code, kind, level, state, patient_id,
    occurrence_id, response_id, reason, opened_at, target_at, closed_at, outcome, is_test)
SELECT gen_random_uuid(), r.site_id, 'survey:' || o.id, left(o.id::text, 13), 'symptom', 'urgent',
    'closed', r.patient_id, o.id, r.id, 'severe', r.submitted_at, r.submitted_at, r.submitted_at,
    outcome, false
{_OURS}, LATERAL (SELECT (ARRAY['phone_advice', 'expected', 'wrong_threshold'])
    [1 + floor(3 * random())] AS outcome WHERE r.id IS NOT NULL) closed
WHERE jsonb_path_exists(r.answers, '$.*.value ? (@ >= 3)')
"""
_FINDINGS = """
INSERT INTO finding (id, site_id, alert_id, response_id, rule, symptom, item, level,
    current_value, reason, at)
SELECT gen_random_uuid(), a.site_id, a.id, a.response_id, 'severe', split_part(key, '.', 1), key,
    'urgent', CAST(value->>'value' AS integer), 'severe', a.opened_at
FROM alert a JOIN response r ON r.id = a.response_id, jsonb_each(r.answers)
WHERE a.reason = 'severe' AND CAST(value->>'value' AS integer) >= 3
"""
_EVENTS = """
INSERT INTO alert_event (id, site_id, alert_id, kind, at, code)
SELECT gen_random_uuid(), site_id, id, 'closed', closed_at, outcome
FROM alert WHERE reason = 'severe'
"""


def make(ward: Ward, patients: int, weeks: int, begin: datetime, items: list[str]) -> None:
    """Write them, as the owner: a statement for each kind of row."""
    ward.run(_PATIENTS, patients=patients)
    ward.run(_OCCURRENCES, weeks=weeks, begin=begin)
    ward.run(_RESPONSES, items=items)
    for statement in (_SCORES, _SAVED, _ALERTS, _FINDINGS, _EVENTS):
        ward.run(statement)
    ward.run("ANALYZE")
