"""Reading escalation policies (TOML) and checking them: what can be known before an alert climbs.

The models refuse by themselves a level without a ladder and a ladder that does not end with the
safety contact. A loop cannot be written: a ladder is a list, and only its last step is repeated.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rsm.escalation.model import (
    HELD_AT_MOST,
    SAFETY_CONTACT,
    ByRole,
    ByTeam,
    FirstStep,
    Ladder,
    Person,
    Policy,
    PolicyStep,
    Who,
)
from rsm.escalation.states import OutOfHours, WaitIn
from rsm.kernel.documents import Loc, Source, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Channel, Level, Role

_AT_ONCE_LEVELS = (Level.EMERGENCY, Level.URGENT)
_LIBRARY = Path(__file__).parent / "library"


def parse_policy(text: str, name: str) -> tuple[Policy, Source]:
    """A policy from its TOML; raises `Invalid` with file, line and what was expected."""
    return parse(Policy, text, name)


def load_policy(text: str, name: str) -> Policy:
    """A policy fit for use; raises `Invalid` with every problem found."""
    policy, source = parse_policy(text, name)
    if problems := check(policy, source):
        raise Invalid(problems)
    return policy


def default_text() -> str:
    """The TOML of the policy that we ship."""
    return (_LIBRARY / "default.toml").read_text(encoding="utf-8")


def default_policy() -> Policy:
    return load_policy(default_text(), "default.toml")


def check(policy: Policy, source: Source | None = None) -> list[Problem]:
    """Ladders that cannot do what their level needs, and steps that reach nobody new."""
    source = source or Source(policy.key)
    problems: list[Problem] = []
    for level in Level:
        problems += _ladder(policy.ladder(level), level, source)
    return problems


@dataclass(frozen=True)
class Crew:
    """Whom a site has: its teams, the roles that somebody there has, who works there by e-mail;
    and the channels by which it can tell them (None: that is not looked at)."""

    teams: Collection[str]
    roles: Collection[Role]
    emails: Collection[str] = ()
    channels: Collection[Channel] | None = None


def unstaffed(policy: Policy, crew: Crew, source: Source | None = None) -> list[Problem]:
    """Steps that name a team the site does not have, a role that nobody has, or a stranger; and
    those that tell people only in ways that the site does not have."""
    source = source or Source(policy.key)
    problems = []
    for level in Level:
        for place, step in enumerate(policy.ladder(level).steps):
            loc: Loc = ("levels", level.value, "steps", place, "who")
            problems += [
                Problem(source.place(loc), *flaw)
                for who in step.who
                if (flaw := _stranger(who, crew)) is not None
            ]
            if (silent := _silent(step, crew)) is not None:
                problems.append(Problem(source.place((*loc[:-1], "how")), *silent))
    return problems


_LACKS = {
    Channel.VOICE: ("the site has no number for calls", "give it one among its senders"),
    Channel.EMAIL: ("the site has no address for e-mails to staff", "give it one"),
}


def _silent(step: PolicyStep, crew: Crew) -> tuple[str, str] | None:
    """Beside a way that the site has, one that it has not does no harm."""
    if crew.channels is None or any(channel in crew.channels for channel in step.how):
        return None
    return _LACKS.get(step.how[0])


def _stranger(who: Who, crew: Crew) -> tuple[str, str] | None:
    if isinstance(who, ByTeam) and who.team is not None and who.team not in crew.teams:
        return f"the site has no team `{who.team}`", nearest(who.team, crew.teams)
    if isinstance(who, ByRole) and who.role not in crew.roles:
        return f"nobody at the site is {who.role}", "name another role"
    if isinstance(who, Person) and who.email.casefold() not in crew.emails:
        near = nearest(who.email.casefold(), crew.emails)
        return f"`{who.email}` does not work at the site", near or "name somebody who does"
    return None


def safe_within(ladder: Ladder) -> timedelta:
    """How long after opening the safety contact is told at the latest, if nobody acknowledges.

    Every wait in service minutes can last longer by as much as the ladder may hold.
    """
    waits = ladder.steps[:-1]
    begins = timedelta() if ladder.first_step is FirstStep.AT_ONCE else ladder.target
    if ladder.out_of_hours is OutOfHours.HELD:
        begins += ladder.held_at_most
    in_service = sum(step.wait_in is WaitIn.SERVICE for step in waits)
    begins += in_service * ladder.held_at_most
    return begins + sum((step.wait for step in waits), timedelta())


def slow(policy: Policy, source: Source | None = None) -> list[Problem]:
    """An emergency that reaches the safety contact later than it is to be answered: to be noted."""
    source, ladder = source or Source(policy.key), policy.ladder(Level.EMERGENCY)
    within = safe_within(ladder)
    if within <= ladder.target:
        return []
    minutes = within // timedelta(minutes=1)
    what = (
        f"an emergency that nobody answers reaches the safety contact only after {minutes} "
        f"minutes: its target is {ladder.target_minutes}"
    )
    return [Problem(source.place(("levels", Level.EMERGENCY.value)), what, "shorten the waits")]


def _ladder(ladder: Ladder, level: Level, source: Source) -> Iterator[Problem]:
    here: Loc = ("levels", level.value)
    if level in _AT_ONCE_LEVELS and ladder.first_step is not FirstStep.AT_ONCE:
        what = f"an alert that is {level} is told at once"
        yield Problem(source.place((*here, "first_step")), what, 'first_step = "at_once"')
    if ladder.text_ack_loan_minutes > ladder.ack_loan_minutes:
        what = "an acknowledgement by text cannot last longer than one on the page"
        yield Problem(source.place((*here, "text_ack_loan_minutes")), what)
    yield from _keeping_hours(ladder, level, source)
    for place, step in enumerate(ladder.steps):
        if flaw := _step(ladder, place, step):
            yield Problem(source.place((*here, "steps", place)), *flaw)


def _keeping_hours(ladder: Ladder, level: Level, source: Source) -> Iterator[Problem]:
    """Service hours may put off what is not urgent, and urgent for a night: never an emergency."""
    here: Loc = ("levels", level.value)
    held = ladder.out_of_hours is OutOfHours.HELD
    if level is Level.EMERGENCY and held:
        what = "an emergency is never held"
        yield Problem(source.place((*here, "out_of_hours")), what, 'out_of_hours = "on_call"')
    if level is Level.URGENT and ladder.held_at_most_minutes > HELD_AT_MOST:
        what = f"an urgent alert is held {HELD_AT_MOST // 60} hours at most"
        mend = f"held_at_most_minutes = {HELD_AT_MOST}"
        yield Problem(source.place((*here, "held_at_most_minutes")), what, mend)
    for place, step in enumerate(ladder.steps):
        if flaw := _wait(step, level, held=held):
            yield Problem(source.place((*here, "steps", place, "wait_in")), *flaw)


def _wait(step: PolicyStep, level: Level, *, held: bool) -> tuple[str, str] | None:
    in_service = step.wait_in is WaitIn.SERVICE
    if in_service and level is Level.EMERGENCY:
        return "an emergency waits in clock minutes", 'wait_in = "clock"'
    if held and not in_service and level is not Level.EMERGENCY:
        what = "an alert that is held would climb outside of service hours"
        return what, 'wait_in = "service"'
    if in_service and not held and level in _AT_ONCE_LEVELS:
        return "whoever is told at night would wait alone until morning", 'wait_in = "clock"'
    return None


def _step(ladder: Ladder, place: int, step: PolicyStep) -> tuple[str, str] | None:
    """A step that no alert needs: never reached anew, or reaching nobody who was not told."""
    last = len(ladder.steps) - 1
    if place < last and set(step.who) == {SAFETY_CONTACT}:
        return "the steps after it are unreachable", "the safety contact stands at the end"
    if place and _covers(ladder.steps[place - 1], step):
        return "it tells nobody whom the step before did not tell", "leave it out, or name others"
    return None


def _covers(before: PolicyStep, step: PolicyStep) -> bool:
    return set(step.who) <= set(before.who) and set(step.how) <= set(before.how)
