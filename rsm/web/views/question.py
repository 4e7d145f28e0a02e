"""View models of the questions on a patient's page: one, or those of a section."""

from dataclasses import dataclass
from enum import StrEnum

from rsm.web.views.patient import PatientFrame


class Kind(StrEnum):
    """How a question is answered."""

    ONE = "one"  # of its options
    SOME = "some"
    BODY = "body"  # some, on a drawing as well
    NUMBER = "number"
    SCALE = "scale"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True)
class PictureView:
    """A drawing of the instrument's own, checked when it was loaded, and what it shows."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Option:
    """One answer: the name and value that it posts, the words, and whether it is chosen now.

    `alone` goes with no other. `area` is its part of the drawing of a body.
    """

    name: str
    value: str
    label: str
    detail: str = ""
    checked: bool = False
    picture: PictureView | None = None
    alone: bool = False
    area: str = ""


@dataclass(frozen=True)
class NoteView:
    """Words between the questions."""

    text: str
    picture: PictureView | None = None


@dataclass(frozen=True)
class Shape:
    """A part of the drawing: the `d` of its path, and which of the options it is, if any."""

    path: str
    area: str = ""
    on: bool = False


@dataclass(frozen=True)
class FieldView:
    """What is typed: its label, what stands in it, and its limits.

    A number has a `unit`; a scale `low` and `high` words, `minimum`, `maximum`, `step`; words have
    `longest`; a date `day`, `month`, `year`, and as ISO dates its `minimum` and `maximum`.
    """

    label: str
    typed: str = ""
    hint: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    minimum: str = ""
    maximum: str = ""
    step: int = 1
    longest: int = 0
    long: bool = False
    day: str = ""
    month: str = ""
    year: str = ""


@dataclass(frozen=True)
class Question:
    """One question. `id` is that of its first field; `options` are its answers, `instead` why
    there may be none. `wrong` says what is to be mended."""

    id: str
    code: str
    kind: Kind
    text: str
    options: tuple[Option, ...] = ()
    instead: tuple[Option, ...] = ()
    recall: str = ""
    bars: bool = False
    hint: str = ""
    wrong: str = ""
    notes: tuple[NoteView, ...] = ()  # before it
    help: tuple[NoteView, ...] = ()  # beside it
    picture: PictureView | None = None
    field: FieldView | None = None
    front: tuple[Shape, ...] = ()
    back: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class QuestionView:
    """`patient/question.html`: one question, or those of a section with its `title` and `texts`.

    Posts each question's fields (`rsm.web.item_fields`), and `go`: absent for Next, `back`,
    `leave` to go on without what was not answered (where `may_leave`), and from the script `keep`,
    which stores what is right and answers with nothing.
    """

    frame: PatientFrame
    action: str
    number: int
    total: int
    questions: tuple[Question, ...]
    by_part: bool = False  # `number` and `total` are of pages, not of questions
    is_section: bool = False  # several under a title
    title: str = ""
    texts: tuple[str, ...] = ()
    recall: str = ""
    closing: tuple[NoteView, ...] = ()
    more: str = ""  # the id of what was opened by an answer on this page
    may_leave: bool = False
    is_empty: bool = False  # nothing was given: most often an oversight
    has_back: bool = True
    notice: str = ""

    @property
    def wrong(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.wrong)
