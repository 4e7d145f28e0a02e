"""How synthetic people behave: data (TOML), so that another programme is another file."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from rsm.kernel.documents import Strict, parse

LIBRARY = Path(__file__).parent / "library"
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Spread = Annotated[float, Field(ge=0, le=5)]
Hour = Annotated[int, Field(ge=0, le=23)]


class PatientHabits(Strict):
    """Shares are of patients, or of surveys where the file says so."""

    spanish: Share
    answer_hours_median: Positive
    answer_hours_spread: Spread
    forgets: Share
    steadiness_spread: Spread
    leaves_partial: Share
    seconds_per_question: Positive
    proxy: Share
    stops: Share
    wrong_number: Share
    texts: Share
    unreachable: Share
    declined: Share
    not_asked_yet: Share
    leaves: Share
    pauses: Share
    by_email: Share = 0.0
    by_text: Share = 0.0
    by_call: Share = 0.0
    interpreter: Share = 0.0
    elsewhere: Share = 0.0
    enrolled_over_days: Annotated[int, Field(ge=0, le=3650)]


class StaffHabits(Strict):
    """How nurses answer their phones and work through their lists."""

    answers_text_minutes_median: Positive
    answers_text_minutes_spread: Spread
    by_text: Share
    lets_pass: Share
    works_minutes_median: Positive
    works_minutes_spread: Spread
    round_hours: tuple[Hour, ...]
    takes_at_round: Share
    finishes_task: Share
    reaches_silent: Share
    unclear_meant_stop: Share


class Came(StrEnum):
    """What comes of a call to somebody whose number it is; in the words of its noting, but for
    answers, and for being asked to call later."""

    ANSWERS = "answers"
    NOT_NOW = "not_now"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    TOO_ILL = "too_ill"


class CallHabits(Strict):
    """How coordinators work the call list. `comes_to` is how often a call comes to what."""

    round_hours: tuple[Hour, ...]
    minutes_per_call: Positive
    comes_to: Mapping[Annotated[Came, Field(strict=False)], Positive]


class Habits(Strict):
    """One programme's people."""

    key: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    patients: PatientHabits
    staff: StaffHabits
    calls: CallHabits


def parse_habits(text: str, name: str) -> Habits:
    """Habits from their TOML; raises `Invalid` with file, line and what was expected."""
    return parse(Habits, text, name)[0]


@cache
def shipped() -> Habits:
    """The habits of the demo."""
    return parse_habits((LIBRARY / "habits.toml").read_text(encoding="utf-8"), "habits.toml")
