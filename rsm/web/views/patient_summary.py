"""View model of a patient's summary for the visit (`staff/patient_summary.html`)."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.words import Level
from rsm.web.views.alerts import PatientHead, Quote
from rsm.web.views.frame import StaffFrame
from rsm.web.views.symptoms import HeatTable


@dataclass(frozen=True)
class SummaryAlert:
    """An alert of these weeks, and how it ended; `outcome` is empty while it is open."""

    at: datetime
    level: Level
    what: str
    outcome: str = ""
    note: str = ""


@dataclass(frozen=True)
class SummaryWords:
    """What she wrote, and when."""

    at: datetime
    quote: Quote


@dataclass(frozen=True)
class SummaryView:
    """`staff/patient_summary.html`: one page to take to the visit. Times are in `zone`, hers."""

    frame: StaffFrame
    patient: PatientHead
    zone: str
    treatment: tuple[str, ...]
    answered: str
    heat: HeatTable | None = None
    alerts: tuple[SummaryAlert, ...] = ()
    words: tuple[SummaryWords, ...] = ()
    expected: tuple[str, ...] = ()
    call_backs: tuple[str, ...] = ()
