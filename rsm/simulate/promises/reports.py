"""P3, P6, P7, P11 and P15 in what was answered: stored, judged, told, and never taken for zero."""

from rsm.simulate.promises.question import Question

# What a rule of the pack names by itself, an answer of so much, is known to somebody: told, added
# to what is open, kept quiet for a reason that the next question looks at, or left to a person.
_UNHEARD = """
SELECT r.site_id, r.patient_id, ARRAY[r.id]
FROM fresh r
CROSS JOIN LATERAL jsonb_each(r.answers) AS a(item, given)
WHERE EXISTS (SELECT FROM unnest(CAST(:severe_items AS text[]), CAST(:severe_values AS float[]))
    AS rule(item, least) WHERE a.item LIKE rule.item
    AND CAST(a.given ->> 'value' AS float) >= rule.least)
  AND NOT EXISTS (SELECT FROM finding f
    WHERE f.response_id = r.id AND f.symptom = split_part(a.item, '.', 1))
  AND NOT EXISTS (SELECT FROM suppressed_finding q
    WHERE q.response_id = r.id AND q.symptom = split_part(a.item, '.', 1))
  AND NOT EXISTS (SELECT FROM alert w WHERE w.business_key = 'review:' || r.id)
GROUP BY r.site_id, r.patient_id, r.id
"""

# Worse than last time by as much as a rule asks, both reports hers, at most four weeks apart.
_WORSE_UNHEARD = """
SELECT r.site_id, r.patient_id, ARRAY[r.id]
FROM fresh r
CROSS JOIN LATERAL jsonb_each(r.answers) AS a(item, given)
CROSS JOIN LATERAL (
  SELECT p.submitted_at, CAST(p.answers -> a.item ->> 'value' AS float) AS value
  FROM response p
  WHERE p.patient_id = r.patient_id AND p.state = 'final' AND p.quarantined_at IS NULL
    AND p.submitted_at < r.submitted_at AND p.answers -> a.item ->> 'value' IS NOT NULL
    AND (p.reporter = 'proxy') = (r.reporter = 'proxy')
  ORDER BY p.submitted_at DESC LIMIT 1
) AS before
WHERE r.revision = 1 AND NOT r.late
  AND before.submitted_at > r.submitted_at - interval '27 days'
  AND EXISTS (SELECT FROM unnest(CAST(:worse_items AS text[]), CAST(:worse_by AS float[]),
      CAST(:worse_below AS float[])) AS rule(item, rise, below)
    WHERE a.item LIKE rule.item AND CAST(a.given ->> 'value' AS float) < rule.below
    AND CAST(a.given ->> 'value' AS float) - before.value >= rule.rise)
  AND NOT EXISTS (SELECT FROM finding f
    WHERE f.response_id = r.id AND f.symptom = split_part(a.item, '.', 1))
  AND NOT EXISTS (SELECT FROM suppressed_finding q
    WHERE q.response_id = r.id AND q.symptom = split_part(a.item, '.', 1))
  AND NOT EXISTS (SELECT FROM alert w WHERE w.business_key = 'review:' || r.id)
GROUP BY r.site_id, r.patient_id, r.id
"""

QUESTIONS = (
    Question(
        "P3",
        "a survey is done, and its report is nowhere",
        """
        SELECT o.site_id, o.patient_id, ARRAY[o.id] FROM occurrence o
        WHERE o.state = 'completed' AND o.completed_at >= :since
          AND o.opens_at >= CAST(:since AS timestamptz) - interval '60 days'
          AND NOT EXISTS (SELECT FROM response r WHERE r.occurrence_id = o.id
            AND (r.state IN ('final', 'superseded') OR r.quarantined_at IS NOT NULL))
        """,
        "SELECT count(*) FROM response WHERE state = 'final'",
    ),
    Question(
        "P6",
        "a report has neither scores nor somebody who looks at it",
        """
        SELECT r.site_id, r.patient_id, ARRAY[r.id] FROM fresh r
        WHERE NOT EXISTS (SELECT FROM score_set s WHERE s.response_id = r.id)
          AND NOT EXISTS (SELECT FROM alert a WHERE a.business_key = 'review:' || r.id)
        """,
        "SELECT count(*) FROM score_set",
    ),
    Question(
        "P7",
        "an answer that was not given has a value",
        """
        SELECT r.site_id, r.patient_id, ARRAY[r.id] FROM fresh r
        CROSS JOIN LATERAL jsonb_each(r.answers) AS a(item, given)
        WHERE CASE a.given ->> 'status' WHEN 'answered' THEN false
          WHEN 'structural_zero' THEN a.given ->> 'value' IS DISTINCT FROM '0'
          ELSE a.given ->> 'value' IS NOT NULL END
        GROUP BY r.site_id, r.patient_id, r.id
        """,
        "SELECT count(*) FROM response WHERE state = 'final'",
    ),
    Question(
        "P11",
        "a report, its scores or its survey name a version that was never published",
        """
        SELECT r.site_id, r.patient_id, ARRAY[r.id] FROM fresh r
        LEFT JOIN score_set s ON s.response_id = r.id
        WHERE (s.instrument <> r.instrument OR NOT EXISTS (
          SELECT FROM instrument_version v WHERE v.hash = r.instrument ->> 'hash'
            AND v.key = r.instrument ->> 'key' AND v.version = r.instrument ->> 'version'))
        """,
        "SELECT count(*) FROM response WHERE state = 'final'",
    ),
    Question("P15", "a severe answer of which nobody hears", _UNHEARD),
    Question("P15", "an answer that is worse, of which nobody hears", _WORSE_UNHEARD),
    Question(
        "P15",
        "a finding came, and since then nobody was told and nobody took it",
        """
        SELECT f.site_id, a.patient_id, ARRAY[a.id, f.response_id] FROM finding f
        JOIN alert a ON a.id = f.alert_id
        WHERE f.id >= :first AND f.level IN ('urgent', 'emergency') AND :told_at_once
          AND f.at >= :since AND f.at < CAST(:now AS timestamptz) - interval '1 hour'
          AND a.state = 'open' AND a.level NOT IN ('soon', 'info')
          AND NOT EXISTS (SELECT FROM message m
            WHERE m.alert_id = a.id AND m.created_at >= f.at)
          AND NOT EXISTS (SELECT FROM alert_event b JOIN message m ON m.business_key = b.code
            WHERE b.alert_id = a.id AND b.kind = 'bundled' AND b.at >= f.at)
        """,
        "SELECT (SELECT count(*) FROM finding) + (SELECT count(*) FROM suppressed_finding)",
    ),
)
