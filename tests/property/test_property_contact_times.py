"""Contact times: the site's hours and the patient's, less weekends and holidays, on any night."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rsm.kernel.errors import Invalid
from rsm.kernel.localtime import local_of, zone_named, zone_names
from rsm.messaging.hours import (
    DAYTIME,
    LONGEST_CLOSURE,
    ContactTimes,
    SendingHours,
    closes_at,
    fits,
    next_allowed,
    spread,
    spread_from,
)

NEW_YORK = zone_named("America/New_York")
START = datetime(2026, 1, 1, tzinfo=UTC)
SPRING_NIGHT = datetime(2027, 3, 14, 5, tzinfo=UTC)

zones = st.one_of(st.just(NEW_YORK), st.sampled_from(sorted(zone_names())).map(zone_named))
instants = st.one_of(
    st.integers(0, 2 * 365 * 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.integers(0, 600).map(lambda minutes: SPRING_NIGHT + timedelta(minutes=minutes)),
)
minutes_of_day = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
hours = (
    st.tuples(minutes_of_day, minutes_of_day)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: SendingHours(*pair))
)
calendars = st.tuples(
    st.lists(hours, max_size=2).map(tuple),
    st.frozensets(st.integers(0, 6), max_size=5),
    st.frozensets(
        st.integers(0, 800).map(lambda day: date(2026, 1, 1) + timedelta(days=day)), max_size=40
    ),
)
times = calendars.map(lambda drawn: possible(*drawn)).filter(lambda found: found is not None)


def possible(
    both: tuple[SendingHours, ...], weekdays: frozenset[int], dates: frozenset[date]
) -> ContactTimes | None:
    try:
        return ContactTimes(both, weekdays, dates)
    except Invalid:
        return None


@settings(deadline=None)
@given(instants, times, zones)
@example(SPRING_NIGHT, ContactTimes((SendingHours(time(2), time(3)),), frozenset({0})), NEW_YORK)
@example(
    datetime(2011, 12, 29, 9, tzinfo=UTC),
    ContactTimes(closed_weekdays=frozenset({5})),
    zone_named("Pacific/Apia"),
)
def test_a_text_waits_for_the_first_allowed_instant_and_no_longer(
    instant: datetime, allowed: ContactTimes | None, zone: ZoneInfo
) -> None:
    assert allowed is not None
    found = next_allowed(instant, allowed, zone)
    assert found >= instant
    assert fits(found, allowed, zone)
    local = local_of(found, zone)
    assert not allowed.closed(local.date())
    assert all(each.contain(local.time()) for each in allowed.hours)
    assert next_allowed(found, allowed, zone) == found
    earlier = instant
    while earlier < found:
        assert not fits(earlier, allowed, zone)
        earlier += timedelta(minutes=47)


@settings(deadline=None)
@given(instants, times, zones)
def test_the_contact_hours_end_after_the_instant_and_with_its_day(
    instant: datetime, allowed: ContactTimes | None, zone: ZoneInfo
) -> None:
    assert allowed is not None
    found = next_allowed(instant, allowed, zone)
    end = closes_at(found, allowed, zone)
    assert found <= end <= found + timedelta(hours=26)


@settings(deadline=None)
@given(hours, hours)
def test_hours_without_a_common_minute_are_refused_and_no_others(
    site: SendingHours, own: SendingHours
) -> None:
    minutes = [time(minute // 60, minute % 60) for minute in range(1440)]
    common = any(site.contain(minute) and own.contain(minute) for minute in minutes)
    assert (possible((site, own), frozenset(), frozenset()) is not None) == common


@given(st.integers(1, 60), st.integers(0, 300))
def test_a_closure_is_refused_when_it_is_too_long(length: int, first: int) -> None:
    begin = date(2026, 1, 1) + timedelta(days=first)
    dates = frozenset(begin + timedelta(days=day) for day in range(length))
    assert (possible((), frozenset(), dates) is None) == (length > LONGEST_CLOSURE.days)


@settings(deadline=None)
@given(st.uuids(), instants, times, zones, st.integers(0, 60))
def test_a_text_leaves_within_its_minutes_its_hour_and_the_contact_hours(
    patient: UUID, slot: datetime, allowed: ContactTimes | None, zone: ZoneInfo, minutes: int
) -> None:
    assert allowed is not None
    earliest = next_allowed(slot, allowed, zone)
    leaves = spread_from(slot, patient, minutes, allowed, zone)
    assert leaves == spread_from(slot, patient, minutes, allowed, zone)
    assert earliest <= leaves <= earliest + timedelta(minutes=minutes)
    end = closes_at(earliest, allowed, zone)
    assert leaves < end or earliest == end
    assume(earliest.astimezone(zone).utcoffset() == leaves.astimezone(zone).utcoffset())
    assert local_of(leaves, zone).hour == local_of(earliest, zone).hour


@given(st.uuids(), st.integers(1, 60))
def test_a_patients_minute_is_hers_alone_and_stays(patient: UUID, minutes: int) -> None:
    assert timedelta() <= spread(patient, minutes) < timedelta(minutes=minutes)
    assert spread(patient, minutes) == spread(UUID(str(patient)), minutes)


def test_ten_thousand_patients_are_spread_evenly_over_the_hour() -> None:
    per_minute = [0] * 60
    for number in range(10_000):
        per_minute[int(spread(UUID(int=number), 60).total_seconds()) // 60] += 1
    assert min(per_minute) > 110
    assert max(per_minute) < 230


def test_all_leave_at_once_where_the_site_says_so() -> None:
    slot = datetime(2026, 10, 19, 13, tzinfo=UTC)
    assert spread_from(slot, UUID(int=7), 0, DAYTIME, NEW_YORK) == slot
