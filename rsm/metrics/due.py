"""When the next timer of each kind is due: what a simulation sleeps until.

Rows are their own timers (decision 3); this asks all of them at once, by their partial indexes.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, Text, column, func, literal, select, text, union_all

from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation
from rsm.kernel.words import SurveyState, TaskState
from rsm.messaging.incoming import InboundState
from rsm.messaging.model import MessageState
from rsm.messaging.tables import InboundMessage, Message
from rsm.patients.tables import Pause
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence, PlanAssignment
from rsm.tasks.tables import Task


class Timer(StrEnum):
    """Who works these rows off: one flow function each."""

    PLAN = "plan"
    SURVEY = "survey"
    MESSAGE = "message"
    UNSURE = "unsure"
    INBOUND = "inbound"
    ALERT = "alert"
    TASK = "task"
    PAUSE = "pause"
    IDLE = "idle"


_OPEN = [state for state in SurveyState if not state.is_over]
_NEXT = {
    Timer.PLAN: select(func.min(PlanAssignment.next_at)).where(
        PlanAssignment.active, PlanAssignment.quarantined_at.is_(None)
    ),
    Timer.SURVEY: select(func.min(Occurrence.next_at)).where(
        Occurrence.state.in_(_OPEN), Occurrence.quarantined_at.is_(None)
    ),
    Timer.MESSAGE: select(func.min(Message.next_at)).where(Message.state == MessageState.QUEUED),
    Timer.UNSURE: select(func.min(Message.next_at)).where(Message.state == MessageState.SENDING),
    Timer.INBOUND: select(func.min(InboundMessage.next_at)).where(
        InboundMessage.state == InboundState.STORED
    ),
    Timer.ALERT: select(func.min(Escalation.next_at)).where(
        Escalation.state != EscalationState.DONE
    ),
    Timer.TASK: select(func.min(Task.next_at)).where(Task.state == TaskState.OPEN),
    Timer.PAUSE: select(func.min(Pause.next_at)).where(Pause.ended_at.is_(None)),
    Timer.IDLE: select(func.min(Response.judge_at)).where(
        Response.judge_at.is_not(None),
        Response.state == ResponseState.DRAFT,
        Response.quarantined_at.is_(None),
    ),
}
_ALL = union_all(
    *(
        select(literal(timer.value).label("timer"), query.scalar_subquery().label("next_at"))
        for timer, query in _NEXT.items()
    )
)
# With its constants written out: of a value that is given with a statement a plan that is kept
# cannot know that the index over such rows alone holds them all, and reads the whole table.
_SQL = str(_ALL.compile(compile_kwargs={"literal_binds": True}))
_ASKED = Ready(
    text(_SQL).columns(column("timer", Text), column("next_at", DateTime(timezone=True))),
    frozenset(),
)


def next_due(tx: Tx) -> dict[Timer, datetime]:
    """The earliest due time of each kind that this transaction sees; kinds without one left out."""
    rows = _ASKED.ask(tx.session, {})
    return {Timer(row.timer): row.next_at for row in rows if row.next_at is not None}
