"""Quiet hours defer and never drop, in every zone and on every night (P14, lessons 38 and 43)."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rsm.kernel.localtime import local_of, zone_names, zone_named
from rsm.messaging.hours import DAYTIME, SendingHours, closes_at, fits, next_allowed

zones = st.sampled_from(sorted(zone_names())).map(zone_named)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
hours = st.builds(
    lambda opens, closes: (time(opens // 60, opens % 60), time(closes // 60, closes % 60)),
    st.integers(0, 1439),
    st.integers(0, 1439),
).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: SendingHours(*pair))

NEW_YORK = zone_named("America/New_York")
SPRING_NIGHT = datetime(2027, 3, 14, 5, tzinfo=UTC)
AUTUMN_NIGHT = datetime(2026, 11, 1, 4, tzinfo=UTC)


@given(instants, hours, zones)
@example(SPRING_NIGHT, SendingHours(time(2, 30), time(21)), NEW_YORK)
@example(SPRING_NIGHT, SendingHours(time(2), time(3)), NEW_YORK)
@example(AUTUMN_NIGHT, SendingHours(time(1, 30), time(1, 45)), NEW_YORK)
@example(
    datetime(2011, 12, 30, 9, 30, tzinfo=UTC),
    SendingHours(time(8), time(21)),
    zone_named("Pacific/Apia"),
)
def test_a_text_is_deferred_to_sending_hours_and_never_far(
    instant: datetime, sending: SendingHours, zone: object
) -> None:
    assert hasattr(zone, "key")
    zone = zone_named(zone.key)
    allowed = next_allowed(instant, sending, zone)
    assert allowed >= instant
    assert fits(allowed, sending, zone)
    assert allowed - instant <= timedelta(hours=50)
    assert next_allowed(allowed, sending, zone) == allowed
    if fits(instant, sending, zone):
        assert allowed == instant
