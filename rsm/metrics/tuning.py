"""Each rule by what came of it: fired, acted upon, not actionable, repeats, suggested review. Pure.

The outcome is the alert's: it counts for each rule that fired in it. A repeat told of the same
again: added to an alert that was still open, or a new alert within 14 days. What was held back is
counted by its reason, so that quiet on purpose is seen (P15). The suggestions are a rule of
thumb, not a finding: in the programmes that counted, 41 to 56 % of alerts led to no action, so a
rule is to be reviewed when its share is above a half beyond doubt (the lower end of Wilson's 95 %
interval); under 20 alerts with an outcome nothing is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rsm.alerts.model import QuietReason
from rsm.kernel.words import Level
from rsm.metrics.replay_figures import share
from rsm.metrics.replay_model import Share, Verdict

ENOUGH = 20  # alerts with an outcome, under which a share says little
ENOUGH_SURVEYS = 200  # without firing once in so many, a rule may not be needed
HALF = 0.5


class Review(StrEnum):
    """What the figures of a rule suggest. An emergency rule stays whatever its figures are."""

    NOT_ACTIONABLE = "not_actionable"  # more than half of its alerts led to nothing
    REPEATS = "repeats"  # more than half of what it told was the same again
    SILENT = "silent"  # never fired in many surveys
    KEEP = "keep"  # fires for what must never be missed
    TOO_FEW = "too_few"
    FINE = "fine"


@dataclass(frozen=True)
class Fired:
    """One alert in which a rule fired; `repeat`: the same patient and item within 14 days."""

    rule: str
    at: datetime
    verdict: Verdict
    repeat: bool = False


@dataclass(frozen=True)
class RuleOfPack:
    """A rule as the pack in force has it. `loud`: never switched off."""

    id: str
    title: str
    level: Level
    loud: bool = False


# Rule → why it was held back → in how many surveys.
Held = Mapping[str, Mapping[QuietReason, int]]


@dataclass(frozen=True)
class RuleTuning:
    """One line of the tuning page. `again` are alerts within 14 days of one for the same,
    `held` the surveys in which it was not told anew, by reason."""

    rule: RuleOfPack
    fired: int
    acted: int
    waiting: int  # without an outcome yet, or not reached
    not_actionable: Share
    again: int
    last_at: datetime | None
    review: Review
    held: Mapping[QuietReason, int] = field(default_factory=dict)

    @property
    def repeats(self) -> int:
        """How often it told of the same again."""
        return self.again + self.held.get(QuietReason.ALREADY_OPEN, 0)


def tuning(
    rules: Sequence[RuleOfPack], fired: Iterable[Fired], surveys: int, held: Held | None = None
) -> tuple[RuleTuning, ...]:
    """The rules of the pack in its order; each with its alerts in the period."""
    by_rule: dict[str, list[Fired]] = {rule.id: [] for rule in rules}
    for one in fired:
        if one.rule in by_rule:
            by_rule[one.rule].append(one)
    held = held or {}
    return tuple(_line(rule, by_rule[rule.id], surveys, held.get(rule.id, {})) for rule in rules)


def _line(
    rule: RuleOfPack, fired: Sequence[Fired], surveys: int, held: Mapping[QuietReason, int]
) -> RuleTuning:
    acted = sum(one.verdict is Verdict.ACTED for one in fired)
    nothing = sum(one.verdict in {Verdict.EXPECTED, Verdict.NOT_ACTIONABLE} for one in fired)
    again = sum(one.repeat for one in fired)
    not_actionable = share(nothing, acted + nothing)
    return RuleTuning(
        rule=rule,
        fired=len(fired),
        acted=acted,
        waiting=len(fired) - acted - nothing,
        not_actionable=not_actionable,
        again=again,
        last_at=max((one.at for one in fired), default=None),
        review=_review(rule, _told(len(fired), again, held), not_actionable, surveys),
        held=held,
    )


@dataclass(frozen=True)
class _Told:
    """How often a rule was met at all, told somebody, and told of the same again."""

    met: int
    times: int
    again: int


def _told(fired: int, again: int, held: Mapping[QuietReason, int]) -> _Told:
    added = held.get(QuietReason.ALREADY_OPEN, 0)
    return _Told(fired + sum(held.values()), fired + added, again + added)


def _review(rule: RuleOfPack, told: _Told, not_actionable: Share, surveys: int) -> Review:
    if rule.loud:
        return Review.KEEP
    if not told.met and surveys >= ENOUGH_SURVEYS:
        return Review.SILENT
    if not_actionable.whole >= ENOUGH and not_actionable.low > HALF:
        return Review.NOT_ACTIONABLE
    if told.times >= ENOUGH and told.again / told.times > HALF:
        return Review.REPEATS
    return Review.TOO_FEW if not_actionable.whole < ENOUGH else Review.FINE
