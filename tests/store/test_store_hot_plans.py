"""Every statement that production executes reads large tables by an index, and little in vain.

A small clinic lives for a week under the eyes of a recorder: all of the worker's jobs, a patient's
pages, texts, the provider's callbacks, every page that a nurse who is the manager finds. Then its
rows are multiplied, and PostgreSQL is asked what it would do for each statement now: with the
values that it was given, and in a patient's request for whatever values (`Database.begin_as`).
"""

import re
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from tests.plans import filled, week
from tests.plans.captured import Captured
from tests.plans.explained import faults

# Job or page, and table → why so much of it may be read.
ALLOWED = {
    ("zones", "plan_assignment"): "once an hour: with which zone data each plan was worked out",
    ("audit", "plan_assignment"): "P1 is derived anew from every plan, whatever its timer says",
    ("audit", "occurrence"): "P1 again: the windows that every plan has made in sixty days",
    ("audit", "patient"): "P1 again: who is enrolled and follows no plan",
    ("metrics", "alert"): "all of a week, by their ids",
    ("metrics", "alert_event"): "all since Monday, of which some kinds are shown",
    ("metrics", "message"): "a BRIN index leads to 128 pages at a time, here a third of the table",
    ("escalate", "message"): "BRIN again: what the safety contact was told within the hour",
    ("/sites/…/escalation", "escalation"): "all that climb now, of whichever site: a rare page",
    ("/admin/audit", "audit_event"): "the newest of a site, by the order in which all were written",
    ("check_rollups", "occurrence"): "once a day: a few days with their weeks and months",
    ("check_rollups", "message"): "once a day, and BRIN: the messages of those days",
    ("/sites/…/go-live", "alert"): "the last test alert of a trial: a page for its weeks alone",
    ("/sites/…/exports", "occurrence"): "who was asked what in a year, for payers: a rare page",
    ("/sites/…/exports", "data_key"): "the same: whom of them was erased since",
    ("/sites/…", "occurrence"): "a manager's period",
    ("/sites/…", "alert"): "minutes that were noted on alerts of the last eight weeks",
    ("/sites/…/lost", "occurrence"): "of a manager's period, by its days, those that were lost",
    ("/sites/…/lost", "patient"): "of a site's patients those entered in a manager's period",
    ("/sites/…", "patient"): "test patients are left out of a manager's period",
    ("/sites/…/rules", "patient"): "test patients are left out of a manager's period",
    ("/sites/…/instruments", "response"): "how long an instrument took: an editor's page",
}
# What grows for as long as patients are asked.
LARGE = {
    *("alert", "alert_event", "answer_event", "answer_trail", "audit_event", "audit_seal"),
    *("conversation", "delivery_event", "escalation", "finding", "inbound_message"),
    *("link", "message", "occurrence", "opt_event", "plan_assignment", "response"),
    *("score_set", "task"),
}
# Without these, what is asked every few seconds would read all that there is. Those of one line
# stand in for one another.
NEEDED = (
    ("ix_plan_assignment_due", "ix_plan_assignment_site"),
    ("ix_occurrence_due",),
    ("ix_message_turn", "ix_message_due"),
    ("ix_message_redact",),
    ("ix_escalation_due",),
    ("ix_inbound_message_stored",),
    ("ix_response_judge",),
    ("ix_conversation_asked",),
    ("ix_task_open", "ix_task_due"),
    ("ix_alert_worklist",),
    ("ix_alert_event_alert",),
    ("ix_answer_trail_response_id",),
    ("ix_task_quarantined",),
)
# Of answers of long ago the events have left.
_LEFT = """
INSERT INTO answer_trail (id, site_id, patient_id, response_id, channel, reporter, seq, item,
    status, value, at, picked, in_words)
SELECT (array_agg(id))[1], site_id, patient_id, response_id, channel, reporter, array_agg(seq),
    array_agg(item), array_agg(status), array_agg(value), array_agg(at), array_agg(picked),
    array_agg(false)
FROM answer_event GROUP BY site_id, patient_id, response_id, channel, reporter
"""


def test_hot_statements_read_large_tables_by_an_index_and_a_lost_index_is_noticed(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    captured, until = week.live(web_db, worker_db, clock)
    with owner.connect() as connection:
        connection.execute(text(_LEFT))
        large = filled.fill(connection, until)
        assert large >= LARGE
        assert any(one.is_kept and " alert " in one.statement for one in captured)
        found = faults(connection, captured, large)
        assert [str(one) for one in found if (one.one.where, one.table) not in ALLOWED] == []
        unnoticed = [each for each in NEEDED if not notices(connection, captured, each)]
        assert unnoticed == []


def notices(connection: Connection, captured: Sequence[Captured], indexes: Sequence[str]) -> bool:
    """Whether anything is found wrong on the indexes' table once they are dropped."""
    with connection.begin_nested() as attempt:
        (table,) = {_table_of(connection, each) for each in indexes}
        for each in indexes:
            connection.execute(text(f"DROP INDEX {each}"))
        touching = [one for one in captured if re.search(rf"\b{table}\b", one.statement)]
        found = faults(connection, touching, {table})
        attempt.rollback()
    return any((one.one.where, table) not in ALLOWED for one in found)


def _table_of(connection: Connection, index: str) -> str:
    query = text("SELECT tablename FROM pg_indexes WHERE indexname = :index")
    return str(connection.execute(query, {"index": index}).scalar_one())
