"""What a site's senders may do, as data: rates, caps, registration with the carriers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rsm.kernel.words import Channel
from rsm.sites.pace import BURST, leaving
from rsm.sites.senders import (
    Registration,
    RegistrationStatus,
    SenderKind,
    SenderSettings,
    Taken,
    usual,
)

NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)


def taken(count: int, first: datetime = NOW) -> Taken:
    return Taken(first, count, first.date())


@pytest.mark.parametrize(
    "values",
    [
        {"per_second": 0},
        {"per_second": -1},
        {"per_second": float("inf")},
        {"daily_cap": 0},
        {"kind": "carrier_pigeon"},
        {"registration": {"campaign": "C1"}},
        {"registration": {"messaging_service_sid": "MG1"}},
        {"registration": {"status": "registered"}},
    ],
)
def test_what_no_carrier_means_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SenderSettings.model_validate(values)


def test_a_registration_keeps_what_the_carriers_know() -> None:
    given_ = {
        "status": "registered",
        "brand_id": "BNXXXX",
        "campaign_id": "CMXXXX",
        "use_case": "PUBLIC_SERVICE_ANNOUNCEMENT",
        "registered_on": "2026-09-01",
        "sample_texts": ["Lakeside: your check-in is ready. https://rsm.example.org/s/x"],
    }
    known = Registration.model_validate(given_)
    assert (known.status, known.registered_on) == (
        RegistrationStatus.REGISTERED,
        date(2026, 9, 1),
    )


def test_an_address_for_mail_needs_no_registration() -> None:
    assert usual(Channel.EMAIL).kind is SenderKind.EMAIL
    assert usual(Channel.SMS).per_second == 1


def test_one_a_second_leaves_one_each_second() -> None:
    times = leaving(taken(3), timedelta(seconds=1), NOW)
    assert times == (NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2))


def test_ten_a_second_leave_as_many_at_once_as_a_second_takes_and_the_rest_evenly() -> None:
    times = leaving(taken(12), timedelta(milliseconds=100), NOW)
    assert times[:10] == (NOW,) * 10
    assert times[10:] == (NOW + timedelta(milliseconds=100), NOW + timedelta(milliseconds=200))


def test_a_sender_slower_than_one_a_second_keeps_its_pace() -> None:
    times = leaving(taken(2), timedelta(seconds=10), NOW)
    assert times == (NOW, NOW + timedelta(seconds=10))


@given(
    st.integers(1, 400),
    st.sampled_from([0.1, 0.5, 1, 3, 10, 75, 1000]),
    st.integers(0, 5_000),
)
def test_no_second_lets_out_more_than_a_burst_and_what_a_second_brings(
    count: int, per_second: float, ahead: int
) -> None:
    every = timedelta(seconds=1 / per_second)
    times = leaving(taken(count, NOW + timedelta(milliseconds=ahead)), every, NOW)
    assert list(times) == sorted(times)
    assert min(times) >= NOW
    most = 2 * max(1, per_second) + 1
    for start in times:
        assert sum(start <= at < start + BURST for at in times) <= most
