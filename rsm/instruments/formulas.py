"""Which scores an instrument declares. How they are computed is the room `scoring`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rsm.kernel.documents import Strict

ScoreName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=120)]


class _Formula(Strict):
    name: ScoreName
    items: tuple[str, ...] = Field(min_length=1)
    source: str = ""  # the publication that the formula is from


class ProctcaeComposite(_Formula):
    """The published composite grade 0-3 of one symptom; `items` are all its attributes in order.

    Source: Basch et al., Clin Trials 2021;18:104-114.
    """

    kind: Literal["proctcae_composite"]


class SymptomCount(_Formula):
    """The number of symptoms of which any item is at or above `at_least`; all items needed."""

    kind: Literal["symptom_count"]
    at_least: int = Field(ge=1)


class _Partial(_Formula):
    min_answered: int | None = Field(default=None, ge=1)  # None: every item is needed


class Maximum(_Partial):
    """The highest value of the items that have one."""

    kind: Literal["max"]


class Mean(_Partial):
    """The mean of the items that have a value."""

    kind: Literal["mean"]


class Sum(_Partial):
    """The sum. With some items missing it is prorated (mean of the others times all items),
    since adding up what is there would count what is missing as zero."""

    kind: Literal["sum"]


ScoreFormula = Annotated[
    ProctcaeComposite | SymptomCount | Maximum | Mean | Sum, Field(discriminator="kind")
]
