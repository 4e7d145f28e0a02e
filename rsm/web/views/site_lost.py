"""View models of the lists behind a loss (`staff/site_lost.html`)."""

from dataclasses import dataclass

from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class LostRow:
    """One patient: how many of her surveys were lost there, the newest, and why."""

    url: str
    name: str
    record_number: str
    count: int
    newest: str
    why: str = ""


@dataclass(frozen=True)
class LostView:
    """`rows` are empty for whoever may not see patients: the page says so, and how many."""

    frame: StaffFrame
    heading: str
    lead: str
    period: str
    periods: tuple[FilterLink, ...]
    steps: tuple[FilterLink, ...]
    rows: tuple[LostRow, ...]
    may_see: bool
    of_patients: bool
    back_url: str
    more_url: str = ""
