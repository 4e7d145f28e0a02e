"""One alert on a random ladder, with service hours, a rota, faults, people and a clock: pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from rsm.escalation import decide
from rsm.escalation.aligned import in_its_time, taken_again
from rsm.escalation.hours import Clock, ServiceTime
from rsm.escalation.model import (
    SAFETY_CONTACT,
    AckVia,
    ByTeam,
    Contact,
    FirstStep,
    Ladder,
    Ladders,
    OnDuty,
    People,
    Person,
    Policy,
    PolicyStep,
    Progress,
)
from rsm.escalation.states import EscalationState, OutOfHours, WaitIn
from rsm.kernel.words import Channel, Level
from rsm.sites.model import WEEKDAYS, Shift
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.model import Rota

ZONE = ZoneInfo("America/New_York")
T0 = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)  # two days before the clock is put back
TEAM, SAFETY = UUID(int=99), Contact(UUID(int=100), frozenset({Channel.SMS}))
NURSES = tuple(UUID(int=number) for number in (1, 2, 3))
SMS = frozenset({Channel.SMS})

some_who = st.one_of(
    st.integers(1, 2).map(lambda rank: OnDuty(kind="on_duty", rank=rank)),
    st.just(Person(kind="person", email="dana@example.org")),
    st.just(ByTeam(kind="team")),
)
some_hours = st.builds(
    ServiceTime,
    hours=st.dictionaries(
        st.sampled_from(WEEKDAYS),
        st.tuples(st.integers(0, 23).map(time), st.integers(0, 23).map(time)),
        max_size=7,
    ),
    closed_days=st.frozensets(
        st.integers(0, 10).map(lambda n: date(2026, 10, 28) + timedelta(days=n)), max_size=5
    ),
    zone=st.just(ZONE),
)
some_shift = st.builds(
    Shift,
    team_id=st.just(TEAM),
    staff_id=st.sampled_from(NURSES),
    weekday=st.integers(0, 6),
    starts=st.integers(0, 23).map(time),
    ends=st.integers(0, 23).map(time),
    rank=st.integers(1, 2),
)
some_rota = st.lists(some_shift, max_size=8).map(
    lambda shifts: Rota(weekly={UUID(int=1000 + n): each for n, each in enumerate(shifts)})
)


@st.composite
def some_ladder(draw: st.DrawFn, level: Level) -> Ladder:
    """Fit for its level, as publishing demands."""
    held = level is not Level.EMERGENCY and draw(st.booleans())
    wait_in = WaitIn.SERVICE if held else WaitIn.CLOCK
    at_once = level in {Level.EMERGENCY, Level.URGENT} or draw(st.booleans())
    minutes = st.integers(1, 300)
    steps = [
        PolicyStep(who=(each,), wait_minutes=draw(minutes), wait_in=wait_in)
        for each in draw(st.lists(some_who, max_size=3))
    ]
    last = PolicyStep(who=(SAFETY_CONTACT,), wait_minutes=draw(minutes), wait_in=wait_in)
    return Ladder(
        target_minutes=draw(minutes),
        first_step=FirstStep.AT_ONCE if at_once else FirstStep.AT_TARGET,
        ack_loan_minutes=draw(st.integers(15, 600)),
        out_of_hours=OutOfHours.HELD if held else OutOfHours.ON_CALL,
        held_at_most_minutes=draw(st.integers(1, 960)),
        steps=(*steps, last),
    )


some_policy = st.builds(
    Policy,
    key=st.just("p"),
    version=st.just("1.0.0"),
    title=st.just("p"),
    author=st.just("p"),
    levels=st.builds(
        Ladders,
        emergency=some_ladder(Level.EMERGENCY),
        urgent=some_ladder(Level.URGENT),
        soon=some_ladder(Level.SOON),
        info=some_ladder(Level.INFO),
    ),
)
# What happens next, and after how many minutes of nothing else.
some_acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["round", "round", "round", "ack", "text", "over", "assign", "snooze", "worse",
             "jump", "shift", "close", "reopen"]
        ),
        st.integers(0, 900),
    ),
    max_size=25,
)  # fmt: skip


@dataclass
class Case:
    """One alert, the people as a rota and a fault leave them, and what was told so far."""

    policy: Policy
    hours: ServiceTime
    rota: Rota
    mute: frozenset[UUID]  # whose number does not work
    now: datetime = T0
    told: list[tuple[datetime, UUID]] = field(default_factory=list)

    def duty(self) -> dict[UUID, int]:
        (period, *_) = duty_periods(self.rota, self.now, self.now + timedelta(seconds=1), ZONE)
        return {each.staff_id: each.rank for each in period.people}

    def people(self) -> People:
        duty = self.duty()
        found: dict[object, list[Contact]] = {
            OnDuty(kind="on_duty", rank=rank): [
                self._contact(who) for who, has in duty.items() if has == rank
            ]
            for rank in (1, 2)
        }
        found[Person(kind="person", email="dana@example.org")] = [self._contact(NURSES[0])]
        found[ByTeam(kind="team")] = [self._contact(who) for who in NURSES]
        found[SAFETY_CONTACT] = [SAFETY]
        return found  # type: ignore[return-value]  # every key is a reference

    def _contact(self, who: UUID) -> Contact:
        return Contact(who, frozenset() if who in self.mute else SMS)

    def round(self, progress: Progress, since: datetime | None = None) -> Progress:
        """The worker, if anything is due; whom it tells was on duty, or named by the policy."""
        people, duty, clock = self.people(), self.duty(), Clock(self.now, self.hours)
        decision = decide.advance(self.policy, progress, people, self.now, self.hours)
        decision = in_its_time(self.policy, progress, decision, since or self.now, clock)
        steps = self.policy.ladder(decision.progress.level).steps
        for tell in decision.tell:
            named = steps[tell.step].who
            if all(isinstance(who, OnDuty) for who in named):
                assert tell.person in duty  # nobody off duty is told
            assert tell.person not in self.mute
            self.told.append((self.now, tell.person))
        return decision.progress

    def runs(self, progress: Progress, until: datetime) -> Progress:
        """The worker is there whenever something is due."""
        while progress.next_at is not None and progress.next_at <= until:
            self.now = max(self.now, progress.next_at)
            progress = self.round(progress)
        self.now = until
        return progress

    def does(self, act: str, progress: Progress) -> Progress:
        """What somebody does, where it can be done; else it is the worker's turn."""
        if progress.state is EscalationState.DONE:
            return self._when_closed(act, progress)
        if act == "assign":
            return decide.assign(self.policy, progress, self.now)
        if act == "snooze" and progress.level is not Level.EMERGENCY:
            return decide.snooze(progress, self.hours.end_of_next_day(self.now))
        if act == "jump":
            steps = len(self.policy.ladder(progress.level).steps)
            return decide.jump(self.policy, progress, len(self.told) % steps, self.now)
        if act == "worse":
            return decide.worse(self.policy, progress, Level.URGENT, self.now, self.hours)
        return self._takes(act, progress)

    def _takes(self, act: str, progress: Progress) -> Progress:
        if act in {"ack", "text"}:
            via = AckVia.PAGE if act == "ack" else AckVia.TEXT
            return decide.acknowledge(self.policy, progress, via, self.now)
        if act == "over":
            return decide.take_over(self.policy, progress, AckVia.PAGE, self.now)
        if act == "shift":
            return taken_again(self.policy, progress, self.now)
        return decide.close(progress) if act == "close" else self.round(progress)

    def _when_closed(self, act: str, progress: Progress) -> Progress:
        if act == "worse":
            return decide.worse(self.policy, progress, Level.URGENT, self.now, self.hours)
        if act == "reopen":
            return decide.reopen(self.policy, progress, self.now, self.hours)
        return self.round(progress)


some_case = st.builds(
    Case,
    policy=some_policy,
    hours=some_hours,
    rota=some_rota,
    mute=st.frozensets(st.sampled_from(NURSES)),
)


def follow(case: Case, level: Level, acts: list[tuple[str, int]]) -> Iterator[tuple[str, Progress]]:
    """The alert after each act; the worker may be away for as long as the act before it lasts."""
    progress = decide.begin(case.policy, level, case.now, case.hours)
    yield "begin", progress
    for act, minutes in acts:
        case.now += timedelta(minutes=minutes)
        progress = case.does(act, progress)
        yield act, progress
