"""When a patient may be written to, and how long a failure waits."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.messaging.decide import FIRST_WAIT, backoff, wait_after
from rsm.messaging.hours import next_allowed
from rsm.messaging.planning import contact_times
from rsm.sites.calendar import SiteTimes

NEW_YORK = ZoneInfo("America/New_York")
SITE = SiteTimes(time(8), time(20), frozenset({5, 6}), frozenset({date(2026, 11, 26)}))


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def first(local: datetime, own: tuple[time | None, time | None] = (None, None)) -> datetime:
    """The wall time from which she may be written to."""
    at = next_allowed(local.replace(tzinfo=NEW_YORK), contact_times(SITE, own), NEW_YORK)
    return at.astimezone(NEW_YORK).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("now", "own", "allowed"),
    [
        (wall("2026-10-19 07:00"), (None, None), wall("2026-10-19 08:00")),
        (wall("2026-10-19 09:00"), (time(10), time(12)), wall("2026-10-19 10:00")),
        (wall("2026-10-19 12:00"), (time(10), time(12)), wall("2026-10-20 10:00")),
        (wall("2026-10-19 07:00"), (time(6), time(9)), wall("2026-10-19 08:00")),  # the site's
        (wall("2026-10-23 20:00"), (None, None), wall("2026-10-26 08:00")),  # the weekend
        (wall("2026-11-26 09:00"), (None, None), wall("2026-11-27 08:00")),  # Thanksgiving
    ],
)
def test_her_hours_count_within_the_sites_hours_and_days(
    now: datetime, own: tuple[time | None, time | None], allowed: datetime
) -> None:
    assert first(now, own) == allowed


def test_hours_that_the_site_has_left_behind_do_not_silence_her() -> None:
    assert first(wall("2026-10-19 07:00"), (time(21), time(23))) == wall("2026-10-19 08:00")


@given(st.integers(1, 40), st.floats(0, 1))
def test_without_a_wish_the_back_off_counts(attempt: int, jitter: float) -> None:
    assert wait_after(attempt, jitter, None) == backoff(attempt, jitter)


@given(st.integers(-600, 7200), st.floats(0, 1))
def test_a_providers_wish_is_kept_and_spread(seconds: int, jitter: float) -> None:
    wished = timedelta(seconds=seconds)
    wait = wait_after(3, jitter, wished)
    assert max(wished, timedelta()) <= wait <= max(wished, timedelta()) + FIRST_WAIT


def test_the_times_of_a_site_are_worked_out_once() -> None:
    assert contact_times(SITE, (None, None)) is contact_times(SITE, (None, None))
