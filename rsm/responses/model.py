"""The words of a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.answers import Answers
from rsm.kernel.words import Channel, Pin, Relation, Reporter


class ResponseState(StrEnum):
    DRAFT = "draft"
    FINAL = "final"
    SUPERSEDED = "superseded"  # a later revision stands


@dataclass(frozen=True)
class Author:
    """Who gives an answer, through which door, and which member of staff took it down.

    `relation`: what a proxy is to her. `answered_on`: the date on a paper that is typed in later,
    kept apart from the time of its entry. `backfilled`: a baseline that was filled in afterwards.
    """

    reporter: Reporter = Reporter.SELF
    channel: Channel = Channel.WEB
    language: str = "en"
    recorded_by: UUID | None = None
    relation: Relation | None = None
    answered_on: date | None = None
    backfilled: bool = False
    answered_at: datetime | None = None  # of a paper: the time of its answers, where not now


@dataclass(frozen=True)
class Report:
    """An earlier, final report of the same patient, with its numbers and scores where known.

    `answers` are its grades; `whole` is all of it where there is more, for scores and branches.
    `instrument` asked it, and scores it (P11).
    """

    at: datetime
    answers: Answers
    reporter: Reporter = Reporter.SELF
    numbers: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    whole: Answers | None = field(default=None, repr=False)
    instrument: Pin | None = field(default=None, repr=False)

    @property
    def given(self) -> Answers:
        """Everything that was answered."""
        return self.answers if self.whole is None else self.whole


@dataclass(frozen=True)
class ResponseView:
    """One report as it stands. `answers` are the effective ones once it is final.

    `at` is the time of the answers: when it was submitted; for a draft, the present.
    """

    id: UUID
    patient_id: UUID
    site_id: UUID
    occurrence_id: UUID
    revision: int
    state: ResponseState
    instrument: Pin
    answers: Answers
    reporter: Reporter
    channel: Channel
    recorded_by: UUID | None
    at: datetime
    started_at: datetime
    submitted_at: datetime | None
    language: str
    is_test: bool
    late: bool
    quarantined_at: datetime | None
    has_words: bool  # at its end, or as answers
    relation: Relation | None = None  # what a proxy who answered is to her
    answered_on: date | None = None  # the date on the paper, where it was typed in later
    backfilled: bool = False  # a baseline, filled in afterwards

    @property
    def is_final(self) -> bool:
        return self.state is ResponseState.FINAL

    @property
    def is_left_out(self) -> bool:
        """A draft that was set aside ("not me"): kept, and nobody goes on with it."""
        return self.quarantined_at is not None and not self.is_final


@dataclass(frozen=True)
class Corrected:
    """A correction, and the patient's later reports: they are to be judged again."""

    response: ResponseView
    later: tuple[ResponseView, ...]
