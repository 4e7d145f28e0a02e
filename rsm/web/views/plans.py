"""View models of plans: those that a site may choose, one with its windows, a patient's own."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class WindowLine:
    """One window on a patient's wall clock."""

    number: int
    opens: str
    reminders: str
    call: str
    closes: str
    asks: str


@dataclass(frozen=True)
class WindowTable:
    """The first windows of a plan; `then` says why there are no more, where there are not."""

    caption: str
    lines: tuple[WindowLine, ...]
    then: str = ""


@dataclass(frozen=True)
class PlanLine:
    """A plan that may be chosen; `used`: the site's own now."""

    title: str
    name: str
    url: str
    says: tuple[str, ...]
    whence: str
    used: bool = False


@dataclass(frozen=True)
class PlansView:
    """`staff/plans.html`: the site's plan and all that it may choose from."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    plans: tuple[PlanLine, ...]
    new_url: str


@dataclass(frozen=True)
class SampleValues:
    """A made-up patient, as typed; cycles and events with a line for each."""

    zone: str = ""
    weekday: str = "monday"
    at: str = "09:00"
    start: str = ""
    cycles: str = ""
    events: str = ""


@dataclass(frozen=True)
class PlanView:
    """`staff/plan.html`: one plan, its windows for a made-up patient. `use` makes it the site's.

    `burden` says what answering costs.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back_url: str
    new_url: str
    plan: PlanLine
    body: str
    action: str
    weekdays: tuple[Choice, ...]
    sample: SampleValues
    windows: WindowTable | None
    use: PostButton | None = None
    burden: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class NewPlanView:
    """`staff/plan_new.html`: posts `body` (TOML) or `file`, and `SampleValues`, to `action`.

    `<action>/check` tries it without publishing; `checked` then says what it would do.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back_url: str
    action: str
    body: str
    weekdays: tuple[Choice, ...]
    sample: SampleValues
    says: tuple[str, ...] = ()
    windows: WindowTable | None = None
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class PatientPlanView:
    """`staff/patient_plan.html`: posts `plan` and `ends_on` to `action`, or `<action>/check`."""

    frame: StaffFrame
    heading: str
    action: str
    cancel_url: str
    plans: tuple[Choice, ...]
    chosen: str
    ends_on: str
    windows: WindowTable | None = None
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
