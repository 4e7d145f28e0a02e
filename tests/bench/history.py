"""Statements of the owner's: drafts and half a year of reports for every patient, and an end."""

# The first survey was answered as pages do it: all others get the same draft, saved as often.
_DRAFTS = """
INSERT INTO response
SELECT made.* FROM response r, occurrence o, jsonb_populate_record(r, jsonb_build_object(
    'id', gen_random_uuid(), 'patient_id', o.patient_id, 'occurrence_id', o.id)) made
WHERE r.state = 'draft' AND o.state = 'open'
"""
_SAVED = """
INSERT INTO answer_event (id, site_id, patient_id, response_id, item, status, value, at, channel,
    reporter)
SELECT gen_random_uuid(), e.site_id, r.patient_id, r.id, e.item, e.status, e.value, e.at, e.channel,
    e.reporter
FROM answer_event e, response r WHERE r.patient_id <> e.patient_id
"""
_BEGUN = """
UPDATE occurrence SET state = 'started', started_at = r.started_at
FROM response r WHERE r.occurrence_id = occurrence.id AND occurrence.state = 'open'
"""
ANSWER_THEM_ALL = (_DRAFTS, _SAVED, _BEGUN)
ANSWER_OTHERWISE = """
UPDATE response SET answers = answers || CAST(:answers AS jsonb)
WHERE occurrence_id = ANY(CAST(:surveys AS uuid[]))
"""
_OCCURRENCES = """
INSERT INTO occurrence (id, site_id, patient_id, next_at, attempts, quarantined_at, assignment_id,
    window_key, local_date, opens_at, closes_at, reminders, reminded, state, miss_reason,
    instrument, language, scheduled, first_viewed_at, started_at, completed_at, closed_at, is_test)
SELECT gen_random_uuid(), o.site_id, o.patient_id, NULL, 0, NULL, o.assignment_id,
    to_char(o.local_date - 7 * week, 'YYYY-MM-DD'), o.local_date - 7 * week,
    o.opens_at - week * interval '7 days', o.closes_at - week * interval '7 days',
    '[]', 0, 'completed', NULL, o.instrument, o.language, true,
    o.opens_at - week * interval '7 days', o.opens_at - week * interval '7 days',
    o.opens_at - week * interval '7 days', NULL, false
FROM occurrence o, generate_series(1, CAST(:weeks AS integer)) week
"""
_RESPONSES = """
INSERT INTO response (id, site_id, patient_id, occurrence_id, revision, state, reporter,
    recorded_by, channel, language, instrument, answers, words_sealed, started_at, submitted_at,
    late, quarantined_at, is_test)
SELECT gen_random_uuid(), o.site_id, o.patient_id, o.id, 1, 'final', 'self', NULL, 'web',
    o.language, o.instrument,
    (SELECT jsonb_object_agg(key, CAST('{"status": "answered", "value": 1}' AS jsonb))
     FROM jsonb_object_keys(draft.answers) key),
    NULL, o.opens_at, o.opens_at, false, NULL, false
FROM occurrence o JOIN response draft ON draft.patient_id = o.patient_id AND draft.state = 'draft'
WHERE o.state = 'completed'
"""
# They were judged and are no business of the auditor's.
_SCORES = """
INSERT INTO score_set (response_id, site_id, patient_id, instrument, scores, at)
SELECT r.id, r.site_id, r.patient_id, r.instrument, '{}', r.submitted_at
FROM response r WHERE r.state = 'final'
"""
LIVE_THROUGH_IT = (_OCCURRENCES, _RESPONSES, _SCORES)
# Half a year is no backlog: no worker has to catch up with it while something else is measured.
ROLLED_UP = "TRUNCATE measure_change, rollup_due"
_SETTLED = "UPDATE message SET state = 'accepted', provider_id = NULL WHERE state = 'queued'"
_LONG_AGO = """
UPDATE message SET created_at = created_at - interval '1 hour',
    planned_at = planned_at - interval '1 hour'
WHERE audience = 'staff'
"""
_CLIMBED = "UPDATE escalation SET state = 'done', next_at = NULL"
_CLOSED = """
UPDATE alert SET state = 'closed', closed_at = clock_timestamp(), loan_until = NULL
WHERE state <> 'closed'
"""
QUIET = (_SETTLED, _LONG_AGO, _CLIMBED, _CLOSED)
