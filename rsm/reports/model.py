"""The words of reports: a month, what is asked for, what was made, and who gets it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.metrics.model import Days

PDF, HTML = "application/pdf", "text/html"
FEWEST_PATIENTS = 10  # with fewer, what leaves the house holds nothing that could be about one
HEADLINES = 3
_EARLIEST = "1970-01"


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, known by its first day."""

    first: date

    def __post_init__(self) -> None:
        if self.first.day != 1:
            raise ValueError("a month is known by its first day")

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which this day lies."""
        return cls(day.replace(day=1))

    @classmethod
    def named(cls, name: str) -> "Month":
        """`2026-10`; raises ValueError for anything else, and for what lies before computers."""
        if len(name) != len("2026-10") or name < _EARLIEST:
            raise ValueError("a month is written 2026-10")
        return cls(date.fromisoformat(f"{name}-01"))

    @property
    def before(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    @property
    def after(self) -> "Month":
        return Month.of(self.first + timedelta(days=31))

    @property
    def days(self) -> Days:
        return Days(self.first, self.after.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Wish:
    """How a member of staff wants it: the day of the month, the language, whether with the part
    for funders."""

    day: int
    language: str
    funders: bool = False


@dataclass(frozen=True)
class Subscription:
    """One member of staff gets the reports of one site."""

    id: UUID
    site_id: UUID
    staff_id: UUID
    wish: Wish
    since: datetime


@dataclass(frozen=True)
class Wanted:
    """One report. `leaves`: it goes out by e-mail, so a small site's says less."""

    site_id: UUID
    month: Month
    language: str
    funders: bool = False
    leaves: bool = False


@dataclass(frozen=True)
class Made:
    """A report as it was made: `digest` is of its figures alone, so that another wording of the
    same figures is no change. `headlines` are three sentences."""

    html: str
    digest: str
    definitions: str  # which version of the measures' definitions it was made by
    headlines: tuple[str, ...]
    small: bool = False

    def __post_init__(self) -> None:
        if len(self.headlines) != HEADLINES:
            raise ValueError(f"a report has {HEADLINES} headlines")


@dataclass(frozen=True)
class File:
    """What is attached to the mail."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Run:
    """A report as it was sent. What it said can be read again, whatever was corrected since."""

    id: UUID
    site_id: UUID
    month: Month
    language: str
    funders: bool
    made_at: datetime
    digest: str
    definitions: str
    headlines: tuple[str, ...]
    small: bool
