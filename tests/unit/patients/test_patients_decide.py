"""When a pause ends by itself, when somebody is asked, and never nobody."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.errors import Invalid
from rsm.kernel.localtime import local_of
from rsm.patients.decide import (
    HABITS,
    MORNING,
    PauseStep,
    PauseView,
    first_timer,
    next_timer,
    step,
    until_instant,
)
from rsm.patients.model import PauseReason

NOW = datetime(2026, 10, 19, 13, tzinfo=UTC)
ZONES = ["America/New_York", "Pacific/Apia", "Asia/Kolkata", "Europe/Paris"]
NEW_YORK = ZoneInfo("America/New_York")


def pause(reason: PauseReason, until: datetime | None = None) -> PauseView:
    next_at = first_timer(reason, NOW, until)
    nobody = UUID(int=0)
    return PauseView(nobody, nobody, nobody, reason, NOW, until, None, next_at, 0, 0, "staff", None)


def test_every_reason_has_its_time() -> None:
    assert set(HABITS) == set(PauseReason)
    for reason in PauseReason:
        assert timedelta() < next_timer(reason, NOW) - NOW <= timedelta(days=28)


@pytest.mark.parametrize("reason", list(PauseReason))
def test_without_a_day_nobody_is_resumed_unasked(reason: PauseReason) -> None:
    running = pause(reason)
    assert running.next_at is not None
    assert step(running, running.next_at - timedelta(seconds=1)) is PauseStep.WAIT
    assert step(running, running.next_at) is PauseStep.ASK


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (PauseReason.TRAVEL, PauseStep.RESUME),
        (PauseReason.REQUEST, PauseStep.RESUME),
        (PauseReason.INPATIENT, PauseStep.ASK),
        (PauseReason.HOSPICE, PauseStep.ASK),
        (PauseReason.REPORTED_DEATH, PauseStep.ASK),
    ],
)
def test_on_its_day_only_travel_and_a_rest_end_by_themselves(
    reason: PauseReason, what: PauseStep
) -> None:
    until = NOW + timedelta(days=3)
    assert step(pause(reason, until), until) is what


@given(days=st.integers(1, 360), zone=st.sampled_from(ZONES))
def test_the_day_begins_in_the_patients_own_morning(days: int, zone: str) -> None:
    place = ZoneInfo(zone)
    day = local_of(NOW, place).date() + timedelta(days=days)
    at = until_instant(day, place, NOW)
    assert at is not None
    assert local_of(at, place) == datetime.combine(day, MORNING)


@pytest.mark.parametrize("day", [date(2026, 10, 19), date(2020, 1, 1), date(2028, 1, 1)])
def test_a_day_that_is_past_or_too_far_is_refused_with_what_to_do(day: date) -> None:
    with pytest.raises(Invalid) as refused:
        until_instant(day, NEW_YORK, NOW)
    assert refused.value.problems[0].mend
