"""Many alerts in one moment: all routed, all on their ladders, emergencies first, none lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from integrations.twilio.fake import FakeSender
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView, Opening
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.escalation import store
from rsm.escalation.states import EscalationState
from rsm.escalation.storm import PURPOSE, WINDOW, put_off, window_end
from rsm.flow import judge
from rsm.flow.deliver import deliver_due
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertEventKind, AlertKind, Level
from rsm.messaging.model import Accepted, Lane, Outgoing
from rsm.patients import service as patients
from rsm.worker.lanes import looked_into
from tests.alert_world import Ward, build_ward
from tests.clinic import NURSE_PHONE, STAFF_SENDER, tell_each_by_itself
from tests.flow.post import CONFIG, Post
from tests.processes import wait_for

MANY = 120
EMERGENCIES = MANY // 10
FEWER = 40
CONNECTIONS = 4
AT_MOST = 3  # texts to one person in ten minutes, by the policy that ships
EMERGENCY = "EMERGENCY"  # how a text says so
_TELLING = {AlertEventKind.TOLD, AlertEventKind.BUNDLED}


@dataclass
class Line:
    """The line to the provider: every text in the order in which it was handed over."""

    fake: FakeSender
    handed_over: list[str] = field(default_factory=list)

    def send(self, message: Outgoing) -> Accepted:
        self.handed_over.append(message.body)
        return self.fake.send(message)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tells the same person in the same moment is waited for, however slow the host: after
    a third of a second a text would go into the bundle."""
    monkeypatch.setattr(store, "_MOMENTS", 10_000)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def post(ward: Ward) -> Post:
    return Post(ward.clinic, ward.worker, ward.clock)


def raise_alert(ward: Ward, number: int) -> AlertView:
    """Opened, routed by the site's tree, and put on its ladder; every tenth is an emergency."""
    level = Level.URGENT if number % 10 else Level.EMERGENCY
    with ward.clinic.begin() as tx:
        opening = Opening(
            f"text:{number}", ward.clinic.site, AlertKind.TEXT, level, "A text.", is_test=False
        )
        opened = alerts.open_alert(tx, opening)
        judge.tell(tx, opened, patients.peek(tx, ward.patient))
        return alerts.get(tx, opened.alert.id)


def raise_many(ward: Ward, count: int = MANY) -> list[AlertView]:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(lambda number: raise_alert(ward, number), range(count)))


def told(ward: Ward, alert: AlertView) -> Counter[object]:
    """How often each person was told of it, by a text of its own or in a bundle."""
    events = ward.timeline(alert)
    return Counter(event.staff_id for event in events if event.kind in _TELLING)


def staff_round(ward: Ward, line: Line) -> None:
    """What a worker's thread for texts to staff does when it is woken."""
    deliver_due(ward.worker, line, looked_into(Lane.STAFF), CONFIG)


def test_each_is_routed_and_on_its_ladder_and_each_person_told_once(ward: Ward) -> None:
    opened = raise_many(ward)
    clinic = ward.clinic
    assert all(alert.team_id == clinic.team and alert.route_reason for alert in opened)
    with clinic.begin() as tx:
        standing = escalation.standing(tx, [alert.id for alert in opened])
    assert len(standing) == MANY
    assert all(one.state is EscalationState.CLIMBING and one.next_at for one in standing.values())
    for alert in opened:
        others = [clinic.second] if alert.level is Level.EMERGENCY else []
        assert told(ward, alert) == Counter([clinic.nurse, *others])


def test_no_other_text_leaves_before_the_last_emergency_that_waits(ward: Ward, post: Post) -> None:
    raise_many(ward)
    line = Line(post.fake)
    staff_round(ward, line)
    urgent_ones = [EMERGENCY in body for body in line.handed_over]
    assert urgent_ones[: 2 * EMERGENCIES] == [True] * 2 * EMERGENCIES
    assert 0 < len(urgent_ones[2 * EMERGENCIES :]) < AT_MOST
    assert not any(urgent_ones[2 * EMERGENCIES :])


def test_of_all_the_others_a_nurse_gets_no_more_texts_than_her_policy_allows(
    ward: Ward, post: Post
) -> None:
    start = ward.clock.now()
    raise_many(ward)
    line = Line(post.fake)
    for _ in range(12):
        staff_round(ward, line)
        ward.clock.advance(timedelta(minutes=1))
    found = post.fake.sent_to(NURSE_PHONE, STAFF_SENDER, start)
    texts = sorted(each.created_at for each in found if EMERGENCY not in each.body)
    assert len(texts) >= AT_MOST
    assert all(b - a >= WINDOW for a, b in zip(texts, texts[AT_MOST:], strict=False))


def test_when_all_steps_fall_due_in_one_moment_the_emergencies_are_taken_first(ward: Ward) -> None:
    opened = raise_many(ward, FEWER)
    ward.clock.advance(timedelta(minutes=15))
    assert escalate_due(ward.worker) == FEWER
    last = {alert.id: ward.timeline(alert)[-1].seq for alert in opened}
    first = [last[alert.id] for alert in opened if alert.level is Level.EMERGENCY]
    others = [last[alert.id] for alert in opened if alert.level is not Level.EMERGENCY]
    assert max(first) < min(others)


def test_where_a_policy_allows_it_each_is_told_by_itself_however_many_at_once(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        tell_each_by_itself(tx, ward.clinic.site)
    raise_many(ward, FEWER)
    assert not any(each.purpose == PURPOSE for each in ward.texts())


def test_a_text_that_leaves_in_this_moment_is_no_bundle_of_later(clock: VirtualClock) -> None:
    now = clock.now()
    assert put_off([now + timedelta(milliseconds=20)], AT_MOST, now) is None
    assert put_off([now + timedelta(minutes=5)], AT_MOST, now) == window_end(now)


def test_two_in_the_same_moment_are_both_told_at_once(ward: Ward, owner: Engine) -> None:
    """One of them waits for the other rather than for the end of ten minutes."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE query LIKE '%pg_sleep%' AND pid <> :me AND datname = current_database()"
    )

    def is_waiting() -> bool:
        with owner.connect() as connection:
            me = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            return bool(connection.execute(text(waits), {"me": me}).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with ward.clinic.begin() as tx:
            opening = Opening(
                "text:1", ward.clinic.site, AlertKind.TEXT, Level.URGENT, "A text.", is_test=False
            )
            judge.tell(tx, alerts.open_alert(tx, opening), patients.peek(tx, ward.patient))
            second = pool.submit(raise_alert, ward, 2)
            wait_for(is_waiting, "the second alert")
        second.result()
    assert [each.purpose for each in ward.texts()] == ["staff_alert", "staff_alert"]
