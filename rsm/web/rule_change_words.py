"""A change of a rule in words: what it was and becomes, whose it is, until when, how it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from rsm.alerts.explain import anchor
from rsm.alerts.override_words import OverrideView
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.states import Tier
from rsm.alerts.tiers import THRESHOLDS, Change
from rsm.db.work import Tx
from rsm.security import staff
from rsm.web import when
from rsm.web.staff_words import section

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Reading:
    """What the words need: the pack that it changes, who people and teams are, zone, language."""

    pack: RulePack
    names: dict[UUID, str]
    teams: dict[UUID, str]
    zone: str
    language: str

    @property
    def words(self) -> SimpleNamespace:
        return section("changes", self.language)

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.pack.rules if rule.id == rule_id), None)

    def title(self, rule_id: str) -> str:
        found = self.rule(rule_id)
        return found.title if found else rule_id

    def last_day(self, until: datetime) -> str:
        """The last day on which it holds."""
        return when.local_date(until - _MOMENT, self.zone, self.language, year=True)

    def day(self, at: datetime) -> str:
        return when.short_date(at, self.zone, self.language)

    def name(self, who: UUID | None) -> str:
        known = self.names.get(who) if who else None
        return known or str(self.words.somebody)


def names_of(tx: Tx, views: list[OverrideView]) -> dict[UUID, str]:
    """Everybody who wrote, agreed to or ended one of these."""
    people = {
        who
        for one in views
        for who in (one.row.author_id, one.row.decided_by, one.row.ended_by)
        if who is not None
    }
    return {who: view.name for who, view in staff.many(tx, people).items()}


def titles(view: OverrideView, reading: Reading) -> tuple[str, ...]:
    """The rules that it changes, by their titles."""
    return tuple(reading.title(rule) for rule in sorted(view.rules))


def what(view: OverrideView, reading: Reading) -> tuple[str, ...]:
    """Each thing that changes: `Level: urgent → soon`."""
    if view.override is None:
        return (reading.words.unreadable,)
    said = [text for change in view.override.changes for text in _change(change, reading)]
    said += [reading.words.added.format(title=rule.title) for rule in view.override.rules]
    return tuple(said)


def _change(change: Change, reading: Reading) -> Iterator[str]:
    words, rule = reading.words, reading.rule(change.rule)
    if change.disable:
        yield words.off
    if change.level is not None:
        was = getattr(words, f"level_{rule.level}") if rule else "?"
        level = getattr(words, f"level_{change.level}")
        yield words.becomes.format(name=words.level, was=was, now=level)
    for name, value in change.thresholds.items():
        before = getattr(rule.when, name, None) if rule else None
        shown = "?" if before is None else f"{before:g}"
        yield words.becomes.format(name=threshold(name, words), was=shown, now=f"{value:g}")


def threshold(name: str, words: SimpleNamespace) -> str:
    """A threshold of a condition, as a person says it."""
    return str(getattr(words, f"t_{name}"))


def thresholds(rule: Rule) -> dict[str, float]:
    """Those that the rule's own condition has, with their values."""
    found = {name: getattr(rule.when, name, None) for name in THRESHOLDS}
    return {name: value for name, value in found.items() if value is not None}


def whose(view: OverrideView, reading: Reading) -> str:
    """The organisation, this site, or a team by its name."""
    team = view.row.target.team_id
    if view.tier is Tier.TEAM and team is not None:
        name = reading.teams.get(team, "?")
        return str(reading.words.whose_team.format(name=name))
    return str(getattr(reading.words, f"whose_{view.tier}"))


def keyed(pack: RulePack) -> dict[str, Rule]:
    """The rules by what stands for them in an address, which tells no symptom (P10)."""
    return {anchor(rule.id): rule for rule in pack.rules}
