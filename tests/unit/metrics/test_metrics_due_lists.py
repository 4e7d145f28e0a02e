"""What a worker's list says of one patient, and in which order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.kernel.words import SurveyState
from rsm.metrics.due_lists_decide import (
    Asked,
    DueRow,
    DueState,
    Followed,
    in_order,
    line,
    most_urgent,
)
from rsm.schedules.model import MissReason

NOW = datetime(2026, 10, 19, 13, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, BEA, CORA = (UUID(int=n) for n in (1, 2, 3))
C, M, P = SurveyState.COMPLETED, SurveyState.MISSED, SurveyState.PARTIAL


def asked(days_ago: float, state: SurveyState = M, **values: object) -> Asked:
    """Opened so many days ago for two days; a missed one was not answered unless it says why."""
    opens = NOW - days_ago * DAY
    if state is M:
        values = {"miss_reason": MissReason.NOT_ANSWERED, **values}
    made = {"patient_id": ANN, "opens_at": opens, "closes_at": opens + 2 * DAY, "state": state}
    return Asked(**(made | values))  # type: ignore[arg-type]  # as the rows have them


def said(*surveys: Asked, **followed: object) -> DueRow | None:
    return line(Followed(ANN, **{"begun": True, **followed}), surveys, NOW)  # type: ignore[arg-type]  # as above


def state_of(*surveys: Asked, **followed: object) -> DueState | None:
    found = said(*surveys, **followed)
    return found.state if found is not None else None


def test_a_survey_that_is_open_is_due_until_it_closes() -> None:
    found = said(asked(1, SurveyState.STARTED), next_at=NOW + 6 * DAY)
    assert found == DueRow(
        ANN,
        DueState.DUE,
        baseline=False,
        since=NOW - DAY,
        closes_at=NOW + DAY,
        begun=True,
        next_at=NOW + 6 * DAY,
    )


def test_the_missed_ones_before_an_open_one_are_counted_with_it() -> None:
    found = said(asked(1, SurveyState.OPEN), asked(8), asked(15), asked(22, C))
    assert found is not None
    assert (found.state, found.missed) == (DueState.DUE, 2)


def test_a_missed_survey_is_overdue_until_a_report_makes_it_up() -> None:
    missed = asked(8, baseline=True)
    found = said(missed)
    assert found is not None
    assert (found.state, found.baseline, found.missed) == (DueState.OVERDUE, True, 1)
    assert state_of(missed, asked(3, C, scheduled=False)) is None
    assert state_of(missed, asked(1, P)) is None
    assert state_of(missed, asked(15, C)) is DueState.OVERDUE  # that one came before


def test_a_survey_that_was_never_sent_is_told_from_one_that_was_not_answered() -> None:
    answered, sent = said(asked(8)), said(asked(8, miss_reason=MissReason.NOT_SENT))
    assert answered is not None
    assert sent is not None
    assert (answered.never_sent, sent.never_sent) == (False, True)


@pytest.mark.parametrize(
    "reason",
    [
        MissReason.PAUSED,
        MissReason.ENDED,
        MissReason.NOT_LIVE,
        MissReason.REFUSED,
        MissReason.TOO_ILL,
    ],
)
def test_whoever_was_not_to_be_asked_or_has_said_no_is_not_overdue(reason: MissReason) -> None:
    assert state_of(asked(8, miss_reason=reason)) is None


def test_a_window_that_is_over_is_overdue_before_its_timer_has_closed_it() -> None:
    assert state_of(asked(2, SurveyState.OPEN)) is DueState.OVERDUE


def test_a_report_after_the_closing_is_late_until_the_next_in_time() -> None:
    late = asked(8, C, late=True, completed_at=NOW - 5 * DAY)
    found = said(late)
    assert found is not None
    assert (found.state, found.done_at) == (DueState.LATE, NOW - 5 * DAY)
    assert state_of(late, asked(3, C)) is None


def test_a_report_that_was_late_long_ago_is_for_the_figures() -> None:
    assert state_of(asked(34, C, late=True)) is DueState.LATE
    assert state_of(asked(36, C, late=True)) is None


def test_a_date_within_a_week_stands_ahead_and_a_later_one_does_not() -> None:
    assert state_of(next_at=NOW + 6 * DAY) is DueState.AHEAD
    assert state_of(next_at=NOW + 7 * DAY) is None
    first = said(next_at=NOW + DAY, begun=False)
    assert first is not None
    assert first.baseline


def test_a_plan_that_waits_for_a_date_says_so() -> None:
    assert state_of(waits=True) is DueState.UNDATED
    assert state_of(asked(8), waits=True) is DueState.OVERDUE


def test_what_is_open_comes_first_then_whoever_was_missed_longest() -> None:
    soon = DueRow(BEA, DueState.DUE, baseline=False, closes_at=NOW + DAY)
    later = DueRow(ANN, DueState.DUE, baseline=False, closes_at=NOW + 2 * DAY)
    once = DueRow(ANN, DueState.OVERDUE, baseline=False, since=NOW - 20 * DAY, missed=1)
    thrice = DueRow(CORA, DueState.OVERDUE, baseline=False, since=NOW - 8 * DAY, missed=3)
    undated = DueRow(ANN, DueState.UNDATED, baseline=True)
    assert in_order([undated, once, thrice, later, soon]) == (soon, later, thrice, once, undated)


def test_of_too_many_lines_the_overdue_stay_the_longest_before_all_others() -> None:
    due = DueRow(BEA, DueState.DUE, baseline=False, closes_at=NOW + DAY)
    once = DueRow(ANN, DueState.OVERDUE, baseline=False, missed=1)
    thrice = DueRow(CORA, DueState.OVERDUE, baseline=False, missed=3)
    undated = DueRow(ANN, DueState.UNDATED, baseline=True)
    rows = [undated, once, due, thrice]
    assert most_urgent(rows, 1) == (thrice,)
    assert most_urgent(rows, 2) == (thrice, once)
    assert most_urgent(rows, 3) == (due, thrice, once)
    assert most_urgent(rows, 4) == in_order(rows)
