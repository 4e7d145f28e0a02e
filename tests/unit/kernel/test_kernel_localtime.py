"""Local wall time and instants: starts at the first coming, ends at the last (lesson 39)."""

from datetime import UTC, datetime

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.localtime import (
    end_instant,
    instants_of,
    local_of,
    offset_change,
    start_instant,
    zone_named,
    zone_names,
)

NEW_YORK = zone_named("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("local", "starts", "ends"),
    [
        ("2026-07-01T09:00", "2026-07-01T13:00+00:00", "2026-07-01T13:00+00:00"),
        ("2026-11-01T01:30", "2026-11-01T05:30+00:00", "2026-11-01T06:30+00:00"),  # twice
        ("2027-03-14T02:30", "2027-03-14T07:30+00:00", "2027-03-14T07:30+00:00"),  # never
    ],
)
def test_a_doubled_hour_overlaps_and_a_skipped_one_shifts_forward(
    local: str, starts: str, ends: str
) -> None:
    assert start_instant(at(local), NEW_YORK) == at(starts)
    assert end_instant(at(local), NEW_YORK) == at(ends)
    assert instants_of(at(local), NEW_YORK)[1] == at(ends)


def test_instants_are_in_utc_and_walls_are_naive() -> None:
    instant = start_instant(at("2026-07-01T09:00"), NEW_YORK)
    assert instant.tzinfo is UTC
    assert local_of(instant, NEW_YORK) == at("2026-07-01T09:00")


def test_the_change_of_the_clock_is_found_to_the_second() -> None:
    before, after = at("2027-03-14T00:00+00:00"), at("2027-03-15T00:00+00:00")
    assert offset_change(before, after, NEW_YORK) == at("2027-03-14T07:00+00:00")
    assert offset_change(after, at("2027-03-16T00:00+00:00"), NEW_YORK) is None


def test_every_listed_zone_opens() -> None:
    assert {"UTC", "Pacific/Guam", "America/Puerto_Rico"} <= zone_names()
    assert all(zone_named(name).key == name for name in zone_names())


@pytest.mark.parametrize("name", ["america/new_york", "New York", "new york", "America/NewYork"])
def test_a_slip_is_mended(name: str) -> None:
    with pytest.raises(Invalid, match="did you mean `America/New_York`"):
        zone_named(name, "patient.zone")
