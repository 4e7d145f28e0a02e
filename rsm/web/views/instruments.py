"""View models of questionnaires: all there are, one of them, a draft, the item bank, a trial."""

from dataclasses import dataclass, replace
from typing import Self

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class InstrumentLine:
    """One questionnaire of the list. `state` is published, ours, draft or retired, in words."""

    title: str
    name: str
    url: str
    state: str
    languages: str
    licence: str
    items: int
    minutes: str
    used: bool = False


@dataclass(frozen=True)
class InstrumentsView:
    """`staff/instruments.html`: posts `like`, or `body` or `file`, to `action` for a new draft."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    drafts: tuple[InstrumentLine, ...]
    lines: tuple[InstrumentLine, ...]
    retired: tuple[InstrumentLine, ...]
    begins: tuple[Choice, ...]
    action: str
    bank: Link
    together: Link
    body: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class AskedView:
    """One question as it is read: where it stands, its words, what can be answered."""

    code: str
    recall: str
    text: str
    options: tuple[tuple[str, str], ...]  # words, and the drawing beside them
    when: str = ""


@dataclass(frozen=True)
class SpokenView:
    """All of it in one language, and who has read it."""

    tag: str
    name: str
    title: str
    notice: str
    reviewed: str
    items: tuple[AskedView, ...]


@dataclass(frozen=True)
class ScoreLine:
    name: str
    says: str
    source: str = ""


@dataclass(frozen=True)
class InstrumentView:
    """`staff/instrument.html`: one version. A `reason` is posted to `retire`; `others` says why
    it is not hers to retire."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    title: str
    name: str
    state: str
    facts: tuple[tuple[str, str], ...]
    spoken: tuple[SpokenView, ...]
    scores: tuple[ScoreLine, ...]
    uses: tuple[str, ...]
    tries: tuple[Link, ...]
    download: Link | None
    copy: PostButton | None
    retire: str = ""
    others: str = ""
    reason: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class BankLine:
    """One question of the bank. `add` puts it into the draft, where its licence permits."""

    says: str
    tag: str
    options: str
    code: str
    kind: str
    languages: str
    licence: str
    where: tuple[str, ...]
    add: PostButton | None = None
    shared: bool = True


@dataclass(frozen=True)
class BankView:
    """`staff/instrument_bank.html`: posts `words`, `symptom`, `type`, `language` to `action`."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    action: str
    heading: str
    fields: tuple[Field, ...]
    words: str
    symptom: str
    type: str
    language: str
    symptoms: tuple[Choice, ...]
    types: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    lines: tuple[BankLine, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class TrialLine:
    """A message or a reply, as it was said and read."""

    words: str
    ours: bool
    read: str = ""


@dataclass(frozen=True)
class TrialView:
    """`staff/instrument_trial.html`: posts `said` and the hidden fields to `action`.

    `kept` says of a pilot that has ended that it is kept; it posts `unclear` to `unclear_action`.
    """

    frame: StaffFrame
    back: Link
    heading: str
    lead: str
    action: str
    tag: str
    languages: tuple[FilterLink, ...]
    ways: tuple[FilterLink, ...]
    lines: tuple[TrialLine, ...]
    fields: tuple[Field, ...]
    label: str
    title: str
    again: Link
    is_over: bool
    cannot: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    scores: tuple[tuple[str, str], ...] = ()
    kept: str = ""
    unclear: str = ""
    unclear_action: str = ""


@dataclass(frozen=True)
class TogetherView:
    """`staff/instrument_together.html`: posts `part` (several) to `action`; changes nothing."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    action: str
    parts: tuple[Choice, ...]
    chosen: tuple[str, ...]
    asked: int = 0
    saved: int = 0
    minutes: str = ""
    once: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def with_burden(self, asked: int, saved: int, minutes: str, once: tuple[str, ...]) -> Self:
        return replace(self, asked=asked, saved=saved, minutes=minutes, once=once)

    def with_problems(self, problems: tuple[Problem, ...]) -> Self:
        return replace(self, problems=problems)
