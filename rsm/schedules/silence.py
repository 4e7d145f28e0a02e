"""When a patient's silence is a sign, and to be looked into by a person. Pure.

Not answering is clinical news: in the trials a coordinator telephoned after three days of silence
(NCCTG rectal trial, PMC6209091: 14.7 of 92.0 % were completed that way), and reports fell away in
the last month of life (Judson 2013, PMC3699724). None published from how many missed surveys on a
patient was looked for, so these numbers are our default:

- `UNREACHED`: two windows running without an answer and without anybody having spoken with her;
- `SILENT`, sooner: one such window of somebody who had answered at least three of the four before,
  if it came through to her. What was never delivered is not her silence.

While it goes on, a person is asked anew four windows after the last time: whoever cannot be written
to, or said STOP, and is enrolled still is somebody's again and again (P1).

Windows that were cancelled (paused, not enrolled) neither count nor break a run, nor do those that
nobody could send: never asked is not "did not answer".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from uuid import UUID

from rsm.kernel.words import SurveyState

RUNNING = 2
AGAIN = 4  # windows
LOOKED_BACK = 4
REGULAR = 3
_ANSWERED = frozenset({SurveyState.COMPLETED, SurveyState.PARTIAL})


class FindingKind(StrEnum):
    UNREACHED = "unreached"
    SILENT = "silent"


@dataclass(frozen=True)
class Recent:
    """A survey: whether anything of it came through to her, whether somebody spoke with her about
    it, and whether it was asked at all."""

    survey: UUID
    opens_at: datetime
    state: SurveyState
    scheduled: bool
    arrived: bool
    spoken: bool = False
    asked: bool = True

    @property
    def is_answered(self) -> bool:
        return self.state in _ANSWERED

    @property
    def is_sign_of_life(self) -> bool:
        return self.spoken or self.is_answered

    @property
    def counts(self) -> bool:
        """Whether it says anything: a report of her own accord does only when she made it."""
        missed = self.scheduled and self.asked and self.state is SurveyState.MISSED
        return missed or self.is_sign_of_life


@dataclass(frozen=True)
class Finding:
    """Silence that a person should look into: the surveys of the episode, the newest first.

    `arrived`: at least one of them came through to her.
    """

    kind: FindingKind
    surveys: tuple[UUID, ...]
    arrived: bool

    @property
    def latest(self) -> tuple[UUID, ...]:
        """Whoever was asked to look because of one of these need not be asked again yet."""
        return self.surveys[:AGAIN]


def find(recent: Sequence[Recent]) -> Finding | None:
    """What the surveys of some months say, in any order; None while all is as it should be."""
    newest_first = sorted(recent, key=lambda each: each.opens_at, reverse=True)
    counted = [each for each in newest_first if each.counts]
    run = list(takewhile(lambda each: not each.is_sign_of_life, counted))
    if not run:
        return None
    arrived, surveys = any(each.arrived for each in run), tuple(each.survey for each in run)
    if len(run) >= RUNNING:
        return Finding(FindingKind.UNREACHED, surveys, arrived)
    before = [each for each in counted[len(run) :] if each.scheduled][:LOOKED_BACK]
    was_regular = sum(each.is_answered for each in before) >= REGULAR
    if was_regular and arrived:
        return Finding(FindingKind.SILENT, surveys, arrived)
    return None
