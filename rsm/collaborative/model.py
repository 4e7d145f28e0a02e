"""The words of comparing: what an aggregate file may hold, sites by code, what is read from them.

Whatever crosses between sites or systems is of these types; none of them can hold a patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from rsm.kernel.documents import Strict

LEAST = 10  # a cell with fewer on either side is withheld (domain.md 4, site benchmark)
FORMAT = "rsm-collaborative-aggregate"
VERSION = 1
MONTHS = (1, 3, 6, 12)  # the lengths of period that a collaborative may agree on
_MOST = 10_000_000

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
MeasureId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[3469CDFGHJKMNPQRTVWXY]{4,8}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]
# A clinic's name: letters, digits, little else, and not long: no room for a story.
Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .,'&()/-]{0,79}$")]
Count = Annotated[int, Field(ge=LEAST, le=_MOST)]
StageWord = Literal["preparing", "trial", "live"]


class Period(Strict):
    """Whole months: from `first` on, as many as the collaborative has agreed."""

    first: Month
    months: Literal[1, 3, 6, 12]

    @property
    def day(self) -> date:
        """The day on which it begins."""
        return date.fromisoformat(f"{self.first}-01")


class Defined(Strict):
    """A measure, and the hash of what it means where the file was made."""

    id: MeasureId
    hash: Hash


class Cell(Strict):
    """One rate of one site: `part` of `whole`. Small ones are not there at all."""

    measure: MeasureId
    part: Count
    whole: Count


class SiteShare(Strict):
    """One site's cells; `name` only where it agreed. `withheld`: measures with too small a cell.
    `stage` is left out where it would say which site the code stands for."""

    code: Code
    stage: StageWord | None = None
    name: Name | None = None
    cells: tuple[Cell, ...] = ()
    withheld: tuple[MeasureId, ...] = ()


class Aggregate(Strict):
    """What an installation shares of one period: this and nothing else."""

    format: Literal["rsm-collaborative-aggregate"]
    version: Literal[1]
    collaborative: Slug
    issuer: Fingerprint
    issued_at: datetime
    period: Period
    measures: Annotated[tuple[Defined, ...], Field(max_length=100)]
    sites: Annotated[tuple[SiteShare, ...], Field(min_length=1, max_length=1000)]


@dataclass(frozen=True)
class Collaborative:
    """The one collaborative of this installation, and what it has agreed."""

    id: UUID
    key: str
    name: str
    months: int


@dataclass(frozen=True)
class Member:
    """Another installation whose files are believed."""

    id: UUID
    name: str
    public: bytes
    fingerprint: str
    added_at: datetime
    ended_at: datetime | None
    last_period: date | None = None
    last_received: datetime | None = None


@dataclass(frozen=True)
class OwnKey:
    """The public half of the key that signs here."""

    id: UUID
    public: bytes
    fingerprint: str
    made_at: datetime


@dataclass(frozen=True)
class Participation:
    """A site's part in the collaborative."""

    site_id: UUID
    code: str
    named: bool
    joined_at: datetime


@dataclass(frozen=True)
class Onboarding:
    """How far a site has come; `place` is its name, or the code of another system's site. `stage`
    is None where that system does not tell it."""

    place: str
    stage: str | None
    since: datetime


@dataclass(frozen=True)
class Taken:
    """What became of a file: `is_new` is False for one that was here already."""

    file_id: UUID
    is_new: bool
    replaced: bool
    member: str
    sites: int


@dataclass(frozen=True)
class SharedCell:
    """One cell as others may read it; `part` None: withheld."""

    code: str
    measure: str
    part: int | None
    whole: int | None


class Lies(StrEnum):
    """Where a site lies in a funnel."""

    WITHIN = "within"
    WARNING = "warning"  # outside the 95 % limits
    CONTROL = "control"  # outside the 99.8 % limits


@dataclass(frozen=True)
class Point:
    """One site of a funnel. `name` only for the own site and for those who agreed."""

    code: str
    part: int
    whole: int
    name: str | None = None
    own: bool = False

    @property
    def share(self) -> float:
        return self.part / self.whole

    @property
    def label(self) -> str:
        return self.name or self.code


@dataclass(frozen=True)
class Withheld:
    """A site whose cell is too small to be shown."""

    code: str
    name: str | None = None
    own: bool = False


@dataclass(frozen=True)
class Funnel:
    """Every site's share of one measure in one period, in the order of their codes, never else.

    `target` is the median of the shares; None with too few sites to speak of one.
    """

    measure: str
    period: date
    months: int
    points: tuple[Point, ...]
    withheld: tuple[Withheld, ...]
    target: float | None


@dataclass(frozen=True)
class Published:
    """A figure of the literature, with the setting that it comes from; never a limit."""

    measure: str
    words: Mapping[str, str]  # by language
    setting: Literal["trial", "routine"]
    share: float
    denominator: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Lesson:
    """An entry of a site's journal that it shares."""

    code: str
    name: str | None
    on: date
    title: str
    words: str
    strategy: str
    barrier: str


class OfferKind(StrEnum):
    """What may be offered to others."""

    PACK = "pack"
    TEXT = "text"


@dataclass(frozen=True)
class NewOffer:
    """A published version, named as those who take it will read it; `refers` finds it again."""

    kind: OfferKind
    title: str
    hash: str
    body: str
    refers: Mapping[str, object]
    author: str
    evidence: str


@dataclass(frozen=True)
class Offer:
    """A pack or a text that a site offers to the others."""

    id: UUID
    code: str
    name: str | None
    kind: OfferKind
    title: str
    hash: str
    body: str
    refers: Mapping[str, object]
    author: str
    evidence: str
    offered_at: datetime
