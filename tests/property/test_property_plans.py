"""Random plans in every zone over 24 months: each window once, in order, the same from anywhere.

What is worked out later, from whatever instant, is what was worked out first: so a preview is what
happens (P1, P14).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.kernel.documents import Source, validate
from rsm.kernel.localtime import local_of, start_instant, zone_named, zone_names
from rsm.messaging.hours import fits
from rsm.patients.model import TreatmentEventKind
from rsm.schedules.decide import next_window, windows_after, windows_from
from rsm.schedules.model import WEEKDAYS, Anchors, Slot, Window
from rsm.schedules.plans import Plan
from rsm.schedules.rhythms import awaited

START = date(2026, 1, 1)
MONTHS_24 = timedelta(days=730)
EVENTS = [kind.value for kind in TreatmentEventKind]
Document = Mapping[str, object]

rhythms: st.SearchStrategy[Document] = st.one_of(
    st.fixed_dictionaries({"rhythm": st.just("weekly"), "every": st.integers(1, 6)}),
    st.just({"rhythm": "daily"}),
    st.fixed_dictionaries({"rhythm": st.just("every_days"), "every": st.integers(1, 40)}),
    st.fixed_dictionaries({"rhythm": st.just("times_a_week"), "times": st.integers(2, 6)}),
    st.fixed_dictionaries(
        {
            "rhythm": st.just("times_a_week"),
            "weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True),
        }
    ),
    st.fixed_dictionaries({"rhythm": st.just("monthly"), "every": st.integers(1, 6)}),
    st.fixed_dictionaries(
        {"rhythm": st.just("cycle"), "days_after": st.lists(st.integers(0, 30), min_size=1)}
    ),
    st.fixed_dictionaries({"rhythm": st.just("once"), "after_days": st.integers(0, 90)}),
    st.just({"rhythm": "on_demand"}),
)
ends: st.SearchStrategy[Document] = st.one_of(
    st.fixed_dictionaries({"for_weeks": st.integers(1, 30)}),
    st.fixed_dictionaries({"for_days": st.integers(1, 200)}),
    st.fixed_dictionaries({"until": st.sampled_from(EVENTS)}),
)
phases = st.builds(
    lambda ended, last: [*({**rhythm, **end} for rhythm, end in ended), last],
    st.lists(st.tuples(rhythms, ends), max_size=2),
    rhythms,
)
asks = st.fixed_dictionaries(
    {"phases": phases},
    optional={
        "instrument": st.sampled_from(["one@1", "two@1"]),
        "starts_after_days": st.integers(0, 60),
        "starts_at": st.sampled_from(EVENTS),
        "until": st.sampled_from(EVENTS),
    },
)
# Closings that a dense rhythm cuts, and closings that it does not.
plans = st.builds(
    lambda listed, closing, reminders, call: validate(
        Plan,
        {
            "key": "drawn",
            "version": "1",
            "reminders_after_hours": reminders,
            "call_after_hours": call,
            "closing": closing,
            "sending_hours": {"opens": "08:00", "closes": "21:00"},
            "asks": listed,
        },
        Source("drawn"),
    ),
    st.lists(asks, min_size=1, max_size=3),
    st.sampled_from([{"after_hours": 20}, {"after_hours": 120, "at": "21:00"}]),
    st.sampled_from([[], [6], [24, 48]]),
    st.sampled_from([None, 72]),
)
days = st.integers(-30, 730).map(lambda n: START + timedelta(days=n))
slots = st.builds(
    Slot,
    st.sampled_from(sorted(zone_names())).map(zone_named),
    st.integers(0, 6),
    st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60)),
)
anchors_drawn = st.builds(
    Anchors,
    slot=slots,
    starts_on=st.just(START),
    ends_on=st.one_of(st.none(), days),
    cycles=st.lists(days, max_size=12).map(lambda found: tuple(sorted(found))),
    events=st.dictionaries(st.sampled_from(TreatmentEventKind), days),
)


def two_years(plan: Plan, anchors: Anchors) -> list[Window]:
    until = start_instant(datetime.combine(START + MONTHS_24, time()), anchors.slot.zone)
    found = list(islice(windows_from(plan, anchors, START), 735))
    return [window for window in found if window.opens_at < until]


@settings(deadline=None)
@given(plans, anchors_drawn)
def test_each_window_comes_once_in_order_and_at_the_chosen_hour(
    plan: Plan, anchors: Anchors
) -> None:
    found = two_years(plan, anchors)
    assert len({window.key for window in found}) == len(found)
    for window in found:
        check(plan, anchors, window)
    for earlier, later in pairwise(found):
        assert earlier.key < later.key
        assert earlier.closes_at < later.opens_at, (earlier, later)


def check(plan: Plan, anchors: Anchors, window: Window) -> None:
    """What holds for every window of whatever plan, in the years without left-out dates."""
    zone, said = anchors.slot.zone, (anchors.slot, window)
    wall = datetime.combine(date.fromisoformat(window.key), anchors.slot.at)
    assert anchors.starts_on <= wall.date(), said
    assert anchors.ends_on is None or wall.date() <= anchors.ends_on, said
    exists = local_of(wall.replace(tzinfo=zone).astimezone(UTC), zone) == wall
    assert window.local == local_of(window.opens_at, zone), said
    assert window.local == wall or not exists, said
    order = (window.opens_at, *window.reminders, window.closes_at)
    assert all(earlier < later for earlier, later in pairwise(order)), said
    assert all(fits(reminder, plan.hours, zone) for reminder in window.reminders), said
    if window.call_at is not None:
        assert window.opens_at < window.call_at < window.closes_at, said
    assert window.asks, said
    assert len(set(window.asks)) == len(window.asks), said
    assert set(window.asks) <= {ask.ref for ask in plan.asks}, said


@settings(deadline=None)
@given(plans, anchors_drawn, st.integers(0, 730 * 1440))
def test_what_is_worked_out_later_is_what_the_preview_said(
    plan: Plan, anchors: Anchors, minutes: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    listed = two_years(plan, anchors)
    later = [window for window in listed if window.opens_at > now]
    assert list(islice(windows_after(plan, anchors, now), len(later))) == later
    assert next_window(plan, anchors, now) == (later[0] if later else None) or not later
    if later:
        start = date.fromisoformat(later[0].key)
        assert next(windows_from(plan, anchors, start)) == later[0]


@settings(deadline=None)
@given(plans, anchors_drawn, st.data())
def test_a_cycle_that_moves_changes_nothing_that_lies_before_it(
    plan: Plan, anchors: Anchors, data: st.DataObject
) -> None:
    cycles = anchors.cycles or (START,)
    number = data.draw(st.integers(0, len(cycles) - 1))
    to = data.draw(days)
    moved = tuple(sorted((*cycles[:number], *cycles[number + 1 :], to)))
    first = min(cycles[number], to).isoformat()
    one = [
        (window.key, window.opens_at, window.asks)
        for window in two_years(plan, replace(anchors, cycles=cycles))
        if window.key < first
    ]
    other = [
        (window.key, window.opens_at, window.asks)
        for window in two_years(plan, replace(anchors, cycles=moved))
        if window.key < first
    ]
    assert one == other


@settings(deadline=None)
@given(plans, anchors_drawn)
def test_a_plan_without_a_window_to_come_says_whether_it_waits(
    plan: Plan, anchors: Anchors
) -> None:
    """It ends, and then nothing that is not yet known is left out: it never loops for ever."""
    found = list(islice(windows_from(plan, anchors, START), 800))
    if len(found) == 800:
        return
    last = date.fromisoformat(found[-1].key) if found else START
    waits = awaited(plan, anchors, last + timedelta(days=1))
    unknown = {kind.value for kind in TreatmentEventKind if kind not in anchors.events}
    assert waits <= unknown | {"cycle", "request"}
    if anchors.ends_on is not None:
        assert awaited(plan, anchors, anchors.ends_on + timedelta(days=1)) == frozenset()
