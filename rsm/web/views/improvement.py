"""View models of the journal, of before and after, and of cycles (`staff/journal*.html`, …)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class EntryLine:
    """One line of the journal. `url` opens it; `noted`: only the system wrote it."""

    day: str
    kind: str
    title: str
    url: str
    words: str = ""
    tags: tuple[str, ...] = ()
    shared: bool = False
    noted: bool = False


@dataclass(frozen=True)
class EntryValues:
    """The form of an entry as it was typed."""

    on: str = ""
    kind: str = ""
    title: str = ""
    words: str = ""
    strategy: str = ""
    barrier: str = ""
    shared: str = ""
    source: str = ""
    seen: str = ""


@dataclass(frozen=True)
class TagLines:
    """One of the field's lists, to choose from and to read."""

    name: str
    citation: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class EntryForm:
    """Where an entry is posted to, and what may be chosen. Without an action nobody may write."""

    action: str
    kinds: tuple[Choice, ...]
    values: EntryValues
    strategies: TagLines
    barriers: TagLines
    button: str
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class JournalView:
    """`staff/journal.html`."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    periods: tuple[FilterLink, ...]
    lines: tuple[EntryLine, ...]
    overdue: tuple[Link, ...]
    record: tuple[Link, ...]  # where all of it is to be had as a file
    form: EntryForm
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class SideRow:
    """One side of a comparison, in words."""

    name: str
    days: str
    counted: str
    share: str
    interval: str


@dataclass(frozen=True)
class ComparedView:
    """A measure before and after a change. `finding` says it in a sentence."""

    finding: str
    measure: str
    rows: tuple[SideRow, ...]
    change: str
    cautions: tuple[str, ...]
    others: tuple[str, ...]
    signals: tuple[str, ...]


@dataclass(frozen=True)
class EntryView:
    """`staff/journal_entry.html`."""

    frame: StaffFrame
    back: Link
    line: EntryLine
    history: tuple[str, ...]
    form: EntryForm
    measures: tuple[Choice, ...]
    weeks: tuple[Choice, ...]
    measure: str
    chosen_weeks: str
    here: str
    compared: ComparedView | None = None
    withdraw: PostButton | None = None
    problems: tuple[Problem, ...] = ()


# --- cycles ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CycleLine:
    """One cycle in the list."""

    aim: str
    url: str
    measure: str
    target: str
    stage: str
    owner: str
    due: str
    overdue: bool = False
    over: bool = False


@dataclass(frozen=True)
class CycleForm:
    """A form of a cycle: its fields by name, as they were typed."""

    action: str
    values: dict[str, str]
    measures: tuple[Choice, ...] = ()
    people: tuple[Choice, ...] = ()
    stages: tuple[Choice, ...] = ()
    problems: tuple[Problem, ...] = ()

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class CyclesView:
    """`staff/cycles.html`."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    lines: tuple[CycleLine, ...]
    form: CycleForm
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class StepLine:
    """One step of a cycle as it was written."""

    stage: str
    words: str
    owner: str
    due: str
    by: str


@dataclass(frozen=True)
class CycleView:
    """`staff/cycle.html`. Without an action on the form it is over, or nobody may write."""

    frame: StaffFrame
    back: Link
    line: CycleLine
    began: str
    steps: tuple[StepLine, ...]
    form: CycleForm
    problems: tuple[Problem, ...] = ()


# --- going live -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckLine:
    """One line of the checklist: what it asks, whether it holds, and what is known or missing.

    `reads` are buttons by which a person puts her name to what she has read.
    """

    name: str
    asks: str
    holds: bool
    known: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    reads: tuple[PostButton, ...] = ()


@dataclass(frozen=True)
class SignForm:
    """The form of a signature; `hidden` carries what was shown."""

    action: str
    extents: tuple[Choice, ...]
    hidden: tuple[Field, ...] = ()


@dataclass(frozen=True)
class GoLiveView:
    """`staff/go_live.html`."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    stage: str
    lead: str
    lines: tuple[CheckLine, ...]
    trained: tuple[str, ...]
    train_action: str
    train: dict[str, str]
    signatures: tuple[str, ...]
    sign: SignForm | None
    is_live: bool
    why_not: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class TrialView:
    """`staff/trial.html`: the trial that is open or the last one, its figures, and the forms."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str, str], ...]
    mend: str
    begin_action: str
    end_action: str
    values: dict[str, str]
    former: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
