"""View models of one alert's page (`staff/alert.html`) and of its part that is asked for again
(`staff/alert_live.html`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.views.alert_quiet import Held, Similar
from rsm.web.views.alerts import Finding, Outcome, PatientHead, Quote, TimelineEntry
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.symptoms import HeatTable


@dataclass(frozen=True)
class Phrase:
    """A ready phrase for a note; `code` is what was done when it is offered, empty: before that."""

    code: str
    text: str


@dataclass(frozen=True)
class AlertActions:
    """What this nurse may do now; an empty address hides the button. All are POSTs.

    `outcome_action` posts `code` (one of `codes`), `note`, `minutes` and `do` = `note` (keep open)
    or `close`. `reopen_action` is for a closed one. `version` goes along, so that two nurses cannot
    overwrite one another; `show` is the filter of the worklist that she came from.
    `call_back_action` posts `after`, one of `call_backs`, or `at` and a local time;
    `take_over_action` posts `seen`, the owner's id; `assign_action` `to`, one of `colleagues`;
    `step_action` `step`, one of `steps`; `snooze_action` `reason` and `after`, one of `put_offs`,
    or `until` and a local time.
    """

    version: str
    take_action: str = ""
    escalate_action: str = ""
    outcome_action: str = ""
    codes: tuple[Choice, ...] = ()
    code: str = ""
    note: str = ""
    problems: tuple[Problem, ...] = ()
    reopen_action: str = ""
    give_back_action: str = ""
    call_back_action: str = ""
    call_backs: tuple[Choice, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    minutes: str = ""
    show: str = ""
    take_over_action: str = ""
    owner_id: str = ""
    assign_action: str = ""
    colleagues: tuple[Choice, ...] = ()
    snooze_action: str = ""
    put_offs: tuple[Choice, ...] = ()
    reason: str = ""
    step_action: str = ""
    steps: tuple[Choice, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


class ClockState(StrEnum):
    """What the alert's clock says."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


@dataclass(frozen=True)
class AlertClock:
    """How an alert stands: what its page asks for again and again, and what moves by itself.

    `loan_ends_at` is when an acknowledgement expires; `next_step` what happens next, with its
    time ("charge nurse is told at 9:49"). `moment` changes with any of it; `news`: something came
    in that was not on the page.
    """

    frame: StaffFrame
    code: str
    level: Level
    state: ClockState
    opened_at: datetime
    target: timedelta
    actions: AlertActions
    owner: str = ""
    mine: bool = False
    taken_at: datetime | None = None
    loan_ends_at: datetime | None = None
    next_step: str = ""
    outcome: Outcome | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    routed: str = ""
    promised: tuple[str, ...] = ()
    moment: str = ""
    news: bool = False

    @property
    def elapsed(self) -> timedelta:
        end = self.outcome.at if self.outcome else self.frame.now
        return end - self.opened_at

    @property
    def over(self) -> timedelta | None:
        over = self.elapsed - self.target
        return over if over > timedelta() else None


@dataclass(frozen=True)
class AlertView:
    """`staff/alert.html`: one alert. `heading` is the finding in a sentence.

    `clock` is the part that is asked for again: its `moment` by `version_url`, itself by
    `live_url`.
    """

    frame: StaffFrame
    patient: PatientHead
    heading: str
    findings: tuple[Finding, ...]
    clock: AlertClock
    heat: HeatTable | None = None
    review: bool = False
    pack: str = ""
    quotes: tuple[Quote, ...] = ()
    report_url: str = ""  # each answer with who gave it, how and when
    advice_shown: tuple[str, ...] = ()
    advice_language: str = "en"
    helped_before: tuple[Similar, ...] = ()
    similar: tuple[Similar, ...] = ()
    held: tuple[Held, ...] = ()
    version_url: str = ""
    live_url: str = ""

    @property
    def similar_asked(self) -> bool:
        """Whether there are symptoms that other alerts may share."""
        return any(one.symptom for one in self.findings)
