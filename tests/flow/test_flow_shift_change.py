"""A text leaves after the shift has changed: whoever went off duty is not told, the next one is."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertEventKind, Level, Role
from rsm.security import staff
from tests.alert_world import SAFETY, Ward, build_ward
from tests.clinic import CHARGE_PHONE, NURSE_PHONE, SECOND_PHONE
from tests.flow.post import Post
from tests.rota_clinic import clear, weekly

BUNDLE = "staff_alert_bundle"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """It is Monday, 9:00. Dana is on duty until 9:05, Ben from then on, Ruth beside both."""
    ward = build_ward(web_db, worker_db, clock)
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, [0], "00:00", "09:05")
    weekly(ward.clinic, ward.clinic.second, [0], "09:05", "23:00")
    weekly(ward.clinic, ward.clinic.charge, [0], "00:00", "23:00", rank=2)
    return ward


@pytest.fixture
def post(ward: Ward) -> Post:
    return Post(ward.clinic, ward.worker, ward.clock)


def storm(ward: Ward, count: int, level: Level = Level.URGENT) -> list[AlertView]:
    return [ward.alarm(level, f"text:{level}:{number}") for number in range(count)]


def due(ward: Ward, alert: AlertView) -> datetime | None:
    with ward.clinic.begin() as tx:
        return escalation.standing(tx, [alert.id])[alert.id].next_at


def bundles(ward: Ward) -> list[tuple[str, str]]:
    return [(each.who, each.state) for each in ward.texts() if each.purpose == BUNDLE]


def reasons(ward: Ward) -> set[str]:
    """Why what was cancelled was."""
    query = text("SELECT reason FROM message WHERE state = 'cancelled'")
    with ward.clinic.begin() as tx:
        return set(tx.session.scalars(query))


def go_round(ward: Ward, post: Post, minutes: float = 0) -> None:
    post.later(minutes=minutes)
    post.deliver()
    escalate_due(ward.worker)
    post.deliver()


def test_a_bundle_does_not_go_to_whoever_went_off_duty_and_the_next_one_is_told(
    ward: Ward, post: Post
) -> None:
    storm(ward, 4)
    go_round(ward, post)
    assert len(post.fake.received(NURSE_PHONE)) == 2
    go_round(ward, post, minutes=10)
    assert len(post.fake.received(NURSE_PHONE)) == 2
    assert ("nurse", "cancelled") in bundles(ward)
    assert reasons(ward) == {"off_duty"}
    assert len(post.fake.received(SECOND_PHONE)) == 2  # the two that waited in the bundle


def test_what_the_shift_change_tells_anew_postpones_nothing(ward: Ward, post: Post) -> None:
    last = storm(ward, 4)[-1]
    planned = due(ward, last)
    go_round(ward, post, minutes=10)
    assert "second" in ward.told(last)
    assert due(ward, last) == planned


def test_the_rest_is_bundled_for_the_next_one_too(ward: Ward, post: Post) -> None:
    alerts = storm(ward, 8)
    go_round(ward, post, minutes=10)
    post.later(minutes=0)
    assert len(post.fake.received(SECOND_PHONE)) == 2
    assert ("second", "queued") in bundles(ward)
    told = {event.staff_id for alert in alerts[2:] for event in ward.timeline(alert)}
    assert ward.clinic.second in told


def test_whoever_is_still_on_duty_gets_her_bundle(ward: Ward, post: Post) -> None:
    storm(ward, 4)
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, [0], "00:00", "09:30")
    go_round(ward, post, minutes=10)
    assert "2 more alerts wait" in post.fake.received(NURSE_PHONE)[-1]


def test_whoever_the_ladder_names_by_her_role_needs_no_shift(ward: Ward, post: Post) -> None:
    """Ruth is the manager: told as such, whatever the roster says."""
    storm(ward, 4)
    for _ in range(2):
        ward.passes(minutes=15)
    with ward.clinic.begin() as tx:
        assert Role.MANAGER in staff.at_site(tx, ward.clinic.site)[ward.clinic.charge]
    clear(ward.clinic)
    before = len(post.fake.received(CHARGE_PHONE))
    go_round(ward, post, minutes=10)
    assert len(post.fake.received(CHARGE_PHONE)) > before


def test_where_nobody_is_on_duty_any_more_the_ladder_goes_on_at_once(
    ward: Ward, post: Post
) -> None:
    last = storm(ward, 4)[-1]
    clear(ward.clinic)
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)
    go_round(ward, post, minutes=10)
    assert SAFETY in ward.told(last)
    assert AlertEventKind.NOBODY in {event.kind for event in ward.timeline(last)}


def test_a_text_that_left_late_after_an_outage_does_not_go_to_whoever_went_home(
    ward: Ward, post: Post
) -> None:
    alert = ward.alarm()
    go_round(ward, post, minutes=10)  # nothing was sent in all that time
    assert post.fake.received(NURSE_PHONE) == []
    assert ward.told(alert)[-1] == "second"
    assert len(post.fake.received(SECOND_PHONE)) == 1


def test_of_two_who_were_told_together_only_the_one_who_went_is_replaced(
    ward: Ward, post: Post
) -> None:
    """An emergency tells the first and the second at once: Ruth is there all day."""
    ward.clock.advance(timedelta(minutes=3))
    alert = ward.alarm(Level.EMERGENCY)
    go_round(ward, post, minutes=3)
    assert post.fake.received(NURSE_PHONE) == []
    assert len(post.fake.received(SECOND_PHONE)) == 1
    assert len(post.fake.received(CHARGE_PHONE)) == 1
    assert due(ward, alert) == ward.clock.now() + timedelta(minutes=2)
