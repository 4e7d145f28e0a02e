"""An escalation policy in words that a nurse manager reads, and two policies side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from types import SimpleNamespace
from typing import assert_never

from rsm.escalation.model import (
    ByRole,
    ByTeam,
    FirstStep,
    Ladder,
    OnDuty,
    Person,
    Policy,
    PolicyStep,
    SafetyContact,
    Who,
)
from rsm.escalation.states import OutOfHours, WaitIn
from rsm.kernel.words import Channel, Level
from rsm.web.staff_words import section
from rsm.web.views.changing import Differing, Row

_HOUR, _DAY = 60, 24 * 60
LEVELS = tuple(sorted(Level, key=lambda level: -level.rank))  # the worst first


@dataclass(frozen=True)
class LadderWords:
    """The words of one language."""

    language: str

    @property
    def w(self) -> SimpleNamespace:
        return section("ladders", self.language)

    # --- small words ---------------------------------------------------------------------------

    def level(self, level: Level) -> str:
        return str(getattr(self.w, f"level_{level}"))

    def length(self, minutes: int) -> str:
        """`30 minutes`, `1 hour 30 minutes`, `24 hours`, `2 days`."""
        days, hours, rest = 0, *divmod(minutes, _HOUR)
        if minutes >= 2 * _DAY:
            days, hours = divmod(hours, 24)
        units = (("days", days), ("hours", hours), ("minutes", rest))
        return " ".join(self._counted(unit, count) for unit, count in units if count)

    def _counted(self, unit: str, count: int) -> str:
        text: str = getattr(self.w, f"{unit}_{'one' if count == 1 else 'other'}")
        return text.format(count=count)

    def listed(self, words: Sequence[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.w.joined} {words[-1]}"

    def ways(self, how: Sequence[Channel]) -> str:
        named = [str(getattr(self.w, f"how_{channel}")) for channel in how]
        return str(self.w.by).format(ways=self.listed(named))

    def who(self, who: Who) -> str:
        """A reference in words: who that is now stands beside it."""
        match who:
            case OnDuty():
                key = f"duty_{who.rank}" if who.rank <= 3 else "duty_n"
                return str(getattr(self.w, key)).format(rank=who.rank)
            case ByRole():
                return str(getattr(self.w, f"role_{who.role}"))
            case ByTeam():
                return str(self.w.team_named if who.team else self.w.team_own).format(team=who.team)
            case Person():
                return who.email
            case SafetyContact():
                return str(self.w.safety)
            case _:
                assert_never(who)

    # --- a ladder ------------------------------------------------------------------------------

    def target(self, ladder: Ladder) -> str:
        return str(self.w.target).format(length=self.length(ladder.target_minutes))

    def when(self, ladder: Ladder, place: int) -> str:
        """When the step is taken, if nobody has answered."""
        if place == 0:
            at_once = ladder.first_step is FirstStep.AT_ONCE
            text = self.w.at_once if at_once else self.w.at_target
            return str(text).format(length=self.length(ladder.target_minutes))
        before, last = ladder.steps[place - 1], place == len(ladder.steps) - 1
        key = f"{'last' if last else 'after'}{_in_service(before)}"
        return str(getattr(self.w, key)).format(length=self.length(before.wait_minutes))

    def again(self, ladder: Ladder) -> str:
        """How the last step is repeated."""
        last = ladder.steps[-1]
        text = getattr(self.w, f"again{_in_service(last)}")
        return str(text).format(length=self.length(last.wait_minutes))

    def out_of_hours(self, ladder: Ladder, level: Level) -> str:
        held = self.length(ladder.held_at_most_minutes)
        if ladder.out_of_hours is OutOfHours.HELD:
            return str(self.w.out_held).format(length=held)
        if ladder.keeps_hours:
            return str(self.w.out_bounded).format(length=held)
        return str(self.w.out_never if level is Level.EMERGENCY else self.w.out_call)

    def loans(self, ladder: Ladder) -> tuple[str, str]:
        """For how long whoever takes it has it, on the page and otherwise."""
        page, text = ladder.ack_loan_minutes, ladder.text_ack_loan_minutes
        return (
            str(self.w.loan).format(length=self.length(page)),
            str(self.w.loan_text).format(length=self.length(text)),
        )

    def throttle(self, policy: Policy) -> str:
        return str(self.w.throttle).format(count=policy.texts_in_ten_minutes)

    def lines(self, ladder: Ladder, level: Level) -> list[str]:
        """Everything that the ladder says, a line each: for a difference, or for a terminal."""
        steps = []
        for place, step in enumerate(ladder.steps):
            who = self.listed([self.who(one) for one in step.who])
            steps.append(f"{self.when(ladder, place)}: {who}, {self.ways(step.how)}.")
        hours = self.out_of_hours(ladder, level)
        return [self.target(ladder), *steps, self.again(ladder), hours, *self.loans(ladder)]


def _in_service(step: PolicyStep) -> str:
    return "_service" if step.wait_in is WaitIn.SERVICE else ""


def in_words(policy: Policy, language: str = "en") -> list[str]:
    """The whole policy for a terminal, the worst level first."""
    words = LadderWords(language)
    said = [_name(policy)]
    for level in LEVELS:
        said += ["", words.level(level)]
        said += [f"  {line}" for line in words.lines(policy.ladder(level), level)]
    return [*said, "", words.throttle(policy)]


def _name(policy: Policy) -> str:
    return f"{policy.title} ({policy.key} {policy.version}, {policy.author})"


def differing(old: Policy, new: Policy, language: str) -> tuple[Differing, ...]:
    """What becomes different, level by level, the worst first; nothing where nothing does."""
    words = LadderWords(language)
    found = [
        Differing(
            words.level(level),
            rows_of(words.lines(old.ladder(level), level), words.lines(new.ladder(level), level)),
            level.value,
        )
        for level in LEVELS
    ]
    heads = [(_name(one), words.throttle(one)) for one in (old, new)]
    found.append(Differing(str(words.w.whole), rows_of(*heads)))
    return tuple(one for one in found if one.rows)


def rows_of(old: Sequence[str], new: Sequence[str]) -> tuple[Row, ...]:
    """The lines that differ, each beside the one in whose place it stands."""
    rows: list[Row] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            rows += [Row(*pair) for pair in zip_longest(old[a:b], new[c:d], fillvalue="")]
    return tuple(rows)
