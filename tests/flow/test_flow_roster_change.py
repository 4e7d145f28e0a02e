"""An alert finds whoever is on duty by the roster as it was changed, and nobody else (P4, P5)."""

from datetime import UTC, datetime, timedelta

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from tests.alert_world import SAFETY, Ward, build_ward
from tests.rota_clinic import absence, clear, cover, override, weekly
from tests.rota_world import local


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """Lakeside with an empty roster."""
    built = build_ward(web_db, worker_db, clock)
    clear(built.clinic)
    return built


def test_at_night_the_one_who_stands_in_is_told_and_she_who_is_off_is_not(ward: Ward) -> None:
    weekly(ward.clinic, ward.clinic.nurse, range(7), "00:00", "00:00")
    override(
        ward.clinic, ward.clinic.second, "2026-10-20T20:00", "2026-10-21T08:00", ward.clinic.nurse
    )
    ward.clock.set(local("2026-10-21T02:10"))
    alert = ward.alarm(Level.EMERGENCY)
    assert ward.told(alert) == ["second"]
    for _ in range(8):
        ward.passes(minutes=15)
    assert set(ward.told(alert)) <= {"second", "charge", SAFETY}  # Ruth is the manager
    assert "nurse" not in ward.told(alert)


def test_once_the_cover_is_over_the_next_step_finds_her_who_came_back(ward: Ward) -> None:
    weekly(ward.clinic, ward.clinic.nurse, range(7), "00:00", "00:00")
    cover(
        ward.clinic, ward.clinic.nurse, ward.clinic.second, "2026-10-20T20:00", "2026-10-21T02:00"
    )
    ward.clock.set(local("2026-10-21T01:50"))
    early = ward.alarm(key="text:early")
    assert ward.told(early) == ["second"]
    ward.clock.set(local("2026-10-21T02:00"))
    late = ward.alarm(key="text:late")
    assert ward.told(late) == ["nurse"]


def test_of_a_person_who_is_absent_the_second_in_rank_is_told_at_once(ward: Ward) -> None:
    weekly(ward.clinic, ward.clinic.nurse, range(7), "00:00", "00:00")
    weekly(ward.clinic, ward.clinic.second, range(7), "00:00", "00:00", 2)
    absence(ward.clinic, ward.clinic.nurse, "2026-10-19T00:00", "2026-10-24T00:00")
    alert = ward.alarm()
    assert ward.told(alert) == ["second"]


@pytest.mark.parametrize(
    ("night", "ends", "begins"),
    [
        (datetime(2027, 3, 14, 5, tzinfo=UTC), "03:00", "02:30"),
        (datetime(2027, 3, 14, 5, tzinfo=UTC), "02:30", "02:30"),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), "01:30", "01:30"),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), "02:00", "01:00"),
    ],
)
def test_on_both_nights_of_the_clock_an_alert_finds_somebody_at_every_quarter_of_an_hour(
    ward: Ward, night: datetime, ends: str, begins: str
) -> None:
    weekly(ward.clinic, ward.clinic.nurse, [5], "20:00", ends)
    weekly(ward.clinic, ward.clinic.second, [6], begins, "12:00")
    for quarter in range(5 * 4):
        ward.clock.set(night + timedelta(minutes=15 * quarter))
        alert = ward.alarm(key=f"text:{quarter}")
        told = set(ward.told(alert))
        assert told
        assert told <= {"nurse", "second"}, ward.clock.now()
