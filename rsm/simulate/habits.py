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
# With their spread they stay within what a calendar holds.
Positive = Annotated[float, Field(gt=0, le=1000)]
Factor = Annotated[float, Field(gt=0, le=20)]
Spread = Annotated[float, Field(ge=0, le=5)]
Hour = Annotated[int, Field(ge=0, le=23)]
Hours = Annotated[tuple[Hour, ...], Field(min_length=1)]


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
    shares_phone: Share = 0.0
    silent_days: Annotated[int, Field(ge=0, le=120)] = 30  # the last ones of a life
    silent_share: Share = 0.0  # of surveys in them: not answered, whatever her habits
    heeds_reminder: Share = 0.45
    call_nobody: Share = 0.2  # of automated calls: not taken
    call_machine: Share = 0.15  # a machine answers
    enrolled_over_days: Annotated[int, Field(ge=0, le=3650)]


class CourseHabits(Strict):
    """How bad symptoms get: factors on the regimens' own loads, and what brings them on."""

    burden: Positive = 1.0  # the median of how hard treatment hits
    burden_spread: Spread = 0.28
    others: Annotated[float, Field(ge=0, le=4)] = 1.0  # on what a regimen does not name
    noise: Spread = 0.4  # from day to day, in grades
    steady: Spread = 1.0  # a factor on how far the level drifts over weeks
    rises_days: Annotated[int, Field(ge=1, le=90)] = 21  # before an admission, or death
    rises_by: Annotated[float, Field(ge=0, le=4)] = 0.0  # grades, by the last of these days


class StaffHabits(Strict):
    """How nurses answer their phones and work through their lists."""

    answers_text_minutes_median: Positive
    answers_text_minutes_spread: Spread
    by_text: Share
    lets_pass: Share
    weekend_factor: Factor = 1.0  # on the minutes to answer, on Saturdays and Sundays
    night_factor: Factor = 1.0  # between these hours
    night: tuple[Hour, Hour] = (22, 7)
    one_at_a_time: bool = False  # a second alert waits until the first is closed
    works_minutes_median: Positive
    works_minutes_spread: Spread
    round_hours: Hours
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

    round_hours: Hours
    minutes_per_call: Positive
    comes_to: Annotated[
        Mapping[Annotated[Came, Field(strict=False)], Positive], Field(min_length=1)
    ]


class Habits(Strict):
    """One programme's people."""

    key: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    patients: PatientHabits
    courses: CourseHabits = CourseHabits()
    staff: StaffHabits
    calls: CallHabits


def parse_habits(text: str, name: str) -> Habits:
    """Habits from their TOML; raises `Invalid` with file, line and what was expected."""
    return parse(Habits, text, name)[0]


@cache
def shipped() -> Habits:
    """The habits of the demo."""
    return parse_habits((LIBRARY / "habits.toml").read_text(encoding="utf-8"), "habits.toml")
