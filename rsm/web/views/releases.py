"""View models of releases of rule packs (`staff/site_releases.html`, `site_release.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site import Fact


@dataclass(frozen=True)
class ReleaseLine:
    """One pack on its way, in force, or no longer; `url` is empty for one that was set up."""

    title: str
    name: str
    url: str
    state: str
    strong: bool  # in force, or waiting for somebody
    written: str
    asked: str
    reason: str
    decided: str


@dataclass(frozen=True)
class DraftValues:
    """The form of a new draft as typed; one of `begin`, an uploaded file and `text` is the pack."""

    begin: str = ""
    text: str = ""


@dataclass(frozen=True)
class ReleasesView:
    """`staff/site_releases.html`: all of a site; posts `DraftValues` and `file` to `action`.

    Without `action` the reader may only read.
    """

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    back: Link
    heading: str
    lead: str
    lines: tuple[ReleaseLine, ...]
    action: str = ""
    values: DraftValues = DraftValues()
    begins: tuple[Choice, ...] = ()
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class Change:
    """What differs from the pack in force: a label, and the titles of rules (English), or words."""

    label: str
    rules: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class StandingLine:
    """A change of the rules that holds or waits; `warn`: the pack would leave it out."""

    text: str
    warn: bool = False


@dataclass(frozen=True)
class Beside:
    """What the pack made of the reports so far, beside what was raised."""

    heading: str
    lead: str
    facts: tuple[Fact, ...] = ()
    link: Link | None = None


@dataclass(frozen=True)
class ReleaseView:
    """`staff/site_release.html`: one pack on its way, and what this reader may do about it.

    `first` is the next step, where there is one; `ask` and `change` are addresses of forms, empty
    where it is not to be done (by her); `seen` goes along with a change: what she was shown.
    `note` says why nothing is to be done. `lines` are those of the text that differ. `standing`:
    what becomes of the changes of the rules once it is in force.
    """

    frame: StaffFrame
    lang: str
    back: Link
    heading: str
    state: str
    history: tuple[str, ...]
    reason: str
    explain: Link
    flaws: tuple[Problem, ...]
    changes: tuple[Change, ...]
    beside: Beside | None
    body: str
    seen: str
    lines: str = ""
    standing: tuple[StandingLine, ...] = ()
    first: PostButton | None = None
    first_hint: str = ""
    steps: tuple[PostButton, ...] = ()
    ask: str = ""
    change: str = ""
    note: str = ""
    typed_reason: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
