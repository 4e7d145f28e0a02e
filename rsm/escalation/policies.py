"""Reading escalation policies (TOML) and checking them: what can be known before an alert climbs.

The models refuse by themselves a level without a ladder and a ladder that does not end with the
safety contact. A loop cannot be written: a ladder is a list, and only its last step is repeated.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

from rsm.escalation.model import (
    SAFETY_CONTACT,
    ByRole,
    ByTeam,
    FirstStep,
    Ladder,
    Policy,
    PolicyStep,
)
from rsm.kernel.documents import Loc, Source, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level, Role

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


def unstaffed(
    policy: Policy, teams: Collection[str], roles: Collection[Role], source: Source | None = None
) -> list[Problem]:
    """Steps that name a team the site does not have, or a role that nobody has."""
    source = source or Source(policy.key)
    problems = []
    for level in Level:
        for place, step in enumerate(policy.ladder(level).steps):
            loc: Loc = ("levels", level.value, "steps", place, "who")
            for who in step.who:
                if isinstance(who, ByTeam) and who.team is not None and who.team not in teams:
                    what = f"the site has no team `{who.team}`"
                    problems.append(Problem(source.place(loc), what, nearest(who.team, teams)))
                if isinstance(who, ByRole) and who.role not in roles:
                    what = f"nobody at the site is {who.role}"
                    problems.append(Problem(source.place(loc), what, "name another role"))
    return problems


def safe_within(ladder: Ladder) -> timedelta:
    """How long after opening the safety contact is told at the latest, if nobody acknowledges."""
    begins = timedelta() if ladder.first_step is FirstStep.AT_ONCE else ladder.target
    return begins + sum((step.wait for step in ladder.steps[:-1]), timedelta())


def _ladder(ladder: Ladder, level: Level, source: Source) -> Iterator[Problem]:
    here: Loc = ("levels", level.value)
    if level in _AT_ONCE_LEVELS and ladder.first_step is not FirstStep.AT_ONCE:
        what = f"an alert that is {level} is told at once"
        yield Problem(source.place((*here, "first_step")), what, 'first_step = "at_once"')
    if ladder.text_ack_loan_minutes > ladder.ack_loan_minutes:
        what = "an acknowledgement by text cannot last longer than one on the page"
        yield Problem(source.place((*here, "text_ack_loan_minutes")), what)
    for place, step in enumerate(ladder.steps):
        if flaw := _step(ladder, place, step):
            yield Problem(source.place((*here, "steps", place)), *flaw)


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
