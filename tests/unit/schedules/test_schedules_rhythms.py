"""What each rhythm means, on dates to check on a calendar: 19 October 2026 is a Monday."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from rsm.patients.model import TreatmentEventKind as Event
from rsm.schedules.decide import next_window, windows_between, windows_from
from rsm.schedules.library import plan_named, plan_text, read_plan
from rsm.schedules.model import Anchors, Window
from rsm.schedules.plans import Plan
from rsm.schedules.reading import read_slot
from rsm.schedules.rhythms import awaited

MONDAY = read_slot("America/New_York", "monday", "09:00")
START = date(2026, 10, 14)  # a Wednesday
WINDOW = plan_text("daily-14").split("[[asks]]", maxsplit=1)[0]


def plan_of(*asks: str) -> Plan:
    return read_plan("\n".join((WINDOW, *(f"[[asks]]\n{ask}" for ask in asks))), "plan.toml")


def days(plan: Plan, anchors: Anchors | None = None, count: int = 6) -> str:
    """The windows' dates, `10-19 10-26 …`."""
    found = windows_from(plan, anchors or Anchors(MONDAY, START), START)
    return " ".join(window.key[5:] for window in islice(found, count))


@pytest.mark.parametrize(
    ("ask", "dates"),
    [
        ('rhythm = "weekly"', "10-19 10-26 11-02 11-09 11-16 11-23"),
        ('rhythm = "weekly"\nevery = 2', "10-19 11-02 11-16 11-30 12-14 12-28"),
        ('rhythm = "daily"', "10-14 10-15 10-16 10-17 10-18 10-19"),
        ('rhythm = "every_days"\nevery = 10', "10-14 10-24 11-03 11-13 11-23 12-03"),
        ('rhythm = "times_a_week"\ntimes = 2', "10-15 10-19 10-22 10-26 10-29 11-02"),
        ('rhythm = "times_a_week"\ntimes = 3', "10-14 10-16 10-19 10-21 10-23 10-26"),
        (
            'rhythm = "times_a_week"\nweekdays = ["sunday", "friday"]',
            "10-16 10-18 10-23 10-25 10-30 11-01",
        ),
        ('rhythm = "monthly"', "10-19 11-16 12-14 01-18 02-15 03-15"),
        ('rhythm = "monthly"\nevery = 3', "10-19 01-18 04-19 07-19 10-18 01-17"),
        ('rhythm = "once"\nafter_days = 14', "10-28"),
        ('rhythm = "daily"\nfor_days = 3', "10-14 10-15 10-16"),
        ('rhythm = "weekly"\nstarts_after_days = 14', "11-02 11-09 11-16 11-23 11-30 12-07"),
        ('rhythm = "on_demand"', ""),
    ],
)
def test_what_each_rhythm_means(ask: str, dates: str) -> None:
    assert days(plan_of(ask)) == dates


def test_a_month_without_the_day_counts_from_its_last() -> None:
    anchors = Anchors(MONDAY, date(2027, 1, 31))
    found = windows_from(plan_of('rhythm = "monthly"'), anchors, anchors.starts_on)
    # From 31 January, 28 February, 31 March and 30 April: the Monday then or next.
    keys = [window.key for window in islice(found, 4)]
    assert keys == ["2027-02-01", "2027-03-01", "2027-04-05", "2027-05-03"]


def test_weekly_for_twelve_weeks_then_monthly() -> None:
    found = days(plan_named("taper"), count=15).split()
    assert found[:3] == ["10-19", "10-26", "11-02"]
    assert found[11:] == ["01-04", "01-11", "02-08", "03-08"]  # from 6 January on, monthly


def test_cycles_ask_as_their_dates_become_known_and_move_with_them() -> None:
    plan = plan_named("chemo-cycle")
    waiting = Anchors(MONDAY, START)
    assert days(plan, waiting) == ""
    assert awaited(plan, waiting, START) == {"cycle"}
    first = Anchors(MONDAY, START, cycles=(date(2026, 10, 20),))
    assert days(plan, first) == "10-23 10-27"
    second = Anchors(MONDAY, START, cycles=(date(2026, 10, 20), date(2026, 11, 10)))
    assert days(plan, second) == "10-23 10-27 11-13 11-17"
    delayed = Anchors(MONDAY, START, cycles=(date(2026, 10, 20), date(2026, 11, 17)))
    assert days(plan, delayed) == "10-23 10-27 11-20 11-24"


def test_a_cycle_that_is_cut_short_has_fewer_days() -> None:
    anchors = Anchors(MONDAY, START, cycles=(date(2026, 10, 20), date(2026, 10, 26)))
    assert days(plan_named("chemo-cycle"), anchors) == "10-23 10-29 11-02"


def test_an_event_ends_an_ask_the_day_before_it() -> None:
    plan = plan_of('rhythm = "daily"\nuntil = "treatment_end"')
    over = Anchors(MONDAY, START, events={Event.TREATMENT_END: date(2026, 10, 16)})
    assert days(plan) == "10-14 10-15 10-16 10-17 10-18 10-19"
    assert days(plan, over) == "10-14 10-15"
    assert awaited(plan, over, date(2026, 10, 16)) == frozenset()


def test_an_event_begins_an_ask_even_one_that_was_before_the_plan() -> None:
    plan = plan_of('rhythm = "daily"\nfor_days = 7\nstarts_at = "surgery"')
    assert days(plan) == ""
    assert awaited(plan, Anchors(MONDAY, START), START) == {"surgery"}
    past = Anchors(MONDAY, START, events={Event.SURGERY: date(2026, 10, 10)})
    assert days(plan, past) == "10-14 10-15 10-16"
    assert awaited(plan, past, START) == frozenset()


def test_a_phase_until_an_event_hands_over_to_the_next_on_that_day() -> None:
    plan = plan_of(
        '[[asks.phases]]\nrhythm = "weekly"\nuntil = "surgery"\n'
        '[[asks.phases]]\nrhythm = "every_days"\nevery = 3'
    )
    assert days(plan, count=2) == "10-19 10-26"
    operated = Anchors(MONDAY, START, events={Event.SURGERY: date(2026, 10, 28)})
    assert days(plan, operated, 4) == "10-19 10-26 10-28 10-31"
    before = Anchors(MONDAY, START, events={Event.SURGERY: date(2026, 10, 1)})
    assert days(plan, before, 3) == "10-14 10-17 10-20"  # its first phase never was


def test_an_end_date_is_the_last_possible_day() -> None:
    ended = Anchors(MONDAY, START, ends_on=date(2026, 10, 26))
    assert days(plan_named("weekly"), ended) == "10-19 10-26"
    assert awaited(plan_named("chemo-cycle"), ended, date(2026, 10, 27)) == frozenset()


# --- several asks --------------------------------------------------------------------------------


def test_what_falls_on_one_day_is_one_survey_with_several_instruments() -> None:
    plan = plan_of(
        'rhythm = "weekly"',
        'rhythm = "monthly"\ninstrument = "money@1.0.0"',
        'rhythm = "weekly"\nevery = 2\ninstrument = "money@1.0.0"',
    )
    found = islice(windows_from(plan, Anchors(MONDAY, START), START), 5)
    assert [(window.key[5:], window.asks) for window in found] == [
        ("10-19", ("site", "money@1.0.0")),
        ("10-26", ("site",)),
        ("11-02", ("site", "money@1.0.0")),
        ("11-09", ("site",)),
        ("11-16", ("site", "money@1.0.0")),
    ]


def test_a_dense_rhythm_closes_before_the_next_opens_and_leaves_out_what_is_later() -> None:
    plan = plan_named("after-surgery")
    anchors = Anchors(MONDAY, START, events={Event.SURGERY: date(2026, 10, 19)})
    found = list(windows_from(plan, anchors, START))
    daily, weekly = found[0], found[-1]
    assert daily.closes_at == found[1].opens_at - timedelta(minutes=1)
    assert [each - daily.opens_at for each in daily.reminders] == [timedelta(hours=6)]
    assert daily.call_at is None
    assert len(weekly.reminders) == 2
    assert weekly.call_at == weekly.opens_at + timedelta(hours=48)


def test_a_date_that_the_zone_leaves_out_joins_the_day_after() -> None:
    """Samoa had no 30 December 2011."""
    slot = read_slot("Pacific/Apia", "friday", "09:00")
    plan = plan_of('rhythm = "daily"', 'rhythm = "weekly"\ninstrument = "money@1.0.0"')
    anchors = Anchors(slot, date(2011, 12, 24))
    found = windows_from(plan, anchors, date(2011, 12, 29))
    assert [(window.key, window.asks) for window in islice(found, 3)] == [
        ("2011-12-29", ("site",)),
        ("2011-12-31", ("site", "money@1.0.0")),
        ("2012-01-01", ("site",)),
    ]


# --- asking for windows --------------------------------------------------------------------------


def test_windows_between_two_instants() -> None:
    anchors = Anchors(MONDAY, START)
    opens_at = datetime(2026, 10, 19, 13, tzinfo=UTC)
    until = opens_at + timedelta(days=15)
    found = list(windows_between(plan_named("weekly"), anchors, opens_at, until))
    assert [window.key[5:] for window in found] == ["10-26", "11-02"]


def test_there_is_no_next_window_when_a_plan_is_complete() -> None:
    plan, anchors = plan_named("daily-14"), Anchors(MONDAY, START)
    found: list[Window] = []
    after = datetime(2026, 10, 1, tzinfo=UTC)
    while window := next_window(plan, anchors, after):
        found.append(window)
        after = window.opens_at
    assert len(found) == 14
    assert awaited(plan, anchors, date(2026, 10, 28)) == frozenset()
