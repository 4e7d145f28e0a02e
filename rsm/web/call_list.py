"""The call list as a page: whom to call now, whom later, and what was noted just now.

No health information: what she answered stands in her record, and a call list lies on desks.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls as flow
from rsm.kernel.errors import Problem
from rsm.patients.model import CallOutcome
from rsm.schedules import service as schedules
from rsm.tasks import service as tasks
from rsm.web.auth import Desk
from rsm.web.call_rows import call_rows
from rsm.web.frames import staff_frame
from rsm.web.staff_words import word
from rsm.web.views.calls import CallsView, Noted
from rsm.web.views.common import Choice
from rsm.web.worklist import watch_of

_REDRAW = 300  # seconds: her local time is drawn anew although nothing happened
# The commonest first; those that change more than the list last.
_OUTCOMES = (
    CallOutcome.VOICEMAIL,
    CallOutcome.NO_ANSWER,
    CallOutcome.REACHED,
    CallOutcome.REFUSED,
    CallOutcome.TOO_ILL,
    CallOutcome.WRONG_NUMBER,
)


@dataclass(frozen=True)
class Typed:
    """What was refused: of which task, what was typed there, and why."""

    task_id: UUID | None = None
    note: str = ""
    problems: tuple[Problem, ...] = ()


NOTHING = Typed()


def version(tx: Tx, site_id: UUID) -> int:
    """Changes with every call that is noted, whoever leaves the list, and every five minutes."""
    waiting = [
        (str(task.id), task.not_before, task.owner_id)
        for task in tasks.open_tasks(tx, site_id, flow.ON_LIST)
    ]
    return zlib.crc32(repr((waiting, int(tx.now.timestamp()) // _REDRAW)).encode())


def calls_view(desk: Desk, noted: Noted | None = None, typed: Typed = NOTHING) -> CallsView:
    """The page, or its part: who is to be called now, the first to close before; then the others,
    by the time of their call."""
    tx, site_id = desk.tx, desk.staff.site_id
    rows = [
        replace(row, note=typed.note) if task_id == typed.task_id else row
        for task_id, row in call_rows(desk)
    ]
    later = [(row.next_at, row) for row in rows if row.next_at is not None]
    here = f"/sites/{site_id}/calls"
    return CallsView(
        frame=staff_frame(desk, "/calls"),
        now=tuple(sorted((r for r in rows if r.next_at is None), key=lambda row: row.closes_at)),
        later=tuple(row for _, row in sorted(later, key=_in_time)),
        outcomes=tuple(Choice(one.value, word("calls", one)) for one in _OUTCOMES),
        watch=watch_of(tx),
        surveys_to_come=schedules.open_at_site(tx, site_id),
        version=version(tx, site_id),
        version_url=f"{here}/version",
        fragment_url=f"{here}/list",
        noted=noted,
        problems=typed.problems,
        paper_url=f"/sites/{site_id}/paper",
        downtime_url=f"/sites/{site_id}/downtime",
    )


def _in_time(each: tuple[datetime, object]) -> datetime:
    return each[0]
