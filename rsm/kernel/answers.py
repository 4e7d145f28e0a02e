"""What one item of a survey holds. Missing is not zero (P7): only some states have a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AnswerStatus(StrEnum):
    """Why an item has a value, or why it has none."""

    ANSWERED = "answered"
    STRUCTURAL_ZERO = "structural_zero"  # not asked, since its gate was answered 0: counts as 0
    SKIPPED = "skipped"
    REFUSED = "refused"
    NOT_APPLICABLE = "not_applicable"

    @property
    def has_value(self) -> bool:
        return self in {AnswerStatus.ANSWERED, AnswerStatus.STRUCTURAL_ZERO}


@dataclass(frozen=True)
class Answer:
    """A stored code (never a display order), or the reason why there is none.

    Where several options may be chosen, `picked` are their codes in order, and `value` how many of
    them say that something is there. Of words `value` is 1, and `text` is what was written: sealed
    where it is kept, so mostly empty here. A date is a count of days since 1970-01-01.
    """

    status: AnswerStatus
    value: int | None = None
    picked: tuple[int, ...] = ()
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.status.has_value != (self.value is not None):
            raise ValueError(f"an answer that is {self.status} cannot hold {self.value!r}")
        if self.status is AnswerStatus.STRUCTURAL_ZERO and self.value != 0:
            raise ValueError("a structural zero is 0")
        if (self.picked or self.text) and self.status is not AnswerStatus.ANSWERED:
            raise ValueError(f"an answer that is {self.status} holds nothing else")


STRUCTURAL_ZERO = Answer(AnswerStatus.STRUCTURAL_ZERO, 0)
SKIPPED = Answer(AnswerStatus.SKIPPED)
REFUSED = Answer(AnswerStatus.REFUSED)

# Item code (`pain.severity`) → answer. An item that is absent was not asked.
Answers = Mapping[str, Answer]


def answered(value: int) -> Answer:
    return Answer(AnswerStatus.ANSWERED, value)


def value_of(answers: Answers, item: str) -> int | None:
    """The item's value, or None when it is missing for whatever reason."""
    answer = answers.get(item)
    return answer.value if answer is not None else None
