"""Random wards, whatever people, phones and the worker do: the five promises of a ladder hold.

Random policies (waits in service minutes, alerts held out of hours), rosters that change, numbers
that fail, a worker that is away; alerts that are taken, taken over, handed on, put off, sent to a
step, given back, closed, opened again and made worse. It is asked each time: has every open alert a
next step or a running loan; were emergencies told in time; was nobody told of what somebody has or
what is closed; nobody off duty; nobody more often than the throttle allows.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView, Change, Opening
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.escalation import published
from rsm.escalation import service as escalation
from rsm.escalation.model import Policy
from rsm.escalation.policies import load_policy, safe_within
from rsm.escalation.states import EscalationState
from rsm.escalation.storm import WINDOW
from rsm.flow import passing, triage
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Channel, Level
from rsm.messaging.model import Lane
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.alert_world import Ward, build_ward
from tests.clinic import CHARGE_PHONE, NURSE_PHONE, SAFETY_PHONE, SECOND_PHONE
from tests.flow.post import Post
from tests.rota_clinic import clear, weekly

ACTS = 20
ALARMS = 8
MOST = 3  # texts to one person in ten minutes
INVALID_NUMBER = 21211
TO_OWNER = {"staff_alert_repeated", "staff_alert_assigned"}
OF_THE_LADDER = {"staff_alert", "staff_alert_again", "staff_alert_bundle", "safety_contact_alert"}
BEGINS = {
    AlertEventKind.OPENED,
    AlertEventKind.WORSENED,
    AlertEventKind.REOPENED,
    AlertEventKind.EXPIRED,
}
_DUE = """
SELECT min(next_at) FROM escalation WHERE state <> 'done'
UNION ALL SELECT min(next_at) FROM message WHERE state = 'queued'
"""
_STANDING = """
SELECT a.state, a.loan_until, e.state AS ladder, e.next_at
FROM alert a LEFT JOIN escalation e ON e.alert_id = a.id
"""
_EMERGENCIES = "SELECT id FROM alert WHERE level = 'emergency' AND state = 'open'"
FIRST, SECOND = '{ kind = "on_duty", rank = 1 }', '{ kind = "on_duty", rank = 2 }'
MANAGER, SAFETY = '{ kind = "role", role = "manager" }', '{ kind = "safety_contact" }'


# --- random policies -----------------------------------------------------------------------


def some_policy(random: Random) -> tuple[Policy, str]:
    """One that may be published: drawn again until it is."""
    while True:
        body = _policy(random)
        try:
            return load_policy(body, "random"), body
        except Invalid:
            continue


def _policy(random: Random) -> str:
    head = 'key = "random"\nversion = "1.0.0"\ntitle = "r"\nauthor = "r"\n'
    head += f"texts_in_ten_minutes = {MOST}\n"
    return head + "".join(_ladder(random, level) for level in Level)


def _ladder(random: Random, level: Level) -> str:
    held = level is not Level.EMERGENCY and random.random() < 0.4
    at_once = level in {Level.EMERGENCY, Level.URGENT} or random.random() < 0.5
    lines = [
        f"[levels.{level}]",
        f"target_minutes = {random.randint(10, 90)}",
        f'first_step = "{"at_once" if at_once else "at_target"}"',
        f"ack_loan_minutes = {random.randint(15, 90)}",
        f"text_ack_loan_minutes = {random.randint(5, 15)}",
        f'out_of_hours = "{"held" if held else "on_call"}"',
        f"held_at_most_minutes = {random.randint(30, 960)}",
    ]
    for who in [*random.sample([FIRST, SECOND, MANAGER], random.randint(0, 3)), None]:
        named = who or f"{SAFETY}, {FIRST}"
        lines += [
            f"[[levels.{level}.steps]]",
            f"who = [{named}]",
            f"wait_minutes = {random.randint(3, 25)}",
            f'wait_in = "{"service" if held else "clock"}"',
        ]
    return "\n".join(lines) + "\n"


# --- a ward in which anything may happen ---------------------------------------------------


@dataclass
class World:
    """The ward, and what its phones got: when, whose, by which lane."""

    ward: Ward
    random: Random
    policy: Policy
    post: Post
    seen: int = 0  # of what the provider took
    told: list[tuple[datetime, str, str, Lane]] = field(default_factory=list)
    alarms: list[UUID] = field(default_factory=list)
    away_until: datetime | None = None  # the worker

    @property
    def people(self) -> list[UUID]:
        clinic = self.ward.clinic
        return [clinic.nurse, clinic.second, clinic.charge]

    @property
    def phones(self) -> dict[str, UUID]:
        return dict(zip([NURSE_PHONE, SECOND_PHONE, CHARGE_PHONE], self.people, strict=True))

    def now(self) -> datetime:
        return self.ward.clock.now()

    def some_alert(self) -> AlertView:
        with self.ward.clinic.begin() as tx:
            return alerts.get(tx, self.random.choice(self.alarms))

    # --- the worker --------------------------------------------------------------------------

    def go_round(self) -> None:
        """Until nothing is due any more, unless the worker is away."""
        if self.away_until is not None and self.now() < self.away_until:
            return
        for _ in range(20):
            self.deliver()
            if not escalate_due(self.ward.worker):
                break
        self.deliver()
        self.check_next_steps()
        self.check_emergencies()

    def pass_time(self, minutes: float) -> None:
        """The worker is there whenever something is due, unless it is away."""
        until = self.now() + timedelta(minutes=minutes)
        while (due := self.next_due()) is not None and due <= until:
            self.ward.clock.set(max(due, self.now()))
            self.go_round()
        self.ward.clock.set(until)
        self.go_round()

    def next_due(self) -> datetime | None:
        with self.ward.worker.begin(EVERYWHERE) as tx:
            found = [at for at in tx.session.scalars(text(_DUE)) if at is not None]
        return max(min(found), self.away_until or min(found)) if found else None

    def deliver(self) -> None:
        """What leaves is looked at as it leaves."""
        self.post.deliver()
        new, self.seen = self.post.fake.accepted[self.seen :], len(self.post.fake.accepted)
        with self.ward.clinic.begin() as tx:
            for outgoing in new:
                row = tx.session.execute(
                    text("SELECT purpose, alert_id, staff_id, lane FROM message WHERE id = :id"),
                    {"id": outgoing.id},
                ).one()
                self.told.append((tx.now, outgoing.to, row.purpose, Lane(row.lane)))
                self.check_wanted(tx, row.purpose, row.alert_id, row.staff_id)
                if row.purpose in OF_THE_LADDER:
                    self.check_duty(tx, outgoing.to)

    # --- what must hold ----------------------------------------------------------------------

    def check_next_steps(self) -> None:
        """At every instant every open alert has a next step or a running loan."""
        with self.ward.clinic.begin() as tx:
            for row in tx.session.execute(text(_STANDING)):
                if row.state == AlertState.CLOSED:
                    assert (row.ladder, row.next_at) == (EscalationState.DONE, None)
                    continue
                assert row.next_at is not None
                assert row.next_at > tx.now
                loaned = row.ladder == EscalationState.LOANED
                assert loaned == (row.state == AlertState.ACKNOWLEDGED)
                assert not loaned or row.loan_until > tx.now

    def check_emergencies(self) -> None:
        """Told at once, and the safety contact within the policy's bound."""
        with self.ward.clinic.begin() as tx:
            ids = tx.session.scalars(text(_EMERGENCIES)).all()
            known = [alerts.get(tx, each) for each in ids]
        for alert in known:
            timeline = self.ward.timeline(alert)
            began = max(each.at for each in timeline if each.kind in BEGINS)
            told = [e for e in timeline if e.kind is AlertEventKind.TOLD and e.at >= began]
            assert told, "an emergency of which nobody was told"
            assert told[0].at <= max(began, self.away_until or began) + timedelta(minutes=1)
            bound = safe_within(self.policy.ladder(Level.EMERGENCY))
            if (self.away_until or began) <= began and self.now() > began + bound:
                assert any(each.staff_id is None for each in told), "no safety contact in time"

    def check_wanted(self, tx: Tx, purpose: str, alert_id: UUID | None, who: UUID | None) -> None:
        """Nobody is told after an acknowledgement or a close."""
        if alert_id is None:
            return
        alert = alerts.get(tx, alert_id)
        if purpose in TO_OWNER:
            assert alert.is_open
            assert who in {None, alert.owner_id}
        elif purpose in OF_THE_LADDER:
            assert alert.state is AlertState.OPEN

    def check_duty(self, tx: Tx, number: str) -> None:
        """Nobody off duty is told; a manager is one around the clock."""
        if number in {SAFETY_PHONE, CHARGE_PHONE}:
            return
        clinic = self.ward.clinic
        duty = sites.on_duty(tx, clinic.site, clinic.team, tx.now)
        assert self.phones[number] in {each.staff_id for each in duty}

    def check_throttle(self) -> None:
        """In no ten minutes more texts to one number than the policy allows; emergencies apart."""
        by_number: dict[str, list[datetime]] = defaultdict(list)
        for at, number, purpose, lane in self.told:
            if purpose in OF_THE_LADDER and lane is Lane.STAFF:
                by_number[number].append(at)
        for times in by_number.values():
            pairs = zip(times, times[MOST:], strict=False)
            assert all(later - first >= WINDOW for first, later in pairs)

    def moves(self, among: Sequence[Callable[["World"], None]]) -> None:
        """One after another, before anything leaves that the first has written."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.random.choice(among)(self)

    # --- what happens ------------------------------------------------------------------------

    def alarm(self) -> None:
        if len(self.alarms) >= ALARMS:
            return
        level = self.random.choice([*Level, Level.URGENT, Level.URGENT])
        self.alarms.append(self.ward.alarm(level, f"text:{len(self.alarms)}").id)

    def storm(self) -> None:
        for _ in range(4):
            self.alarm()

    def worse(self) -> None:
        """A report of a higher level comes in."""
        number = self.random.randrange(len(self.alarms))
        with self.ward.clinic.begin() as tx:
            opening = Opening(
                f"text:{number}", self.ward.clinic.site, AlertKind.TEXT, Level.EMERGENCY, "A", False
            )
            opened = alerts.open_alert(tx, opening)
            if opened.change is Change.WORSENED:
                site = sites.get(tx, self.ward.clinic.site)
                escalation.worsen(tx, opened.alert, opened.was, site)

    def take(self) -> None:
        channel = self.random.choice([Channel.WEB, Channel.SMS])
        self.move(lambda tx, one, who: triage.acknowledge(tx, one, who, channel))

    def take_over(self) -> None:
        self.move(lambda tx, one, who: passing.take_over(tx, one, who, Channel.WEB))

    def assign(self) -> None:
        to = self.random.choice(self.people)
        self.move(lambda tx, one, who: passing.assign(tx, one, who, to))

    def snooze(self) -> None:
        until = self.now() + timedelta(minutes=self.random.randint(1, 300))
        self.move(lambda tx, one, who: passing.snooze(tx, one, who, until, "later"))

    def jump(self) -> None:
        step = self.random.randint(0, 3)
        self.move(lambda tx, one, who: passing.escalate_to(tx, one, who, step))

    def next_one(self) -> None:
        self.move(passing.escalate_on)

    def give_back(self) -> None:
        self.move(triage.give_back)

    def view(self) -> None:
        self.move(triage.view)

    def close(self) -> None:
        closing = triage.Closing(AlertAction.KNOWN)
        self.move(lambda tx, one, who: triage.close(tx, one, who, closing))

    def reopen(self) -> None:
        self.move(triage.reopen)

    def move(self, act: Callable[[Tx, UUID, UUID], object]) -> None:
        """Somebody does it, if it can be done."""
        who, alert = self.random.choice(self.people), self.some_alert()
        try:
            with self.ward.clinic.begin(who) as tx:
                act(tx, alert.id, who)
        except (Conflict, Invalid):
            return

    def new_roster(self) -> None:
        """Other shifts, perhaps none."""
        clinic = self.ward.clinic
        clear(clinic)
        for _ in range(self.random.randint(0, 5)):
            starts, ends = (
                f"{self.random.randrange(24):02}:{self.random.choice((0, 5, 35)):02}"
                for _ in range(2)
            )
            rank = self.random.randint(1, 2)
            weekly(clinic, self.random.choice(self.people), range(7), starts, ends, rank)

    def break_a_number(self) -> None:
        refused = self.post.fake.faults.refused
        number = self.random.choice([*self.phones, SAFETY_PHONE])
        if refused.pop(number, None) is None:
            refused[number] = INVALID_NUMBER

    def send_the_worker_away(self) -> None:
        self.away_until = self.now() + timedelta(minutes=self.random.randint(1, 9))


MOVES: tuple[Callable[[World], None], ...] = (
    World.alarm,
    World.storm,
    World.worse,
    World.take,
    World.take_over,
    World.assign,
    World.snooze,
    World.jump,
    World.next_one,
    World.give_back,
    World.view,
    World.close,
    World.reopen,
    World.new_roster,
)


def build(ward: Ward, seed: int) -> World:
    random = Random(seed)
    policy, body = some_policy(random)
    with ward.clinic.begin() as tx:
        pin = published.publish(tx, policy, body)
        agreed = as_agreed(sites.get(tx, ward.clinic.site))
        sites.update_site(tx, ward.clinic.site, agreed.model_copy(update={"policy": pin}))
    post = Post(ward.clinic, ward.worker, ward.clock)
    return World(ward, random, policy, post)


def minutes(random: Random) -> float:
    """Mostly little, at times long enough for a loan to end."""
    return random.choice([0, 0, 0.5, 1, 2, 3, 5, 10, 11, 20, 60])


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.mark.parametrize("seed", range(4))
def test_the_promises_of_a_ladder_hold_whatever_people_do(ward: Ward, seed: int) -> None:
    world = build(ward, seed)
    world.new_roster()
    world.alarm()
    for _ in range(ACTS):
        world.go_round()
        world.pass_time(minutes(world.random))
        world.moves(MOVES)
    world.go_round()
    world.check_throttle()


@pytest.mark.parametrize("seed", range(100, 102))
def test_they_hold_as_well_while_numbers_fail_and_the_worker_is_away(ward: Ward, seed: int) -> None:
    """What waited during an outage leaves together: the throttle counts what was planned."""
    world = build(ward, seed)
    world.alarm()
    for _ in range(ACTS):
        world.go_round()
        world.pass_time(minutes(world.random))
        world.moves((*MOVES, World.break_a_number, World.send_the_worker_away))
    world.away_until = None
    world.pass_time(1)
