"""When an item is asked: the gate of a symptom, or tests of earlier answers.

A *gate* (`{ item = "nausea.frequency" }`) is the classic first question of a symptom: answered 0,
the items behind it are structural zeros. *Tests* (`{ every = [...] }`, `{ any = [...] }`) only say
whether something is asked; what they leave out is absent, and nothing is concluded from it.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from rsm.instruments.basics import ItemCode
from rsm.instruments.formulas import Number
from rsm.kernel.documents import Strict


class Condition(Strict):
    """A gate: holds when the item has a value, and that value is at least `at_least`."""

    item: ItemCode
    at_least: int = Field(default=1, ge=1)


class Operator(StrEnum):
    """How an earlier answer is looked at; FHIR's enableWhen knows the same seven."""

    EXISTS = "exists"  # was answered with a value, or with `value = false` was not
    EQUALS = "equals"  # where several options were chosen: one of them is this
    DIFFERS = "differs"  # has no such value: so also without any
    ABOVE = "above"
    BELOW = "below"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class AnswerTest(Strict):
    """One look at an earlier answer.

    `value` is a code of the item's options, a number in its own unit (38.5), a date, or for
    `exists` true or false.
    """

    item: ItemCode
    operator: Operator
    value: bool | Number | date = True

    @model_serializer(mode="wrap")
    def _with_one(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """1 equals true, the default, and would be left out with it."""
        content: dict[str, object] = dump(self)
        is_number = not isinstance(self.value, bool | date)
        return {**content, "value": self.value} if is_number else content


class Branch(Strict):
    """Holds when every test does, or any of them: one of both lists is given."""

    every: tuple[AnswerTest, ...] = ()
    any: tuple[AnswerTest, ...] = ()

    @model_validator(mode="after")
    def _has_one_list(self) -> Self:
        if bool(self.every) == bool(self.any):
            raise ValueError("give `every` or `any`, a list with at least one test")
        return self

    @property
    def tests(self) -> tuple[AnswerTest, ...]:
        return self.every or self.any


def _kind(content: object) -> str:
    """Which of both it is, before it is read."""
    is_branch = isinstance(content, Branch) or (
        isinstance(content, dict) and bool({"every", "any"} & content.keys())
    )
    return "branch" if is_branch else "gate"


AskedWhen = Annotated[
    Annotated[Condition, Tag("gate")] | Annotated[Branch, Tag("branch")], Discriminator(_kind)
]


def named_items(asked_when: Condition | Branch | None) -> tuple[str, ...]:
    """The codes that it looks at."""
    match asked_when:
        case Condition():
            return (asked_when.item,)
        case Branch():
            return tuple(test.item for test in asked_when.tests)
        case None:
            return ()
