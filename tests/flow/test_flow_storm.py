"""Many alerts at once: the first are told at once, the rest in one text, an emergency always."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.escalation.storm import WINDOW, window_end
from rsm.flow import passing
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertEventKind, AlertState, Channel, Level
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.alert_world import SAFETY, Ward, build_ward
from tests.clinic import NURSE_PHONE, STAFF_SENDER
from tests.flow.post import Post

INVALID_NUMBER = 21211
NEW_CONTACT = "+12025550148"
BUNDLE = "staff_alert_bundle"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def post(ward: Ward) -> Post:
    return Post(ward.clinic, ward.worker, ward.clock)


def storm(ward: Ward, count: int, level: Level = Level.URGENT) -> list[AlertView]:
    return [ward.alarm(level, f"text:{level}:{number}") for number in range(count)]


def to_nurse(ward: Ward) -> list[str]:
    return [each.purpose for each in ward.texts() if each.who == "nurse"]


def is_bundled(ward: Ward, alert: AlertView) -> bool:
    return any(event.kind is AlertEventKind.BUNDLED for event in ward.timeline(alert))


def test_the_first_are_told_at_once_and_the_rest_in_one_text(ward: Ward, post: Post) -> None:
    alerts = storm(ward, 6)
    assert to_nurse(ward) == ["staff_alert", "staff_alert", BUNDLE]
    assert [is_bundled(ward, alert) for alert in alerts] == [False, False, True, True, True, True]
    post.deliver()
    assert len(post.fake.received(NURSE_PHONE)) == 2
    post.later(minutes=10)
    post.deliver()
    last = post.fake.received(NURSE_PHONE)[-1]
    assert last.startswith("Lakeside Clinic: 4 more alerts wait, the worst: urgent.")


def test_an_emergency_is_never_bundled(ward: Ward) -> None:
    storm(ward, 5)
    emergencies = storm(ward, 3, Level.EMERGENCY)
    assert not any(is_bundled(ward, alert) for alert in emergencies)
    assert all("nurse" in ward.told(alert) for alert in emergencies)


def test_what_is_counted_is_what_still_waits_when_the_text_leaves(ward: Ward, post: Post) -> None:
    alerts = storm(ward, 6)
    for alert in alerts[:4]:
        ward.take(alert, ward.clinic.nurse)
    post.later(minutes=10)
    post.deliver()
    assert "2 more alerts wait" in post.fake.received(NURSE_PHONE)[-1]


def test_a_bundle_of_which_all_was_taken_is_not_sent(ward: Ward, post: Post) -> None:
    for alert in storm(ward, 5):
        ward.take(alert, ward.clinic.nurse)
    post.later(minutes=10)
    post.deliver()
    assert post.fake.received(NURSE_PHONE) == []
    (bundle,) = [each for each in ward.texts() if each.purpose == BUNDLE]
    assert bundle.state == "cancelled"


def test_the_ladder_climbs_on_although_the_first_text_was_bundled(ward: Ward) -> None:
    last = storm(ward, 5)[-1]
    ward.passes(minutes=15)
    assert {event.staff_id for event in ward.timeline(last)} >= {
        ward.clinic.nurse,
        ward.clinic.second,
    }


def test_in_no_ten_minutes_are_there_more_than_three(ward: Ward, post: Post) -> None:
    start = ward.clock.now()
    for number in range(40):
        ward.alarm(Level.URGENT, f"text:{number}")
        post.deliver()
        ward.passes(minutes=1)
        post.deliver()
    found = post.fake.sent_to(NURSE_PHONE, STAFF_SENDER, start)
    sent = sorted(each.created_at for each in found)
    assert len(sent) > 6
    assert all(later - first >= WINDOW for first, later in zip(sent, sent[3:], strict=False))


def test_when_the_bundle_cannot_be_delivered_the_ladder_goes_on_at_once(
    ward: Ward, post: Post
) -> None:
    last = storm(ward, 4)[-1]
    post.fake.faults.refused[NURSE_PHONE] = INVALID_NUMBER
    post.later(minutes=11)
    post.deliver()
    escalate_due(ward.worker)
    assert ward.clinic.second in {event.staff_id for event in ward.timeline(last)}


def test_two_at_once_make_one_bundle(ward: Ward) -> None:
    storm(ward, 2)

    def alarm(number: int) -> AlertView:
        return ward.alarm(Level.URGENT, f"text:at-once:{number}")

    with ThreadPoolExecutor(4) as pool:
        alerts = list(pool.map(alarm, range(4)))
    assert all(alert.state is AlertState.OPEN for alert in alerts)
    assert all(is_bundled(ward, alert) for alert in alerts)
    assert to_nurse(ward).count(BUNDLE) == 1


def test_windows_end_at_fixed_times_and_never_within_half_a_minute(clock: VirtualClock) -> None:
    now = clock.now()
    assert window_end(now) == now + WINDOW
    assert window_end(now + timedelta(minutes=9, seconds=20)) == now + WINDOW
    assert window_end(now + timedelta(minutes=9, seconds=40)) == now + 2 * WINDOW


def test_a_text_taken_by_another_channel_is_not_counted(ward: Ward) -> None:
    first, *_ = storm(ward, 2)
    ward.take(first, ward.clinic.nurse, Channel.SMS)
    third = ward.alarm(Level.URGENT, "text:third")
    assert not is_bundled(ward, third)  # the first one's text was cancelled before it left


def test_what_comes_after_its_window_was_closed_waits_in_the_next(ward: Ward, post: Post) -> None:
    storm(ward, 3)
    with ward.clinic.begin() as tx:  # it left while the next alert waited for its turn
        gone = "UPDATE message SET state = 'sent', next_at = NULL WHERE purpose = :bundle"
        tx.session.execute(text(gone), {"bundle": BUNDLE})
    late = ward.alarm(Level.URGENT, "text:late")
    assert is_bundled(ward, late)
    waiting = [each.state for each in ward.texts() if each.purpose == BUNDLE]
    assert sorted(waiting) == ["queued", "sent"]
    post.later(minutes=20)
    post.deliver()
    assert any("1 more alert" in said for said in post.fake.received(NURSE_PHONE))


def test_a_mended_safety_contact_gets_what_was_bundled_for_the_wrong_one(
    ward: Ward, post: Post
) -> None:
    alerts = storm(ward, 4)
    for _ in range(3):
        ward.passes(minutes=15)
    assert all(SAFETY in ward.told(each) or is_bundled(ward, each) for each in alerts)
    with ward.clinic.begin() as tx:
        former = sites.get(tx, ward.clinic.site)
        mended = as_agreed(former).model_copy(update={"safety_contact_phone": NEW_CONTACT})
        sites.update_site(tx, ward.clinic.site, mended)
        assert passing.safety_contact_changed(tx, former) == len(alerts)
    ward.passes(minutes=0)
    post.later(minutes=11)
    post.deliver()
    assert post.fake.received(former.safety_contact_phone) == []
    assert "more alert" in post.fake.received(NEW_CONTACT)[-1]
