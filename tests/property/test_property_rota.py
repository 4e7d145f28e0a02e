"""Rosters of every kind, in every zone, over every change of the clock from 2024 to 2028.

The model that they are held against looks at one instant and follows the written rules (the word of
`rsm.sites.rota`) one after the other; it knows no spans.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rsm.kernel.localtime import local_of, offset_change, zone_named, zone_names
from rsm.kernel.words import Level
from rsm.sites.model import WEEKDAYS, Shift
from rsm.sites.rota.decide import duty_periods, who_is_on_duty
from rsm.sites.rota.gaps import Watch, gaps
from rsm.sites.rota.model import Absence, Cover, Override, Rota, Rotation, Swap, Turn
from rsm.sites.rota.problems import problems
from tests.rota_oracle import on_duty

TEAM = UUID(int=99)
STAFF = [UUID(int=number) for number in range(1, 6)]
NAMES = {one: f"Person {one.int}" for one in STAFF}
SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@cache
def changes() -> list[tuple[ZoneInfo, datetime]]:
    """Every change of a clock in these years, once for all zones that make it in the same way."""
    found: dict[tuple[object, ...], tuple[ZoneInfo, datetime]] = {}
    step = timedelta(days=10)
    for zone in map(zone_named, sorted(zone_names())):
        ticks = [SINCE + step * number for number in range((UNTIL - SINCE) // step + 1)]
        for before, after in pairwise(ticks):
            if at := offset_change(before, after, zone):
                sides = [(at + each * DAY).astimezone(zone).utcoffset() for each in (-1, 1)]
                found.setdefault((at, *sides), (zone, at))
    return list(found.values())


# --- what rosters are made of ---------------------------------------------------------------------

people = st.sampled_from(STAFF)
minutes = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
ranks = st.integers(1, 3)
zones = st.sampled_from(sorted(zone_names())).map(zone_named)
nights = st.deferred(lambda: st.sampled_from(changes()))
shifts = st.builds(Shift, st.just(TEAM), people, st.integers(0, 6), minutes, minutes, ranks)
AROUND = datetime(2026, 10, 19, tzinfo=UTC)
spans = st.tuples(st.integers(-96, 10 * 96), st.integers(1, 4 * 96)).map(
    lambda drawn: (
        AROUND + timedelta(minutes=15 * drawn[0]),
        AROUND + timedelta(minutes=15 * (drawn[0] + drawn[1])),
    )
)
instants = st.integers(-2 * 1440, 12 * 1440).map(lambda minute: AROUND + timedelta(minutes=minute))


@st.composite
def plans(draw: st.DrawFn) -> Rota:
    """Weekly shifts and at most one rotation."""
    listed = draw(st.lists(shifts, max_size=8))
    rotation = Rotation(
        UUID(int=500),
        tuple(draw(st.lists(people, min_size=1, max_size=3))),
        date(2026, 10, 1) + draw(st.integers(0, 10)) * DAY,
        draw(st.integers(1, 9)),
        draw(minutes),
        rank=2,
    )
    weekly = {UUID(int=100 + number): each for number, each in enumerate(listed)}
    return Rota(weekly=weekly, rotations=(rotation,) if draw(st.booleans()) else ())


@st.composite
def rotas(draw: st.DrawFn, absences: int = 3) -> Rota:
    """A plan with changes of every kind, sensible or not."""
    return replace(
        draw(plans()),
        swaps=tuple(draw(st.lists(swaps(), max_size=2))),
        overrides=tuple(draw(st.lists(overrides(), max_size=4))),
        covers=tuple(draw(st.lists(covers(), max_size=4))),
        absences=tuple(draw(st.lists(away(), max_size=absences))),
    )


@st.composite
def swaps(draw: st.DrawFn) -> Swap:
    one, other = (
        Turn(UUID(int=100 + draw(st.integers(0, 7))), date(2026, 10, 19) + draw(days) * DAY)
        for _ in range(2)
    )
    first, second = draw(people), draw(people)
    return Swap(UUID(int=600), first, one, second, other, frozenset({first, second}))


days = st.integers(0, 9)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    return Override(
        UUID(int=601), draw(people), *draw(spans), draw(st.none() | people), draw(ranks)
    )


@st.composite
def covers(draw: st.DrawFn) -> Cover:
    return Cover(UUID(int=602), draw(people), draw(people), *draw(spans))


@st.composite
def away(draw: st.DrawFn) -> Absence:
    return Absence(UUID(int=603), draw(people), *draw(spans))


# --- the model: one instant, rule by rule ---------------------------------------------------------


def told(rota: Rota, at: datetime, zone: ZoneInfo) -> set[tuple[UUID, int]]:
    """Who is on duty at this instant, with the best rank."""
    present = [*_by_plan(rota, at, zone)]
    for each in rota.overrides:
        if each.since <= at < each.until:
            present = _overridden(present, each)
    best: dict[UUID, int] = {}
    for who, rank in present:
        there = _there(rota, who, at, [who])
        if there is not None:
            best[there] = min(rank, best.get(there, rank))
    return set(best.items())


def _by_plan(rota: Rota, at: datetime, zone: ZoneInfo) -> list[tuple[UUID, int]]:
    found: list[tuple[UUID, int]] = []
    moved = _moved(rota)
    for duty_id, shift in rota.weekly.items():
        running = on_duty([shift], zone, at)
        # The day on which it began: of the running occurrence, by its weekday.
        local = local_of(at, zone).date()
        day = next(
            local - n * DAY for n in range(7) if (local - n * DAY).weekday() == shift.weekday
        )
        found += [(moved.get(Turn(duty_id, day), shift.staff_id), shift.rank) for _ in running]
    for rotation in rota.rotations:
        local_at = local_of(at, zone)
        began = (local_at - datetime.combine(rotation.first_day, rotation.changes_at)) // (
            rotation.every_days * DAY
        )
        if began >= 0:
            who = rotation.people[began % len(rotation.people)]
            found.append((who, rotation.rank))
    return found


def _moved(rota: Rota) -> dict[Turn, UUID]:
    moved: dict[Turn, UUID] = {}
    for swap in rota.swaps:
        given = [(swap.one, swap.one_turn), (swap.other, swap.other_turn)]
        hers = [
            turn.duty_id in rota.weekly
            and rota.weekly[turn.duty_id].weekday == turn.day.weekday()
            and moved.get(turn, rota.weekly[turn.duty_id].staff_id) == who
            for who, turn in given
        ]
        if all(hers):
            moved[swap.one_turn], moved[swap.other_turn] = swap.other, swap.one
    return moved


def _overridden(present: list[tuple[UUID, int]], each: Override) -> list[tuple[UUID, int]]:
    if each.instead_of is None:
        return [*present, (each.staff_id, each.rank)]
    return [(each.staff_id if who == each.instead_of else who, rank) for who, rank in present]


def _there(rota: Rota, who: UUID, at: datetime, chain: list[UUID]) -> UUID | None:
    """Who is there for this person; the first of a ring for herself."""
    for each in rota.covers:
        if each.staff_id == who and each.since <= at < each.until:
            if each.covered_by in chain:
                return chain[0]
            return _there(rota, each.covered_by, at, [*chain, each.covered_by])
    absent = any(each.staff_id == who and each.since <= at < each.until for each in rota.absences)
    return None if absent else who


# --- at any instant -------------------------------------------------------------------------------


@settings(deadline=None)
@given(rotas(), instants)
def test_whoever_is_on_duty_is_so_by_the_written_rules(rota: Rota, at: datetime) -> None:
    zone = zone_named("UTC")  # the model's sequence knows no change of the clock
    found = who_is_on_duty(rota, at, zone)
    assert {(each.staff_id, each.rank) for each in found.people} == told(rota, at, zone)


@settings(deadline=None)
@given(st.lists(shifts, max_size=8), zones | nights.map(lambda night: night[0]), st.data())
def test_weekly_duty_is_what_it_was_before_there_were_changes(
    listed: list[Shift], zone: ZoneInfo, data: st.DataObject
) -> None:
    at = SINCE + timedelta(minutes=data.draw(st.integers(0, 5 * 365 * 1440)))
    weekly = {UUID(int=100 + number): each for number, each in enumerate(listed)}
    found = who_is_on_duty(Rota(weekly=weekly), at, zone)
    assume(not _goes_forward(zone, at))  # there it lost half an hour: see `rsm.sites.rota.clock`
    known = on_duty(listed, zone, at)
    assert [(each.staff_id, each.rank, each.until) for each in found.people] == [
        (each.staff_id, each.rank, each.until) for each in known
    ]


def _goes_forward(zone: ZoneInfo, at: datetime) -> bool:
    offsets = [(at + n * DAY / 2).astimezone(zone).utcoffset() or DAY for n in range(-6, 7)]
    return any(before < after for before, after in pairwise(offsets))


@settings(deadline=None)
@given(rotas(), zones, instants)
def test_nobody_is_told_before_or_after_her_duty(
    rota: Rota, zone: ZoneInfo, since: datetime
) -> None:
    until = since + timedelta(days=9)
    periods = duty_periods(rota, since, until, zone)
    assert (periods[0].since, periods[-1].until) == (since, until)
    for one, other in pairwise(periods):
        assert one.until == other.since
        assert one.people != other.people
    for period in periods:
        assert period.since < period.until
        assert len({each.staff_id for each in period.people}) == len(period.people)
        assert [each.rank for each in period.people] == sorted(p.rank for p in period.people)
        for each in period.people:
            assert each.since <= period.since < period.until <= each.until


@settings(deadline=None)
@given(rotas(), zones, instants, st.integers(0, 9 * 1440 - 1))
def test_an_instant_and_a_time_agree(
    rota: Rota, zone: ZoneInfo, since: datetime, minute: int
) -> None:
    at = since + timedelta(minutes=minute)
    periods = duty_periods(rota, since, since + timedelta(days=9), zone)
    (period,) = (each for each in periods if each.since <= at < each.until)
    found = who_is_on_duty(rota, at, zone)
    assert found.people == period.people
    if period is not periods[-1]:
        assert found.until == min(period.until, at + 8 * DAY)  # it looks no further


@settings(deadline=None)
@given(rotas(absences=0), zones, instants)
def test_without_an_absence_no_change_makes_a_gap(
    rota: Rota, zone: ZoneInfo, since: datetime
) -> None:
    until = since + timedelta(days=9)
    plan = replace(rota, swaps=(), overrides=(), covers=())
    for period in duty_periods(rota, since, until, zone):
        if not period.people:
            assert not any(
                each.people for each in duty_periods(plan, period.since, period.until, zone)
            )


@settings(deadline=None)
@given(rotas(), zones)
def test_whatever_is_wrong_is_said_and_never_raised(rota: Rota, zone: ZoneInfo) -> None:
    assert all(problem.what for problem in problems(rota, NAMES, zone))


# --- every change of every clock ------------------------------------------------------------------


def chain(bounds: list[time], count: int = 7) -> Rota:
    """Around the clock and week: each shift ends when the next begins."""
    ordered = sorted(set(bounds))
    weekly = {
        UUID(int=100 + day * len(ordered) + number): Shift(
            TEAM,
            STAFF[(day + number) % len(STAFF)],
            day,
            starts,
            ordered[(number + 1) % len(ordered)],
        )
        for day in range(count)
        for number, starts in enumerate(ordered)
    }
    return Rota(weekly=weekly)


def test_there_are_changes_in_both_directions_to_test_against() -> None:
    moves = {
        after - before
        for zone, at in changes()
        if (before := (at - timedelta(seconds=1)).astimezone(zone).utcoffset()) is not None
        and (after := at.astimezone(zone).utcoffset()) is not None
    }
    assert {timedelta(minutes=each) for each in (-60, -30, 30, 60)} <= moves
    assert len(changes()) > 50


def test_shifts_that_touch_never_leave_a_gap_at_any_change_of_any_clock() -> None:
    for zone, at in changes():
        local = local_of(at, zone)
        bounds = [(local + timedelta(minutes=each)).time() for each in range(-120, 121, 15)]
        rota = chain([each.replace(second=0) for each in bounds])
        for period in duty_periods(rota, at - DAY, at + DAY, zone):
            assert period.people, (zone.key, at)


@settings(deadline=None, max_examples=300)
@given(nights, st.lists(st.integers(-150, 150), min_size=1, max_size=4))
def test_no_two_shifts_that_touch_leave_a_gap(
    night: tuple[ZoneInfo, datetime], around: list[int]
) -> None:
    zone, at = night
    local = local_of(at, zone).replace(second=0)
    rota = chain([(local + timedelta(minutes=each)).time() for each in around])
    for period in duty_periods(rota, at - DAY, at + DAY, zone):
        assert period.people


@settings(deadline=None, max_examples=300)
@given(nights, st.integers(-150, 150), st.integers(1, 9), st.integers(0, 8))
def test_no_sequence_of_people_leaves_a_gap(
    night: tuple[ZoneInfo, datetime], around: int, every_days: int, phase: int
) -> None:
    zone, at = night
    changes_at = local_of(at, zone).replace(second=0) + timedelta(minutes=around)
    first_day = changes_at.date() - (every_days * 3 + phase) * DAY
    rotation = Rotation(UUID(int=1), tuple(STAFF[:3]), first_day, every_days, changes_at.time())
    begun = at - (every_days * 2 - 1) * DAY
    for period in duty_periods(Rota(rotations=(rotation,)), begun, at + 2 * DAY, zone):
        assert period.people


@settings(deadline=None, max_examples=300)
@given(nights, st.integers(-150, 150), st.integers(1, 1440))
def test_whoever_the_clock_on_the_wall_says_is_on_duty(
    night: tuple[ZoneInfo, datetime], starts: int, minutes_long: int
) -> None:
    zone, at = night
    begins = local_of(at, zone).replace(second=0) + timedelta(minutes=starts)
    closes = begins + timedelta(minutes=minutes_long)
    shift = Shift(TEAM, STAFF[0], begins.weekday(), begins.time(), closes.time())
    periods = duty_periods(Rota(weekly={UUID(int=1): shift}), at - DAY, at + DAY, zone)
    on_it = [(period.since, period.until) for period in periods if period.people]
    for minute in range(-360, 361):
        moment = (at + timedelta(minutes=minute)).replace(second=0)
        wall = local_of(moment, zone)
        if begins <= wall < closes:
            assert any(since <= moment < until for since, until in on_it), wall


def test_a_night_shift_takes_as_long_as_that_night_in_every_zone() -> None:
    for zone, at in changes():
        before, after = ((at + each * 2 * DAY).astimezone(zone) for each in (-1, 1))
        moved = (after.utcoffset() or DAY) - (before.utcoffset() or DAY)
        evening = local_of(at, zone).date() - DAY
        shift = Shift(TEAM, STAFF[0], evening.weekday(), time(22), time(6))
        periods = duty_periods(Rota(weekly={UUID(int=1): shift}), at - DAY, at + DAY, zone)
        lasted = {duty.until - duty.since for period in periods for duty in period.people}
        wall_of_change = local_of(at - timedelta(seconds=1), zone).time()
        if wall_of_change < time(5) and timedelta(hours=-2) <= moved <= timedelta(hours=2):
            assert timedelta(hours=8) - moved in lasted, (zone.key, at)


# --- gaps -----------------------------------------------------------------------------------------

hours_of_days = st.dictionaries(st.sampled_from(WEEKDAYS), st.tuples(minutes, minutes))


@settings(deadline=None)
@given(
    rotas(),
    hours_of_days,
    st.frozensets(st.integers(0, 9).map(lambda day: date(2026, 10, 19) + day * DAY), max_size=2),
    st.frozensets(st.sampled_from(Level)),
    instants,
)
def test_a_gap_is_every_instant_that_should_have_somebody_and_has_nobody(
    rota: Rota,
    hours: dict[str, tuple[time, time]],
    closed: frozenset[date],
    around: frozenset[Level],
    at: datetime,
) -> None:
    zone = zone_named("UTC")
    since = AROUND - 3 * DAY
    periods = duty_periods(rota, since, AROUND + 14 * DAY, zone)
    found = [
        gap
        for gap in gaps(periods, Watch(hours, closed, around), zone)
        if gap.since <= at < gap.until
    ]
    in_service = _is_open(hours, closed, at)
    if told(rota, at, zone) or not (in_service or around):
        assert found == []
    else:
        (gap,) = found
        assert gap.in_service == in_service
        assert gap.levels == (frozenset(Level) if in_service else around)


def _is_open(hours: dict[str, tuple[time, time]], closed: frozenset[date], at: datetime) -> bool:
    today = at.date()
    for day in (today, today - DAY):
        named = hours.get(WEEKDAYS[day.weekday()])
        if named is None or day in closed:
            continue
        opens, closes = named
        end = day if closes > opens else day + DAY
        if datetime.combine(day, opens, UTC) <= at < datetime.combine(end, closes, UTC):
            return True
    return False
