"""What the rules are given of one report: its answers, and the history of the same voice.

One place for live judging and for replays, so that both ask the rules the same question.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rsm.alerts.model import Facts, Report
from rsm.kernel.answers import Answers
from rsm.kernel.words import Reporter

# A nurse who fills in the survey asks the patient; a relative answers for the patient.
PATIENT = (Reporter.SELF, Reporter.STAFF)
PROXY = (Reporter.PROXY,)


class Answered(Protocol):
    """A report, a draft or a stored revision: what was answered, when, and by whom."""

    @property
    def answers(self) -> Answers: ...

    @property
    def at(self) -> datetime: ...

    @property
    def reporter(self) -> Reporter: ...


def voice_of(reporter: Reporter) -> tuple[Reporter, ...]:
    """Whose reports are compared with this one's: self and proxy are kept apart (decision 11)."""
    return PROXY if reporter is Reporter.PROXY else PATIENT


def facts_of(response: Answered, history: Sequence[Report]) -> Facts:
    """The facts of a report; `history` holds the earlier ones of its voice, the oldest first.

    The first of them is the baseline.
    """
    return Facts(
        now=response.answers,
        at=response.at,
        history=history,
        reporter=response.reporter,
        baseline=history[0].answers if history else None,
    )
