"""View model of the small page that asks for a reason (`staff/patient_reason.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class ReasonView:
    """`staff/patient_reason.html`: posts `reason`, one of `choices`, to `action`."""

    frame: StaffFrame
    heading: str
    text: str
    action: str
    cancel_url: str
    button: str
    choices: tuple[Choice, ...]
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
