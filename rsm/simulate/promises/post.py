"""P2, P5, P8 and P16 in the outbox: nothing twice, nothing after STOP, nobody left untold."""

from rsm.simulate.promises.question import Question

QUESTIONS = (
    Question(
        "P2",
        "nobody looked up what became of a message",
        """
        SELECT m.site_id, m.patient_id, ARRAY[m.id] FROM message m
        WHERE m.state = 'sending' AND m.next_at < CAST(:now AS timestamptz) - interval '15 minutes'
        """,
        "SELECT count(*) FROM message WHERE patient_id IS NOT NULL",
    ),
    Question(
        "P5",
        "somebody has the alert, and nurses would still be told of it",
        """
        SELECT m.site_id, a.patient_id, ARRAY[a.id, m.id] FROM message m
        JOIN alert a ON a.id = m.alert_id AND a.state <> 'open'
        WHERE m.state = 'queued' AND m.purpose = 'staff_alert'
        """,
    ),
    Question(
        "P5",
        "an urgent alert was told to nobody",
        """
        SELECT a.site_id, a.patient_id, ARRAY[a.id] FROM (
          SELECT e.alert_id, max(e.at) AS at FROM alert_event e  -- what grew worse is told then
          WHERE e.id >= :first AND e.kind IN ('opened', 'worsened') GROUP BY e.alert_id
        ) rose JOIN alert a ON a.id = rose.alert_id
        WHERE a.level IN ('urgent', 'emergency') AND :told_at_once
          AND rose.at < CAST(:now AS timestamptz) - interval '5 minutes'
          AND NOT EXISTS (SELECT FROM alert_event e WHERE e.alert_id = a.id
            AND e.kind IN ('acknowledged', 'closed') AND e.at >= rose.at
            AND e.at <= rose.at + interval '5 minutes')
          AND NOT EXISTS (SELECT FROM message m WHERE m.alert_id = a.id
            AND m.created_at >= rose.at AND m.created_at < rose.at + interval '5 minutes')
          AND NOT EXISTS (SELECT FROM alert_event b JOIN message m ON m.business_key = b.code
            WHERE b.alert_id = a.id AND b.kind = 'bundled'  -- one text about many, minutes later
            AND b.at >= rose.at AND b.at < rose.at + interval '5 minutes')
        """,
        "SELECT count(*) FROM alert",
    ),
    Question(
        "P8",
        "a text left after STOP",
        """
        SELECT m.site_id, m.patient_id, ARRAY[m.id] FROM message m
        JOIN opt_event e ON e.patient_id = m.patient_id AND e.sender = m.sender
          AND e.action = 'stop' AND e.purpose = 'all' AND e.channel = m.channel
        JOIN contact_point c ON c.patient_id = m.patient_id AND c.address_hash = e.address_hash
          AND c.channel = m.channel AND c.until IS NULL
        WHERE m.handed_over_at >= :since AND m.handed_over_at > e.at AND m.lane = 'survey'
          AND m.created_at >= CAST(:since AS timestamptz) - interval '7 days'
          AND NOT EXISTS (SELECT FROM opt_event s WHERE s.address_hash = e.address_hash
            AND s.sender = e.sender AND s.seq > e.seq AND s.at <= m.handed_over_at)
        """,
        "SELECT count(*) FROM opt_event",
    ),
    Question(
        "P8",
        "nobody was asked to reach whoever said STOP",
        """
        SELECT e.site_id, e.patient_id, ARRAY[e.id] FROM opt_event e
        JOIN patient p ON p.id = e.patient_id AND p.status = 'enrolled'
        WHERE e.action = 'stop' AND e.purpose = 'all' AND e.source IN ('text', 'provider')
          AND e.at >= CAST(:since AS timestamptz) - interval '1 hour'
          AND e.at < CAST(:now AS timestamptz) - interval '10 minutes'
          AND NOT EXISTS (SELECT FROM task t WHERE t.patient_id = e.patient_id
            AND t.kind IN ('reach_another_way', 'unclear_stop', 'check_contact')
            AND t.opened_at >= e.at - interval '1 minute')
        """,
    ),
    Question(
        "P16",
        "a text came in that nobody read",
        """
        SELECT i.site_id, i.patient_id, ARRAY[i.id] FROM inbound_message i
        WHERE i.state = 'stored'
          AND i.received_at < CAST(:now AS timestamptz) - interval '2 minutes'
        """,
        "SELECT count(*) FROM inbound_message",
    ),
    Question(
        "P16",
        "a message is due and nobody sends it",
        """
        SELECT m.site_id, m.patient_id, ARRAY[m.id] FROM message m
        WHERE m.state = 'queued' AND m.next_at < CAST(:now AS timestamptz) - interval '15 minutes'
        """,
    ),
)
