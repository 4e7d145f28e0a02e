"""What of the worklist is shown: all, mine, my team's, what nobody has, what is past its target."""

from collections.abc import Sequence
from datetime import datetime

from rsm.web.staff_words import word
from rsm.web.views.alerts import WorkRow
from rsm.web.views.common import FilterLink

SHOWS = ("", "mine", "team", "unowned", "overdue")


def is_shown(row: WorkRow, show: str, now: datetime) -> bool:
    """Whether the filter `show` lets the row through."""
    match show:
        case "mine":
            return row.mine
        case "team":
            return row.team
        case "unowned":
            return not row.owner and not row.mine
        case "overdue":
            return now > row.opened_at + row.target
        case _:
            return True


def filters(here: str, rows: Sequence[WorkRow], show: str, now: datetime) -> list[FilterLink]:
    """The pills above the list, each with how many it shows."""
    return [
        FilterLink(
            word("console", f"show_{value or 'all'}"),
            f"{here}?show={value}" if value else here,
            sum(1 for row in rows if is_shown(row, value, now)),
            current=show == value,
        )
        for value in SHOWS
    ]
