"""Pure decisions of improving: the checklist, before and after, what may follow in a cycle."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from rsm.improvement.decide import (
    Beside,
    Readable,
    SiteFacts,
    checklist,
    compare,
    may_follow,
    needs_words,
    windows,
)
from rsm.improvement.live_model import Check, CheckKind, Known, Line, Training
from rsm.improvement.model import Caution, Comparison, CycleStage, Entry, EntryKind
from rsm.kernel.words import Channel
from rsm.metrics.model import Days
from rsm.web.charts import RunPoint
from rsm.web.charts_run import Run

AT = datetime(2026, 10, 19, 13, tzinfo=UTC)
MONDAY = date(2026, 10, 5)
RUTH = UUID(int=1)
READ = (CheckKind.THRESHOLDS, "")
ENTRY = Entry(UUID(int=2), MONDAY, EntryKind.CHAMPION, "Dana named", "")
ALWAYS = [Caution.NO_CONTROL, Caution.SAME_PATIENTS, Caution.REGRESSION]


def facts(**others: object) -> SiteFacts:
    """A site at which everything holds."""
    values: dict[str, object] = {
        "on_roster": ("Dana Reyes",),
        "trainings": (Training(UUID(int=3), MONDAY, "dana reyes", "Alerts", RUTH, AT),),
        "unready": (),
        "gap_hours": 0.0,
        "problems": (),
        "read": {READ: Readable("h1", "first 1")},
        "checks": {READ: Check(*READ, "h1", "first 1", RUTH, AT)},
        "offered": (Channel.SMS,),
        "tried": {Channel.SMS},
        "practised_on": MONDAY,
        "zone": "America/New_York",
        "names": {RUTH: "Ruth Cole"},
    }
    return SiteFacts(**values | others)  # type: ignore[arg-type]  # a table of defaults


def open_lines(found: SiteFacts) -> dict[Line, tuple[str, ...]]:
    return {one.line: one.missing for one in checklist(found).items if not one.holds}


def test_everything_holds_and_says_what_it_rests_on() -> None:
    found = checklist(facts())
    assert found.is_ready
    known = {one.line: one.known for one in found.items}
    assert known[Line.THRESHOLDS] == (Known("first 1", "Ruth Cole", date(2026, 10, 19)),)
    assert known[Line.TRAINED] == (Known("dana reyes", on=MONDAY),)
    assert found.edition["exercise"] == {"holds": True, "known": ["2026-10-05"], "missing": []}


def test_what_was_read_late_in_the_evening_was_read_on_that_day_of_the_sites_calendar() -> None:
    late = datetime(2026, 10, 20, 2, tzinfo=UTC)  # ten in the evening of the 19th in New York
    found = checklist(facts(checks={READ: Check(*READ, "h1", "first 1", RUTH, late)}))
    known = {one.line: one.known for one in found.items}
    assert known[Line.THRESHOLDS] == (Known("first 1", "Ruth Cole", date(2026, 10, 19)),)
    assert found.edition["thresholds"] == {
        "holds": True,
        "known": ["first 1, Ruth Cole, 2026-10-19"],
        "missing": [],
    }


@pytest.mark.parametrize(
    ("other", "open_"),
    [
        ({"trainings": ()}, {Line.TRAINED: ("Dana Reyes",)}),
        ({"on_roster": ()}, {Line.ROSTER: ()}),
        ({"gap_hours": 2.5}, {Line.ROSTER: ("2.5 h",)}),
        ({"unready": ("Dana Reyes",)}, {Line.ROSTER: ("Dana Reyes",)}),
        ({"problems": ("team: nobody",)}, {Line.FIT: ("team: nobody",)}),
        ({"read": {READ: Readable("h2", "first 2")}}, {Line.THRESHOLDS: ("first 2",)}),
        ({"checks": {}}, {Line.THRESHOLDS: ("first 1",)}),
        ({"offered": ()}, {Line.CHANNELS: ()}),
        ({"tried": set()}, {Line.CHANNELS: ("sms",)}),
        ({"practised_on": None}, {Line.EXERCISE: ()}),
    ],
)
def test_a_line_is_open_for_what_is_missing(
    other: dict[str, object], open_: dict[Line, tuple[str, ...]]
) -> None:
    assert open_lines(facts(**other)) == open_


def test_the_windows_are_whole_weeks_and_the_day_itself_is_after() -> None:
    before, after = windows(MONDAY, 4)
    assert before == Days(date(2026, 9, 7), date(2026, 10, 4))
    assert after == Days(MONDAY, date(2026, 11, 1))


def compared(before: tuple[int, int], after: tuple[int, int], **others: object) -> Comparison:
    values: dict[str, object] = {"weekly": {}, "others": (), "today": date(2026, 12, 1)}
    beside = Beside(**values | others)  # type: ignore[arg-type]  # a table of defaults
    return compare(ENTRY, "completed", 4, (before, after), beside)


def test_a_difference_that_chance_does_not_explain() -> None:
    # Newcombe (Stat Med 1998;17:873, table II, method 10): 56/70 and 48/80, 0.0524 to 0.3339.
    found = compared((48, 80), (56, 70))
    assert found.change == pytest.approx(0.2)
    assert found.interval.low == pytest.approx(0.0524, abs=5e-5)
    assert found.interval.high == pytest.approx(0.3339, abs=5e-5)
    assert found.tells
    assert list(found.cautions) == ALWAYS


def test_of_nothing_nothing_is_said() -> None:
    found = compared((0, 0), (5, 10))
    assert found.change is None
    assert not found.tells
    assert Caution.NOTHING in found.cautions


def test_few_other_changes_and_weeks_that_are_not_over_are_said() -> None:
    found = compared((5, 10), (6, 10), others=(ENTRY,), today=date(2026, 10, 20))
    wanted = {Caution.FEW, Caution.OTHER_CHANGES, Caution.UNFINISHED}
    assert wanted <= set(found.cautions)


def test_what_was_moving_before_is_said() -> None:
    first = date(2026, 4, 6)
    weekly = {first + timedelta(weeks=n): (30 if n < 20 else 5, 40) for n in range(26)}
    found = compared((100, 160), (100, 160), weekly=weekly)
    assert Caution.MOVING_BEFORE in found.cautions
    assert "outside" in found.signals[first + timedelta(weeks=25)]


def test_signals_are_those_of_the_sites_run_chart() -> None:
    """Twenty weeks of 30 in 40, then six of 24 in 40: limits from all 26 weeks would let the fall
    pass as chance (centre 0.715, two standard deviations down to 0.573), those of the first 18
    (0.75, down to 0.613) find it, as the page does. Of eleven weeks nothing is said."""
    first = date(2026, 4, 6)
    weekly = {first + timedelta(weeks=n): (30 if n < 20 else 24, 40) for n in range(26)}
    run = Run.of([RunPoint(f"{each}", *weekly[each]) for each in sorted(weekly)])
    shown = {
        first + timedelta(weeks=n): tuple(sorted(signal.value for signal in point.signals))
        for n, point in enumerate(run.chart.points)
        if point.signals
    }
    found = compared((100, 160), (100, 160), weekly=weekly)
    assert found.signals == shown
    assert "near" in found.signals[first + timedelta(weeks=25)]
    few = {first + timedelta(weeks=n): (30 if n < 9 else 5, 40) for n in range(11)}
    assert compared((100, 160), (100, 160), weekly=few).signals == {}


def test_a_cycle_goes_on_in_the_circle_and_ends_in_one_of_three_ways() -> None:
    assert CycleStage.STUDY not in may_follow(CycleStage.PLAN)
    assert {CycleStage.ADOPTED, CycleStage.ADAPTED} <= may_follow(CycleStage.ACT)
    for stage in CycleStage:
        assert stage.is_over == (not may_follow(stage))
    assert not needs_words(CycleStage.DO)
    assert all(needs_words(stage) for stage in CycleStage if stage.is_over)
