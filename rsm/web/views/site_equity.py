"""View model of a rate by group of patients (`staff/site_equity.html`)."""

from dataclasses import dataclass

from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel


@dataclass(frozen=True)
class EquityView:
    """`heading` is the finding; `title` names the rate, `counted` says what is divided by what."""

    frame: StaffFrame
    heading: str
    title: str
    period: str
    counted: str
    panel: Panel
    groups: tuple[FilterLink, ...]
    measures: tuple[FilterLink, ...]
    periods: tuple[FilterLink, ...]
    back_url: str
