"""A replay's figures by hand; the rule of thumb."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from rsm.alerts.model import QuietReason
from rsm.flow.course import judgings
from rsm.flow.stored import missed_before
from rsm.kernel.answers import Answers, answered
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import Level, Pin, Reporter, SurveyState
from rsm.metrics.model import Period
from rsm.metrics.replay_figures import Terms, document, figures
from rsm.metrics.replay_model import Limit, Survey, Told, Verdict, Version, Window
from rsm.metrics.replay_store import verdict_of
from rsm.metrics.tuning import Fired, Review, RuleOfPack, tuning

BEGIN = datetime(2026, 10, 5, 4, tzinfo=UTC)  # Monday 0:00 in New York
TERMS = Terms(
    Pin("star", "1.0.0", "x"), Period(BEGIN, BEGIN + timedelta(weeks=2)), "America/New_York", 6
)
IDS = SeededIds("replay")


def some_id() -> UUID:
    return new_id(IDS, BEGIN)


# --- figures -----------------------------------------------------------------------------------


def told(level: Level | None, hours: float = 14, rule: str = "severe", alerts: int = 1) -> Told:
    if level is None:
        return Told()
    at = BEGIN + timedelta(hours=hours)
    return Told(level, alerts, at, {(some_id(), rule, "pain.severity"): level})


def survey(raised: Level | None, replayed: Level | None, verdict: Verdict = Verdict.NONE) -> Survey:
    alert = (some_id(), "K7QM") if raised else None
    return Survey(some_id(), BEGIN, told(raised), verdict, alert, told(replayed, 200, "worse"))


def test_gained_lost_and_kept_are_counted_with_the_nurses_outcomes() -> None:
    urgent, soon = Level.URGENT, Level.SOON
    found = figures(
        [
            survey(urgent, urgent, Verdict.ACTED),
            survey(soon, urgent, Verdict.ACTED),
            survey(urgent, soon, Verdict.EXPECTED),
            survey(soon, None, Verdict.ACTED),
            survey(soon, None, Verdict.NOT_ACTIONABLE),
            survey(None, soon),
            survey(None, None),
            survey(None, None),
        ],
        TERMS,
    )
    assert (found.surveys, found.kept, found.gained, found.lost) == (8, 3, 1, 2)
    assert (found.higher, found.lower) == (1, 1)
    assert (found.sensitivity.part, found.sensitivity.whole) == (2, 3)
    assert found.sensitivity.low < 2 / 3 < found.sensitivity.high
    assert [(one.code, one.level) for one in found.lost_acted] == [("K7QM", soon)]
    assert (found.raised.per_week, found.raised.per_100) == (2.5, 62.5)
    assert found.raised.hours_per_week == pytest.approx(0.25)
    assert {one.rule: (one.raised, one.replayed) for one in found.rules} == {
        "severe": (5, 0),
        "worse": (0, 4),
    }
    assert set(found.limits) == {
        Limit.GAINED, Limit.BEHAVIOUR, Limit.NEVER_RAISED, Limit.QUIET, Limit.FEW,
    }  # fmt: skip


def test_alerts_stand_at_their_hour_and_week_on_the_sites_clock() -> None:
    found = figures([survey(Level.SOON, Level.SOON)], TERMS)
    assert found.raised.hours[14] == 1
    assert found.raised.weeks == {date(2026, 10, 5): 1, date(2026, 10, 12): 0}
    assert found.replayed.weeks == {date(2026, 10, 5): 0, date(2026, 10, 12): 1}
    assert found.replayed.hours[200 % 24] == 1


def test_an_alert_of_its_own_is_load_of_its_own() -> None:
    own = Survey(some_id(), BEGIN, replayed=told(Level.EMERGENCY, alerts=2))
    found = figures([own], TERMS)
    assert (found.replayed.alerts, found.replayed.surveys.part, found.gained) == (2, 1, 1)


def test_what_was_never_acted_upon_gives_no_sensitivity() -> None:
    found = figures([survey(None, None)], TERMS)
    assert found.sensitivity.value is None
    printed = document(found)
    assert printed["sensitivity"] == {
        "part": 0, "whole": 0, "share": None, "interval_95": [0.0, 1.0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((), Verdict.NONE),
        (("expected",), Verdict.EXPECTED),
        (("wrong_threshold", "known"), Verdict.EXPECTED),
        (("not_reached",), Verdict.NOT_REACHED),
        (("phone_advice", "not_reached"), Verdict.ACTED),
        (("wrong_threshold",), Verdict.NOT_ACTIONABLE),
    ],
)
def test_a_verdict_is_an_action_else_the_last_code(codes: Sequence[str], verdict: Verdict) -> None:
    assert verdict_of(codes) is verdict


# --- the rule of thumb -------------------------------------------------------------------------


RULE = RuleOfPack("pain", "Pain", Level.URGENT)


def fired(count: int, verdict: Verdict, *, repeat: bool = False) -> list[Fired]:
    return [Fired("pain", BEGIN + timedelta(hours=n), verdict, repeat) for n in range(count)]


@pytest.mark.parametrize(
    ("rule", "alerts", "surveys", "review"),
    [
        (RULE, [], 100, Review.TOO_FEW),
        (RULE, [], 200, Review.SILENT),
        (RULE, fired(19, Verdict.EXPECTED), 500, Review.TOO_FEW),
        (RULE, fired(20, Verdict.EXPECTED), 500, Review.NOT_ACTIONABLE),
        (RULE, fired(12, Verdict.EXPECTED) + fired(8, Verdict.ACTED), 500, Review.FINE),
        (RULE, fired(30, Verdict.ACTED, repeat=True), 500, Review.REPEATS),
        (RULE, fired(30, Verdict.ACTED), 500, Review.FINE),
        (RuleOfPack("pain", "Pain", Level.EMERGENCY, loud=True), [], 500, Review.KEEP),
    ],
)
def test_a_review_is_suggested_only_beyond_doubt(
    rule: RuleOfPack, alerts: list[Fired], surveys: int, review: Review
) -> None:
    (line,) = tuning([rule], alerts, surveys)
    assert line.review is review
    assert line.fired == len(alerts)


def test_what_was_kept_quiet_is_in_both_columns_and_counted_beside_them() -> None:
    repeat = frozenset({QuietReason.ALREADY_OPEN})
    both = frozenset({QuietReason.ALREADY_OPEN, QuietReason.EXPECTED})
    quiet = replace(survey(Level.SOON, Level.SOON, Verdict.HELD), alert=None)
    found = figures(
        [
            replace(survey(Level.URGENT, Level.URGENT, Verdict.ACTED), opened=1),
            replace(quiet, held=repeat),
            replace(quiet, held=both),
        ],
        TERMS,
    )
    assert (found.raised.alerts, found.replayed.alerts, found.opened) == (3, 3, 1)
    assert found.held == {
        QuietReason.ALREADY_OPEN: 2, QuietReason.EXPECTED: 1, QuietReason.DIGEST: 0,
    }  # fmt: skip
    assert document(found)["held_back"] == {"already_open": 2, "expected": 1, "digest": 0}
    assert Limit.OPEN not in found.limits  # nobody owes an outcome for what was kept quiet


@pytest.mark.parametrize(
    ("held", "alerts", "review"),
    [
        ({QuietReason.ALREADY_OPEN: 12}, fired(8, Verdict.ACTED), Review.REPEATS),
        ({QuietReason.ALREADY_OPEN: 8}, fired(12, Verdict.ACTED), Review.TOO_FEW),
        ({QuietReason.EXPECTED: 40}, [], Review.TOO_FEW),  # met often, so not silent
    ],
)
def test_what_was_held_back_counts_as_met_and_a_repeat_as_told_again(
    held: dict[QuietReason, int], alerts: list[Fired], review: Review
) -> None:
    (line,) = tuning([RULE], alerts, 500, {"pain": held})
    assert line.review is review
    assert line.repeats == held.get(QuietReason.ALREADY_OPEN, 0)
    assert line.held == held


# --- windows as they were known ----------------------------------------------------------------


def window(week: int, state: SurveyState, closed: float | None, **others: object) -> Window:
    opens = BEGIN + timedelta(weeks=week)
    values: dict[str, object] = {
        "id": UUID(int=week), "opens_at": opens, "closes_at": opens + timedelta(days=6),
        "state": state, "scheduled": True, "reason": None,
        "closed_at": None if closed is None else BEGIN + timedelta(weeks=closed),
    }  # fmt: skip
    return Window(**values | others)  # type: ignore[arg-type]  # the test's own words


def test_a_window_that_was_answered_late_was_missed_until_then() -> None:
    windows = [
        window(3, SurveyState.COMPLETED, 3.1),
        window(2, SurveyState.COMPLETED, 5),  # answered two weeks after its end
        window(1, SurveyState.MISSED, 1.9, reason="not_answered"),
        window(0, SurveyState.COMPLETED, 0.1),
    ]
    then, later = BEGIN + timedelta(weeks=3.1), BEGIN + timedelta(weeks=6)
    assert missed_before(windows, UUID(int=3), then) == 2
    assert missed_before(windows, UUID(int=3), later) == 0


def test_a_window_that_was_not_asked_neither_counts_nor_ends_the_row() -> None:
    windows = [
        window(3, SurveyState.COMPLETED, 3.1),
        window(2, SurveyState.MISSED, 2.9, reason="paused"),
        window(1, SurveyState.MISSED, 1.9, reason="not_answered"),
    ]
    assert missed_before(windows, UUID(int=3), BEGIN + timedelta(weeks=3.1)) == 1
    assert missed_before(windows, UUID(int=9), BEGIN + timedelta(weeks=3.1)) == 0


# --- what was known when -----------------------------------------------------------------------


def version(days: float, known: float, grade: int, **others: object) -> Version:
    answers: Answers = {"pain.severity": answered(grade)}
    values: dict[str, object] = {
        "id": some_id(), "patient_id": UUID(int=1), "occurrence_id": some_id(), "revision": 1,
        "reporter": Reporter.SELF, "instrument": "x", "answers": answers,
        "at": BEGIN + timedelta(days=days), "known_at": BEGIN + timedelta(days=known),
        "is_sent": True, "counted": True,
    }  # fmt: skip
    return Version(**values | others)  # type: ignore[arg-type]  # the test's own words


def told_grades(versions: Sequence[Version]) -> list[tuple[int | None, list[int | None]]]:
    """Each judging: the grade now, and the grades that were known before."""
    return [
        (
            each.version.answers["pain.severity"].value,
            [report.answers["pain.severity"].value for report in each.history],
        )
        for each in judgings(versions)
    ]


def test_a_late_report_judges_the_later_ones_again() -> None:
    late = version(days=7, known=20, grade=1)
    reports = [version(0, 0, 0), late, version(14, 14, 3)]
    assert told_grades(reports) == [(0, []), (3, [0]), (1, [0]), (3, [0, 1])]


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    first = version(0, 0, 3)
    mended = version(0, 8, 0, revision=2, occurrence_id=first.occurrence_id)
    assert told_grades([first, mended, version(7, 7, 2)]) == [
        (3, []), (2, [3]), (0, []), (2, [0]),
    ]  # fmt: skip


def test_what_was_set_aside_is_history_only_until_then() -> None:
    gone = version(0, 0, 1, counted=False, set_aside_at=BEGIN + timedelta(days=10))
    assert told_grades([gone, version(7, 7, 2), version(14, 14, 3)]) == [(2, [1]), (3, [2])]


def test_self_and_proxy_are_two_histories_and_staff_speaks_for_the_patient() -> None:
    reports = [
        version(0, 0, 1, reporter=Reporter.STAFF),
        version(1, 1, 4, reporter=Reporter.PROXY),
        version(2, 2, 2),
        version(3, 3, 3, reporter=Reporter.PROXY),
    ]
    assert told_grades(reports) == [(1, []), (4, []), (2, [1]), (3, [4])]
