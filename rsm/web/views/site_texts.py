"""View models of a site's own wordings: the list of texts, and the editor of one."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, PostButton
from rsm.web.views.demo import TextPiece
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class TextCell:
    """One text in one language: whose wording is sent, what it costs, who reviewed it."""

    url: str
    language: str
    state: str
    note: str
    own: bool = False
    draft: bool = False


@dataclass(frozen=True)
class TextRow:
    """One purpose by one channel, a cell for each language."""

    name: str
    channel: str
    cells: tuple[TextCell, ...]


@dataclass(frozen=True)
class TextGroup:
    heading: str
    rows: tuple[TextRow, ...]
    languages: tuple[str, ...] = ()  # where they are others than the list's


@dataclass(frozen=True)
class TextsView:
    """`staff/texts.html`: every text that the site sends."""

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    heading: str
    languages: tuple[str, ...]
    groups: tuple[TextGroup, ...]
    note: str = ""


@dataclass(frozen=True)
class FieldLine:
    """A field that may stand in a text: what it is for, and what would stand there."""

    name: str
    says: str
    sample: str
    required: bool


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a preview; with `button` the link as an e-mail shows it."""

    pieces: tuple[TextPiece, ...]
    button: bool = False


@dataclass(frozen=True)
class CheckedText:
    """A wording with sample values: how it looks, what it costs, what is wrong with it."""

    paragraphs: tuple[Paragraph, ...]
    cost: str
    dear: str = ""
    subject: str = ""
    is_mail: bool = False
    tried: bool = True  # whether it can be sent to somebody for a trial
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class CheckedView:
    """`staff/text_checked.html`: the part of the editor that follows what is typed."""

    frame: StaffFrame
    checked: CheckedText
    language: str


@dataclass(frozen=True)
class TextValues:
    """The editor's form as typed; `seen` says which draft it was begun with."""

    body: str = ""
    subject: str = ""
    seen: str = ""
    reviewer: str = ""
    to: str = ""


@dataclass(frozen=True)
class VersionLine:
    """One version: what became of it, who wrote and who read it, and its words."""

    version: int
    state: str
    author: str
    reviewer: str
    at: datetime
    subject: str
    body: str
    retire: PostButton | None = None


@dataclass(frozen=True)
class TextEditView:
    """`staff/text.html`: posts the fields of `TextValues` to `action` (keep the draft).

    Or to `<action>/check`, `<action>/publish`, `<action>/try`. `ours` is our own wording,
    `checked` what is in the form now.
    """

    frame: StaffFrame
    links: tuple[FilterLink, ...]
    back_url: str
    heading: str
    now_sent: str
    action: str
    language: str
    values: TextValues
    fields: tuple[FieldLine, ...]
    checked: CheckedText
    ours: tuple[str, str]
    versions: tuple[VersionLine, ...] = ()
    people: tuple[Choice, ...] = ()
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
