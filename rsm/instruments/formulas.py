"""Which scores an instrument declares. How they are computed is the room `scoring`.

A score is made of *parts*: items, and scores that stand before it. Every formula names its
`source`; with it go the cut-offs and the smallest change that matters, each with its own.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from rsm.kernel.documents import Strict

ScoreName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=120)]
# A whole number stays one, so that it is printed and hashed as it was written.
_HUGE = 10**12  # beyond it nothing is measured, and arithmetic only costs memory
Number = Annotated[int | Annotated[float, Field(allow_inf_nan=False)], Field(ge=-_HUGE, le=_HUGE)]
Source = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


# What is computed with: whole numbers while they last, since they are ten times as fast.
Exact = int | Fraction


def exact(number: Number) -> Exact:
    """The number as it was written: 0.1 is a tenth, not the nearest binary fraction."""
    return number if isinstance(number, int) else Fraction(str(number))


class Band(Strict):
    """A stretch of a score with a name, from `at_least` to the next band."""

    at_least: Number
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    label: Mapping[str, Source] = Field(default_factory=dict)  # language tag → text


class CutOffs(Strict):
    """Published bands, the lowest first; together they cover every value."""

    source: Source
    bands: tuple[Band, ...] = Field(min_length=1)

    def band_of(self, value: Number) -> str | None:
        """The code of the highest band that the value reaches."""
        reached = [band.code for band in self.bands if band.at_least <= value]
        return reached[-1] if reached else None


class ImportantChange(Strict):
    """The smallest change of a score that matters to patients, for the worse and for the better."""

    worse: Annotated[Number, Field(gt=0)] | None = None
    better: Annotated[Number, Field(gt=0)] | None = None
    source: Source

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.worse is None and self.better is None:
            raise ValueError("say how large a change is important: `worse`, `better` or both")
        return self


class _Formula(Strict):
    name: ScoreName
    items: tuple[str, ...] = Field(min_length=1)
    source: str = ""  # the publication that the formula is from
    higher_is: Literal["worse", "better"] = "worse"
    cut_offs: CutOffs | None = None
    important_change: ImportantChange | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What the score is made of, by name."""
        return self.items


class ProctcaeComposite(_Formula):
    """The published composite grade 0-3 of one symptom; `items` are all its attributes in order.

    Source: Basch et al., Clin Trials 2021;18:104-114.
    """

    kind: Literal["proctcae_composite"]


class SymptomCount(_Formula):
    """The number of symptoms of which any item is at or above `at_least`; all items needed."""

    kind: Literal["symptom_count"]
    at_least: int = Field(ge=1)


class Value(_Formula):
    """One item's value as it is: for its cut-offs and its important change."""

    kind: Literal["value"]
    items: tuple[str, ...] = Field(min_length=1, max_length=1)


class Profile(_Formula):
    """The values of the items as the digits of one number (EQ-5D: 21143); all needed.

    It names a state and is no quantity: nothing may be added to it or compared with it.
    """

    kind: Literal["profile"]


class Table(_Formula):
    """A raw score looked up in a published table, such as T or metric scores."""

    class Row(Strict):
        raw: int
        value: Number
        standard_error: Annotated[Number, Field(gt=0)] | None = None

    kind: Literal["table"]
    items: tuple[str, ...] = Field(default=(), max_length=0)  # what it reads is a score
    raw: ScoreName
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.raw,)


class Summary(_Formula):
    """What is computed over the parts that have a value: each may be reversed (lowest + highest
    minus value), and `min_answered` of them suffice (None: every part is needed)."""

    items: tuple[str, ...] = ()
    scores: tuple[ScoreName, ...] = ()  # sub-scales, each declared before
    reversed: tuple[str, ...] = ()
    min_answered: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        if not self.parts:
            raise ValueError("name the `items`, or the `scores`, that it is computed over")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        return self.items + self.scores

    @property
    def needed(self) -> int:
        """How many parts must have a value."""
        return self.min_answered or len(self.parts)

    @property
    def is_partial(self) -> bool:
        """Whether it can be computed with a part missing."""
        return self.needed < len(self.parts)


class Maximum(Summary):
    """The highest value of the parts that have one."""

    kind: Literal["max"]


class _Weighted(Summary):
    weights: Mapping[str, Annotated[Number, Field(gt=0)]] = Field(default_factory=dict)

    def weight(self, part: str) -> Exact:
        return exact(self.weights.get(part, 1))

    def weight_of(self, parts: Iterable[str]) -> Exact:
        """What those parts weigh together."""
        return sum(map(self.weight, parts))

    def total(self, values: Mapping[str, Exact]) -> Exact:
        """The sum of those parts, each by its weight."""
        if not self.weights:
            return sum(values.values())
        return sum(self.weight(part) * value for part, value in values.items())

    def mean(self, values: Mapping[str, Exact]) -> Exact:
        """The mean of those parts, each by its weight."""
        return Fraction(self.total(values), self.weight_of(values))


class Mean(_Weighted):
    """The mean of the parts that have a value."""

    kind: Literal["mean"]


class Sum(_Weighted):
    """The sum. With some parts missing it is prorated (mean of the others times all parts),
    since adding up what is there would count what is missing as zero."""

    kind: Literal["sum"]
    rounding: Literal["nearest", "up"] | None = None  # a prorated sum may have a fraction


class Linear(Summary):
    """The mean of parts on one scale, stretched: at their lowest it is `onto[0]`, at their
    highest `onto[1]`. EORTC: [100, 0] for functional scales, [0, 100] for symptoms."""

    kind: Literal["linear"]
    onto: tuple[Number, Number]


ScoreFormula = Annotated[
    ProctcaeComposite | SymptomCount | Value | Profile | Table | Maximum | Mean | Sum | Linear,
    Field(discriminator="kind"),
]
