"""What a score is."""

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class Score:
    """A value with how it came about, or no value with why there is none."""

    value: int | float | None
    reason: str


class ScoreDocument(TypedDict):
    """What `rsm score` prints: both by name of the score."""

    scores: dict[str, int | float | None]
    reasons: dict[str, str]
