"""One pack for an organisation, changed by site, team and patient: overrides as data. Pure.

An override changes rules of the exact pack that it names, has an author, a reason and an end.
None may switch off, lower or loosen an emergency or a rule of the red set.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from rsm.alerts.conditions import Threshold
from rsm.alerts.model import ReviewKind, ReviewReason
from rsm.alerts.schema import Key, Rule, RulePack, Version
from rsm.alerts.states import Tier
from rsm.alerts.worked import Text
from rsm.kernel.documents import Source, Strict, nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level, Pin

# So long at most, then somebody must decide again.
LONGEST = {
    Tier.ORGANISATION: timedelta(days=366),
    Tier.SITE: timedelta(days=366),
    Tier.TEAM: timedelta(days=184),
    Tier.PATIENT: timedelta(days=92),
}
_MOMENT = timedelta(microseconds=1)
_ORDER = {tier: place for place, tier in enumerate(Tier)}
THRESHOLDS = ("value", "by", "below", "at_least", "reports", "windows", "count", "weeks")


class Base(Strict):
    """The exact pack that an override was written for."""

    key: Key
    version: Version
    hash: Text


class Change(Strict):
    """What becomes of one rule: switched off, another level, other thresholds."""

    rule: Key
    disable: bool = False
    level: Level | None = None
    thresholds: dict[str, Threshold] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_thing(self) -> "Change":
        if self.disable == bool(self.level or self.thresholds):
            raise ValueError("say either `disable = true`, or a `level` or `thresholds`")
        return self


class Override(Strict):
    """Changes by one tier. `of` names the organisation, site, team or patient, by its id."""

    tier: Tier
    of: Text
    base: Base
    author: Text
    reason: Text
    since: AwareDatetime
    until: AwareDatetime
    changes: tuple[Change, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field()] = ()  # more rules, for this tier only

    @model_validator(mode="after")
    def _ends(self) -> "Override":
        if not self.changes and not self.rules:
            raise ValueError("it changes nothing: name `changes` or `rules`")
        if not self.since < self.until <= self.since + LONGEST[self.tier]:
            days = LONGEST[self.tier].days
            raise ValueError(f"`until` must be within {days} days of `since` for a {self.tier}")
        return self


@dataclass(frozen=True)
class Provenance:
    """What one override did to one rule."""

    tier: Tier
    of: str
    author: str
    reason: str
    until: datetime
    what: str

    @property
    def sentence(self) -> str:
        """For the page that is signed, and for the alert."""
        last = (self.until - _MOMENT).date()  # the last day on which it holds
        return (
            f"Changed by {self.tier} until {last.isoformat()}: {self.what}. "
            f"Reason: {self.reason.rstrip('.')} ({self.author})."
        )


@dataclass(frozen=True)
class EffectivePack:
    """The pack that judges one patient now. `pin` names the merged content, `base` the pack.

    `provenance` holds who changed which rule; `review` why an override could not be applied: a
    person looks, since what it asked for does not happen (P6). Only `base` is published; key and
    version are the same, so that what names `pin` still leads to it.
    """

    pack: RulePack
    base: Pin
    provenance: Mapping[str, tuple[Provenance, ...]] = field(default_factory=dict)
    review: tuple[ReviewReason, ...] = ()

    @cached_property
    def pin(self) -> Pin:
        return self.pack.pin if self.provenance else self.base


def provenance_of(effective: EffectivePack, rule: str) -> tuple[str, ...]:
    """Who changed this rule, why and until when, in sentences: for the alert that it raised."""
    return tuple(each.sentence for each in effective.provenance.get(rule, ()))


def carried(override: Override, written_for: RulePack, now: RulePack) -> Override | None:
    """The override as if it were written for `now`, if it means the same there: every rule that it
    changes reads word for word as it did. Else None: somebody must read it anew."""
    before = {rule.id: rule for rule in written_for.rules}
    after = {rule.id: rule for rule in now.rules}
    if any(rule.id in after for rule in override.rules):
        return None
    if any(after.get(one.rule) != before.get(one.rule) for one in override.changes):
        return None
    if any(one.rule not in before for one in override.changes):
        return None
    pin = now.pin
    base = Base(key=pin.key, version=pin.version, hash=pin.hash)
    return override.model_copy(update={"base": base})


def parse_override(text: str, name: str) -> tuple[Override, Source]:
    """An override from its TOML; raises `Invalid` with file, line and what was expected."""
    return parse(Override, text, name)


def merge(base: RulePack, overrides: Iterable[Override], at: datetime) -> EffectivePack:
    """The pack with every override that holds at `at`. One that cannot be applied is left out
    whole and is a reason for a person to look; the base is returned as it is without any."""
    pin = base.pin
    pack, review = base, []
    provenance: dict[str, tuple[Provenance, ...]] = {}
    for override in sorted(overrides, key=lambda each: (_ORDER[each.tier], each.since)):
        if not override.since <= at < override.until:
            continue
        if problems := override_problems(base, override, pack):
            what = f"the override of {override.tier} could not be applied: {problems[0].what}"
            review.append(ReviewReason(ReviewKind.ERROR, problems[0].where, what))
            continue
        pack = _applied(pack, override)
        for rule, what in _changes(override):
            said = Provenance(
                override.tier, override.of, override.author, override.reason, override.until, what
            )
            provenance[rule] = (*provenance.get(rule, ()), said)
    return EffectivePack(pack, pin, provenance, tuple(review))


def override_problems(
    base: RulePack,
    override: Override,
    upon: RulePack | None = None,
    source: Source | None = None,
) -> list[Problem]:
    """Why an override may not be used with this pack (`upon`: as other tiers left it)."""
    source = source or Source(str(override.tier))
    pin = base.pin
    if (override.base.key, override.base.version, override.base.hash) != (
        pin.key,
        pin.version,
        pin.hash,
    ):
        what = f"written for {override.base.key} {override.base.version}, of other content"
        mend = f"read {pin.key} {pin.version} and write it anew"
        return [Problem(source.place(("base",)), what, mend)]
    rules = {rule.id: rule for rule in (upon or base).rules}
    problems = []
    for place, change in enumerate(override.changes):
        where = source.place(("changes", place))
        if change.rule not in rules:
            what = f"pack {base.key} has no rule `{change.rule}`"
            problems.append(Problem(where, what, nearest(change.rule, rules)))
        else:
            problems += _change_problems(rules[change.rule], change, where)
    for place, rule in enumerate(override.rules):
        if rule.id in rules:
            what = f"`{rule.id}` is there already"
            where = source.place(("rules", place, "id"))
            problems.append(Problem(where, what, "change it, or give it another id"))
        if rule.crisis:
            what = "a crisis rule needs the crisis line of its own pack"
            where = source.place(("rules", place, "crisis"))
            problems.append(Problem(where, what, "write a new version of the pack"))
    return problems


def checked_override(base: RulePack, text: str, name: str) -> Override:
    """An override fit for use; raises `Invalid` with every problem, with its line."""
    override, source = parse_override(text, name)
    if problems := override_problems(base, override, source=source):
        raise Invalid(problems)
    return override


def _change_problems(rule: Rule, change: Change, where: str) -> list[Problem]:
    has = [name for name in THRESHOLDS if getattr(rule.when, name, None) is not None]
    unknown = [name for name in change.thresholds if name not in has]
    if unknown:
        what = f"rule `{rule.id}` has no threshold `{unknown[0]}`"
        mend = nearest(unknown[0], has) or f"it has {', '.join(has) or 'none of its own'}"
        return [Problem(where, what, mend)]
    try:
        changed = None if change.disable else _changed(rule, change)
    except ValueError:
        return [Problem(where, f"rule `{rule.id}` cannot be so: whole numbers, below above by")]
    if rule.keeps_loud and (changed is None or not _is_stricter(rule, changed)):
        what = f"rule `{rule.id}` is an emergency or of the red set: it may only be made stricter"
        return [Problem(where, what, "leave it as it is")]
    return []


def _is_stricter(rule: Rule, changed: Rule) -> bool:
    """As high a level, and no threshold that takes more to be met."""
    if changed.level.rank < rule.level.rank:
        return False
    for name in THRESHOLDS:
        was, now = getattr(rule.when, name, None), getattr(changed.when, name, None)
        if was is None or now is None or was == now:
            continue
        if name == "weeks":  # the best of fewer weeks is worse, the median may be either
            return False
        looser_up = name == "below"  # the higher this end, the more it catches
        if now < was if looser_up else now > was:
            return False
    return True


def _applied(pack: RulePack, override: Override) -> RulePack:
    changes = {change.rule: change for change in override.changes}
    rules: list[Rule] = []
    for rule in pack.rules:
        change = changes.get(rule.id)
        if change is None:
            rules.append(rule)
        elif not change.disable:
            rules.append(_changed(rule, change))
    return pack.model_copy(update={"rules": (*rules, *override.rules)})


def _changed(rule: Rule, change: Change) -> Rule:
    """Validated anew, so that an override makes no rule that a pack could not hold."""
    document = rule.model_dump()
    document["when"].update(change.thresholds)
    if change.level is not None:
        document["level"] = change.level
    return Rule.model_validate(document)


def _changes(override: Override) -> Sequence[tuple[str, str]]:
    said = []
    for change in override.changes:
        parts = ["switched off"] if change.disable else []
        parts += [f"level {change.level}"] if change.level else []
        parts += [f"{name} {value:g}" for name, value in change.thresholds.items()]
        said.append((change.rule, ", ".join(parts)))
    return [*said, *((rule.id, "added") for rule in override.rules)]
