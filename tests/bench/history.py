"""Half a year of mild weekly reports for every patient, written in three statements."""

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
