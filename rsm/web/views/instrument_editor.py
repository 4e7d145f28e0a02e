"""View models of the editor of a questionnaire: a draft, one of its questions, what it is."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.instruments import ScoreLine


@dataclass(frozen=True)
class DraftItemLine:
    """A question of a draft; `lacks` are languages in which it has no words."""

    place: int
    code: str
    says: str
    kind: str
    url: str
    lacks: str = ""
    when: str = ""


@dataclass(frozen=True)
class ReviewerLine:
    tag: str
    label: str
    value: str = ""


@dataclass(frozen=True)
class PilotLine:
    """One pilot: what and who, how long it took, what was unclear."""

    says: str
    took: str
    unclear: str = ""


@dataclass(frozen=True)
class PilotsView:
    """The pilots of exactly this text, those of earlier ones; posts `way`, `language`, `who`."""

    action: str
    heading: str
    standing: str  # the same beside the button that publishes
    lines: tuple[PilotLine, ...]
    lacking: str
    earlier_heading: str
    earlier: tuple[PilotLine, ...]
    languages: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    people: tuple[Choice, ...]


@dataclass(frozen=True)
class DraftPageView:
    """`staff/instrument_draft.html`: posts `revision` with everything.

    `<here>/text` takes `body` or `file`; `<here>/publish` `reviewer:<tag>`; `<here>/discard`;
    `<here>/items` `move`, `place`; `<here>/scores` a new score, or `drop`. `not_yours` says whose
    the key is, where it is another's; `mends` are ways out, each a button.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    here: str
    title: str
    name: str
    revision: int
    body: str
    changed: str
    faults: tuple[Problem, ...]
    can_edit: bool
    about: Link
    bank: Link
    tries: tuple[Link, ...]
    items: tuple[DraftItemLine, ...]
    kinds: tuple[Choice, ...]
    scores: tuple[ScoreLine, ...]
    score_kinds: tuple[Choice, ...]
    scored: tuple[Choice, ...]
    differs: str
    differs_from: str
    reviewers: tuple[ReviewerLine, ...]
    may_publish: bool
    pilots: PilotsView | None = None
    not_yours: str = ""
    mends: tuple[PostButton, ...] = ()
    typed: str = ""  # what somebody typed who was not first
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class TextRow:
    """One text in every language, side by side: label, and (tag, field name, value) of each."""

    label: str
    cells: tuple[tuple[str, str, str], ...]
    long: bool = False
    hint: str = ""
    needed: bool = True


@dataclass(frozen=True)
class OptionRow:
    """An answer that can be chosen; an empty row is one that may be added."""

    number: int
    value: str
    cells: tuple[tuple[str, str, str], ...]
    picture: str = ""
    exclusive: bool = False
    is_blank: bool = False


@dataclass(frozen=True)
class Gate:
    """When a question is asked: one test; `kept` names what a longer condition looks at."""

    item: str = ""
    operator: str = ""
    value: str = ""
    kept: str = ""


@dataclass(frozen=True)
class ItemFormView:
    """`staff/instrument_item.html`: one question of a draft, its languages side by side."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    action: str
    heading: str
    revision: int
    fields: tuple[Field, ...]
    type: str
    code: str
    languages: tuple[Choice, ...]
    texts: tuple[TextRow, ...]
    options: tuple[OptionRow, ...]
    pictures: tuple[Choice, ...]
    drawings: tuple[tuple[str, str, str], ...]
    numbers: tuple[tuple[str, str, str], ...]
    unit: str | None
    ticks: tuple[tuple[str, str, bool], ...]
    earlier: tuple[Choice, ...]
    operators: tuple[Choice, ...]
    gate: Gate
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Tag → the language in words."""
        return {each.value: each.label for each in self.languages}

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class AboutView:
    """`staff/instrument_about.html`: what a draft is, its languages side by side."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back: Link
    action: str
    revision: int
    values: tuple[tuple[str, str, str, str], ...]  # name, label, value, hint
    spoken: tuple[str, ...]
    languages: tuple[Choice, ...]
    texts: tuple[TextRow, ...]
    page: str
    display: bool
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Tag → the language in words."""
        return {each.value: each.label for each in self.languages}

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
