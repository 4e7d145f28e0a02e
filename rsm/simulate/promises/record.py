"""P11, P12 and P13: versions that were published, a trail of every step, nobody else's rows."""

from rsm.escalation import safety
from rsm.simulate.promises.question import Question

QUESTIONS = (
    Question(
        "P11",
        "an alert or its ladder names a version that was never published",
        # But the built-in ladder, on which an alert stands where a policy cannot be used (P6).
        f"""
        SELECT a.site_id, a.patient_id, ARRAY[a.id] FROM alert a
        LEFT JOIN escalation e ON e.alert_id = a.id
        WHERE a.opened_at >= :since AND (
          jsonb_typeof(a.rule_pack) = 'object' AND NOT EXISTS (SELECT FROM rule_pack_version v
            WHERE v.key = a.rule_pack ->> 'key' AND v.hash = a.rule_pack ->> 'hash')
          OR jsonb_typeof(e.policy) = 'object' AND e.policy ->> 'key' <> '{safety.KEY}'
            AND NOT EXISTS (SELECT FROM policy_version v
              WHERE v.key = e.policy ->> 'key' AND v.hash = e.policy ->> 'hash'))
        """,  # noqa: S608 - a name of our own
    ),
    Question(
        "P12",
        "a report is not in the trail",
        """
        SELECT r.site_id, r.patient_id, ARRAY[r.id] FROM fresh r
        WHERE NOT EXISTS (SELECT FROM trail e
          WHERE e.subject_id = r.id AND e.action = 'response.recorded')
        """,
        "SELECT count(*) FROM audit_event",
    ),
    Question(
        "P12",
        "an alert was closed, and the trail does not say by whom",
        """
        SELECT a.site_id, a.patient_id, ARRAY[a.id] FROM alert a
        WHERE a.closed_at >= :since AND a.patient_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM trail e
            WHERE e.subject_id = a.id AND e.action = 'alert.closed')
        """,
    ),
)

# Asked once, by somebody who sees all sites.
ACROSS = tuple(
    Question(
        "P13",
        f"a row of `{table}` is at another site than its patient",
        f"""
        SELECT x.site_id, x.patient_id, ARRAY[x.id] FROM {table} x
        JOIN patient p ON p.id = x.patient_id WHERE x.site_id <> p.site_id
        """,  # noqa: S608 - names of our own tables
        f"SELECT count(*) FROM {table}",  # noqa: S608 - as above
    )
    for table in ("occurrence", "response", "alert", "message", "task", "link")
)
