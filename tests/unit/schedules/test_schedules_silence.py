"""Silence that is a sign: two windows without a word, or one of somebody who always answered."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.kernel.words import SurveyState
from rsm.schedules.silence import Finding, FindingKind, Recent, find

FIRST = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
# A letter a week: Answered, in Part, Missed, Lost on the way (missed, nothing came through),
# Spoken with (missed, but reached by phone), Cancelled (paused), Open, Unasked report, Dropped.
STATES = {
    "A": (SurveyState.COMPLETED, True, True, False),
    "P": (SurveyState.PARTIAL, True, True, False),
    "M": (SurveyState.MISSED, True, True, False),
    "L": (SurveyState.MISSED, True, False, False),
    "S": (SurveyState.MISSED, True, True, True),
    "C": (SurveyState.CANCELLED, True, False, False),
    "O": (SurveyState.OPEN, True, True, False),
    "U": (SurveyState.COMPLETED, False, False, False),
    "D": (SurveyState.CANCELLED, False, False, False),
}


def weeks(letters: str) -> list[Recent]:
    """The oldest first; the survey of week n has the id n."""
    return [
        Recent(UUID(int=week), FIRST + timedelta(weeks=week), *STATES[letter])
        for week, letter in enumerate(letters)
    ]


def found(letters: str) -> tuple[FindingKind, int] | None:
    """What is found, and from which week on."""
    finding = find(weeks(letters))
    return (finding.kind, finding.surveys[-1].int) if finding else None


UNREACHED, SILENT = FindingKind.UNREACHED, FindingKind.SILENT


@pytest.mark.parametrize("letters", ["", "A", "AAAA", "O", "C", "CCCC", "D", "M", "AM", "AAM"])
def test_nothing_is_made_of_what_says_nothing(letters: str) -> None:
    assert found(letters) is None


@pytest.mark.parametrize(
    ("letters", "since"), [("MM", 0), ("AMM", 1), ("LL", 0), ("ML", 0), ("AAMMM", 2)]
)
def test_two_windows_running_without_an_answer_are_one_episode_from_its_first(
    letters: str, since: int
) -> None:
    assert found(letters) == (UNREACHED, since)


@pytest.mark.parametrize("letters", ["AAAM", "MAAAM", "AMAAM", "PPPM", "SAAAM", "LAAAM"])
def test_who_answered_three_of_the_four_before_is_missed_sooner(letters: str) -> None:
    assert found(letters) == (SILENT, len(letters) - 1)


@pytest.mark.parametrize("letters", ["AAM", "MMAAM", "AMSAM", "AAAMMAM"])
def test_who_answered_less_is_given_a_second_window(letters: str) -> None:
    assert found(letters) is None


@pytest.mark.parametrize("letters", ["MCM", "MCCCM", "MDM", "MCMC"])
def test_a_pause_neither_counts_nor_breaks_a_run(letters: str) -> None:
    assert found(letters) == (UNREACHED, 0)


@pytest.mark.parametrize("letters", ["MAM", "MPM", "MSM", "MUM", "MS", "MMU", "MO"])
def test_any_sign_of_life_breaks_it(letters: str) -> None:
    assert found(letters) is None


def test_what_never_came_through_is_not_her_silence() -> None:
    assert found("AAAAL") is None
    both, none = find(weeks("ML")), find(weeks("LL"))
    assert both is not None
    assert none is not None
    assert (both.arrived, none.arrived) == (True, False)


def test_the_pauses_of_a_regular_patient_do_not_make_her_irregular() -> None:
    assert found("AAACCCM") == (SILENT, 6)


def test_the_order_in_which_the_surveys_are_given_does_not_matter() -> None:
    surveys: Sequence[Recent] = weeks("AAMM")
    assert (
        find(surveys[::-1])
        == find(surveys)
        == Finding(UNREACHED, (UUID(int=3), UUID(int=2)), arrived=True)
    )
