"""What a rule may ask of a report, as data: every kind of condition, and for whom a rule is.

A condition is true, false or unknown; unknown is what a missing value makes of it (P7). `all`,
`any` and `not` follow Kleene's logic: `not` of unknown is unknown, never true. What an unknown
verdict comes to says the rule's `if_missing`.

The conditions with `item` look at the rule's own item, or at the one that they name: an item, a
score or a number of the instrument.
"""

from math import isfinite
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from rsm.kernel.documents import Strict


def _above_zero(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"expected a number such as 3, got {value!r}")  # noqa: TRY004  # Pydantic collects ValueError only
    if not isfinite(value):
        raise ValueError(f"expected a number such as 3: {value!r} is no threshold")
    if value <= 0:
        raise ValueError(f"expected a number above 0: {value!r} is always met")
    return value


# A threshold on a scale that begins at 0; whole numbers stay whole (content hash).
Threshold = Annotated[int | float, BeforeValidator(_above_zero)]
Count = Annotated[int, Field(ge=1)]
Weeks = Annotated[int, Field(ge=1, le=52)]
Name = Annotated[str, Field(min_length=1)]


class AtLeast(Strict):
    """The value is `value` or more."""

    kind: Literal["at_least"]
    value: Threshold
    item: Name | None = None


class WorseBy(Strict):
    """The value is worse by `by` or more than an earlier one.

    `previous` is that of decision 11 (at most 28 days old); `baseline` the agreed start; `best`
    and `median` are of the reports of the last `weeks` weeks. With `below`, only while the value
    stays under it. Without the earlier value it is unknown.
    """

    kind: Literal["worse_by"]
    by: Threshold
    since: Literal["previous", "baseline", "best", "median"]
    weeks: Weeks | None = None
    below: Threshold | None = None
    item: Name | None = None

    @model_validator(mode="after")
    def _weeks_where_needed(self) -> "WorseBy":
        if (self.since in {"best", "median"}) != (self.weeks is not None):
            raise ValueError("`weeks` goes with `best` and `median`, which need it")
        return self


class InARow(Strict):
    """`value` or more in this report and the ones before it, `reports` in all.

    A report without a value is passed over, as decision 11 does; a gap of more than 28 days, or
    too few reports, makes it unknown.
    """

    kind: Literal["in_a_row"]
    value: Threshold
    reports: Annotated[int, Field(ge=2, le=26)]
    item: Name | None = None


class NewlyPresent(Strict):
    """`value` or more now, and less in the previous report."""

    kind: Literal["newly_present"]
    value: Threshold = 1
    item: Name | None = None


class OutOfRange(Strict):
    """A number at or above `at_least`, or below `below`."""

    kind: Literal["out_of_range"]
    at_least: Threshold | None = None
    below: Threshold | None = None
    item: Name | None = None

    @model_validator(mode="after")
    def _an_end(self) -> "OutOfRange":
        if self.at_least is None and self.below is None:
            raise ValueError("name `at_least`, `below`, or both")
        return self


class ImportantChange(Strict):
    """A score got worse by its minimum important change, as the instrument states it."""

    kind: Literal["important_change"]
    since: Literal["previous", "baseline"]
    item: Name | None = None


class Symptoms(Strict):
    """So many symptoms have a graded item at `value` or more. No list: every symptom."""

    kind: Literal["symptoms"]
    value: Threshold
    count: Count
    symptoms: tuple[Name, ...] = ()


class Total(Strict):
    """The sum of these items is `value` or more. What is missing is not added as zero: the sum of
    the others may reach `value`, else it is unknown while the missing could make the difference."""

    kind: Literal["total"]
    items: Annotated[tuple[Name, ...], Field(min_length=2)]
    value: Threshold


class RedFlag(Strict):
    """The patient's own words hold one that the pack calls alarming."""

    kind: Literal["red_flag"]


class OwnUrgency(Strict):
    """The patient says how urgent it is, in this item, at `value` or more."""

    kind: Literal["own_urgency"]
    item: Name
    value: Threshold = 1


class NotReported(Strict):
    """No report for this many windows in a row."""

    kind: Literal["not_reported"]
    windows: Count


class AllOf(Strict):
    """Every one of these holds."""

    kind: Literal["all"]
    conditions: Annotated[tuple["Condition", ...], Field(min_length=2)]


class AnyOf(Strict):
    """At least one of these holds."""

    kind: Literal["any"]
    conditions: Annotated[tuple["Condition", ...], Field(min_length=2)]


class NotThat(Strict):
    """This does not hold. Unknown when this is unknown."""

    kind: Literal["not"]
    condition: "Condition"


# Open on purpose: a new kind of condition is a class here and a case in `evaluate`, `reach`,
# `checks_rules` and `wording` (mypy finds the places).
Condition = Annotated[
    AtLeast
    | WorseBy
    | InARow
    | NewlyPresent
    | OutOfRange
    | ImportantChange
    | Symptoms
    | Total
    | RedFlag
    | OwnUrgency
    | NotReported
    | AllOf
    | AnyOf
    | NotThat,
    Field(discriminator="kind"),
]
# Conditions about one value, which a rule asks of each of its items.
OfOneValue = AtLeast | WorseBy | InARow | NewlyPresent | OutOfRange | ImportantChange
for _model in (AllOf, AnyOf, NotThat):
    _model.model_rebuild()


class Span(Strict):
    """From `at_least` up to, not including, `below`."""

    at_least: int | None = None
    below: int | None = None

    @model_validator(mode="after")
    def _an_end(self) -> "Span":
        if self.at_least is None and self.below is None:
            raise ValueError("name `at_least`, `below`, or both")
        return self

    def holds(self, value: float | None) -> bool | None:
        """Unknown without a value."""
        if value is None:
            return None
        high_enough = self.at_least is None or value >= self.at_least
        return high_enough and (self.below is None or value < self.below)


class Subgroup(Strict):
    """For whom a rule is: every part that is named must hold; unknown facts make it unknown."""

    regimens: tuple[Name, ...] = ()
    days_since_treatment: Span | None = None
    days_since_cycle: Span | None = None
    age: Span | None = None
    baseline: Span | None = None  # of the item that the rule looks at

    @model_validator(mode="after")
    def _not_empty(self) -> "Subgroup":
        if self == Subgroup.model_construct():
            raise ValueError("name at least one of " + ", ".join(Subgroup.model_fields))
        return self


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions without a part of their own that this one is made of, itself if it is one."""
    match condition:
        case AllOf() | AnyOf():
            return tuple(leaf for inner in condition.conditions for leaf in parts(inner))
        case NotThat():
            return parts(condition.condition)
        case _:
            return (condition,)


def named_codes(condition: Condition) -> tuple[str, ...]:
    """The items, scores and numbers that a condition names itself."""
    codes: list[str] = []
    for leaf in parts(condition):
        if isinstance(leaf, Total):
            codes += leaf.items
        elif not isinstance(leaf, Symptoms | RedFlag | NotReported | AllOf | AnyOf | NotThat):
            codes += [leaf.item] if leaf.item else []
    return tuple(codes)
