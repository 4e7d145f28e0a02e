"""P4 and P5 over random policies, rosters, acknowledgements, reports and clocks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.escalation.decide import acknowledge, advance, begin, close, reopen, worse
from rsm.escalation.model import (
    SAFETY_CONTACT,
    AckVia,
    ByRole,
    ByTeam,
    Contact,
    EscalationReason,
    FirstStep,
    Ladder,
    Ladders,
    OnDuty,
    People,
    Policy,
    PolicyStep,
    Progress,
    Tell,
    Who,
)
from rsm.escalation.states import EscalationState
from rsm.kernel.words import Channel, Level, Role

T0 = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
MEANS = st.lists(
    st.sampled_from([Channel.SMS, Channel.EMAIL, Channel.VOICE]),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)
some_who: st.SearchStrategy[Who] = st.one_of(
    st.integers(1, 3).map(lambda rank: OnDuty(kind="on_duty", rank=rank)),
    st.sampled_from([role for role in Role if role is not Role.LEAD]).map(
        lambda role: ByRole(kind="role", role=role)
    ),
    st.just(ByTeam(kind="team")),
)
MINUTES = st.integers(1, 3000)
some_step = st.builds(
    PolicyStep,
    who=st.lists(some_who, min_size=1, max_size=3).map(tuple),
    how=MEANS,
    wait_minutes=MINUTES,
)
last_step = st.builds(
    PolicyStep,
    who=st.lists(some_who, max_size=2).map(lambda others: (SAFETY_CONTACT, *others)),
    how=MEANS,
    wait_minutes=MINUTES,
)
some_ladder = st.builds(
    Ladder,
    target_minutes=MINUTES,
    first_step=st.sampled_from(FirstStep),
    ack_loan_minutes=MINUTES,
    text_ack_loan_minutes=MINUTES,
    steps=st.tuples(st.lists(some_step, max_size=4), last_step).map(lambda p: (*p[0], p[1])),
)
some_policy = st.builds(
    Policy,
    key=st.just("p"),
    version=st.just("1.0.0"),
    title=st.just("p"),
    author=st.just("p"),
    levels=st.builds(
        Ladders, emergency=some_ladder, urgent=some_ladder, soon=some_ladder, info=some_ladder
    ),
)
some_contact = st.builds(
    Contact,
    id=st.integers(1, 5).map(lambda n: UUID(int=n)),
    channels=st.frozensets(st.sampled_from(Channel)),
)
some_people = st.dictionaries(
    st.one_of(some_who, st.just(SAFETY_CONTACT)), st.lists(some_contact, max_size=2), max_size=6
)
some_event = st.one_of(
    st.just("tick"),
    st.just("tick"),
    st.just("due"),
    st.just("due"),
    st.sampled_from(AckVia),
    st.sampled_from(Level),
    st.just("close"),
    st.just("reopen"),
)
# Steps of the clock in minutes; it goes back as well (P16).
some_events = st.lists(st.tuples(some_event, st.integers(-30, 2000), some_people), max_size=25)

# Due, and yet nobody was told: nobody was there, or a loan ended before the target.
_QUIET_REASONS = {EscalationReason.NOBODY_AT_ALL, EscalationReason.LOAN_EXPIRED}


@dataclass
class World:
    """One alert, a clock, and everybody who was told."""

    policy: Policy
    progress: Progress
    now: datetime = T0
    told: list[Tell] = field(default_factory=list)

    def tick(self, people: People) -> None:
        quiet = self.quiet
        decision = advance(self.policy, self.progress, people, self.now)
        assert not (quiet and decision.tell), "told during a loan, after a close, or too early"
        if not quiet and not decision.tell:
            assert decision.reason in _QUIET_REASONS
        self.progress = decision.progress
        self.told += decision.tell
        if self.progress.state is not EscalationState.DONE:
            assert self.progress.next_at is not None
            assert self.progress.next_at > self.now, "P4: the next step lies in the future"

    @property
    def quiet(self) -> bool:
        """Nobody is to be told now."""
        return self.progress.next_at is None or self.now < self.progress.next_at

    def happen(self, event: str, people: People) -> None:
        is_done = self.progress.state is EscalationState.DONE
        if event == "due" and self.progress.next_at is not None:
            self.now = max(self.now, self.progress.next_at)
            self.tick(people)
        elif event == "close":
            self.progress = close(self.progress)
        elif event == "reopen" and is_done:
            self.progress = reopen(self.policy, self.progress, self.now)
        elif isinstance(event, Level):
            self.report(event)
        elif isinstance(event, AckVia) and not is_done:
            self.acknowledge(event)
        else:
            self.tick(people)

    def report(self, level: Level) -> None:
        before = self.progress
        self.progress = worse(self.policy, before, level, self.now)
        assert self.progress.level.rank == max(before.level.rank, level.rank)
        assert self.progress.state is EscalationState.CLIMBING
        if before.state is EscalationState.CLIMBING:
            assert before.next_at is not None
            assert self.progress.next_at is not None
            assert self.progress.next_at <= before.next_at, "P15: a report postpones nothing"

    def acknowledge(self, via: AckVia) -> None:
        self.progress = acknowledge(self.policy, self.progress, via, self.now)
        assert self.progress.state is EscalationState.LOANED
        assert self.progress.next_at is not None
        assert self.progress.next_at > self.now, "a loan ends"


@settings(max_examples=300, deadline=None)
@given(some_policy, st.sampled_from(Level), some_events)
def test_p4_an_open_alert_always_has_a_next_step_and_nobody_is_told_twice_in_one(
    policy: Policy, level: Level, events: list[tuple[str, int, People]]
) -> None:
    world = World(policy, begin(policy, level, T0))
    for event, minutes, people in events:
        world.now += timedelta(minutes=minutes)
        world.happen(event, people)
        is_done = world.progress.state is EscalationState.DONE
        assert is_done == (world.progress.next_at is None)
    keys = [(tell.person, tell.epoch, tell.lap, tell.step) for tell in world.told]
    assert len(keys) == len(set(keys))
    assert all(tell.channels for tell in world.told)


@settings(deadline=None)
@given(some_policy, st.sampled_from(Level), some_people)
def test_p4_the_safety_contact_hears_of_it_within_the_policys_bound(
    policy: Policy, level: Level, people: dict[Who, list[Contact]]
) -> None:
    safety = UUID(int=99)
    people[SAFETY_CONTACT] = [Contact(safety, frozenset({Channel.SMS}))]
    ladder = policy.ladder(level)
    begins = timedelta() if ladder.first_step is FirstStep.AT_ONCE else ladder.target
    bound = T0 + begins + sum((step.wait for step in ladder.steps[:-1]), timedelta())
    progress, told = begin(policy, level, T0), set[UUID]()
    while safety not in told:
        assert progress.next_at is not None
        assert progress.next_at <= bound
        decision = advance(policy, progress, people, progress.next_at)
        told |= {tell.person for tell in decision.tell}
        progress = decision.progress
