"""The words of overrides: whose one is, how far it has come, and how it is written down as TOML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change, Override
from rsm.kernel.words import Pin


class OverrideState(StrEnum):
    """How far an override has come."""

    WAITS = "waits"  # for a second person
    HOLDS = "holds"
    REFUSED = "refused"  # or withdrawn before anybody agreed
    OVER = "over"


@dataclass(frozen=True)
class Target:
    """Whose rules are changed: an organisation's, a site's, a team's, or one patient's."""

    tier: Tier
    organisation_id: UUID
    site_id: UUID | None = None
    team_id: UUID | None = None
    patient_id: UUID | None = None

    @property
    def of(self) -> UUID:
        """The id that the override names."""
        whose = {
            Tier.ORGANISATION: self.organisation_id,
            Tier.SITE: self.site_id,
            Tier.TEAM: self.team_id,
            Tier.PATIENT: self.patient_id,
        }[self.tier]
        if whose is None:
            raise ValueError(f"an override of a {self.tier} names it")
        return whose


@dataclass(frozen=True)
class Asked:
    """What somebody wants changed, why, and until when (not including that instant)."""

    target: Target
    changes: tuple[Change, ...]
    reason: str
    until: datetime


@dataclass(frozen=True)
class Stored:
    """One row. The text of a patient's is sealed: `rsm.alerts.overrides` opens it."""

    id: UUID
    target: Target
    base: Pin
    body: str | None
    body_sealed: bytes | None
    since: datetime
    until: datetime
    author_id: UUID
    written_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None

    def state(self, now: datetime) -> OverrideState:
        """Only a patient's holds without a second person."""
        agreed = self.decided_at is not None or self.target.tier is Tier.PATIENT
        if self.ended_at is not None:
            return OverrideState.OVER if agreed else OverrideState.REFUSED
        if self.until <= now:
            return OverrideState.OVER
        return OverrideState.HOLDS if agreed else OverrideState.WAITS


@dataclass(frozen=True)
class OverrideView:
    """One override, read. `override` is None where its text cannot be read any more."""

    row: Stored
    override: Override | None

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def tier(self) -> Tier:
        return self.row.target.tier

    def state(self, now: datetime) -> OverrideState:
        return self.row.state(now)

    @property
    def rules(self) -> frozenset[str]:
        """The rules that it changes or adds."""
        if self.override is None:
            return frozenset()
        changed = {change.rule for change in self.override.changes}
        return frozenset(changed | {rule.id for rule in self.override.rules})


def toml_of(asked: Asked, base: Pin, author: str, since: datetime) -> str:
    """The override as its TOML, which `tiers.parse_override` reads again."""
    lines = [
        f"tier = {_quoted(asked.target.tier)}",
        f"of = {_quoted(str(asked.target.of))}",
        f"author = {_quoted(author)}",
        f"reason = {_quoted(asked.reason)}",
        f"since = {since.isoformat()}",
        f"until = {asked.until.isoformat()}",
        "",
        "[base]",
        *(f"{key} = {_quoted(str(value))}" for key, value in base.document.items()),
        *(line for change in asked.changes for line in _change(change)),
    ]
    return "\n".join(lines) + "\n"


def _change(change: Change) -> Sequence[str]:
    lines = ["", "[[changes]]", f"rule = {_quoted(change.rule)}"]
    if change.disable:
        lines.append("disable = true")
    if change.level is not None:
        lines.append(f"level = {_quoted(change.level)}")
    if change.thresholds:
        lines.append(f"thresholds = {_inline(change.thresholds)}")
    return lines


def _inline(values: Mapping[str, float]) -> str:
    return "{ " + ", ".join(f"{name} = {value!r}" for name, value in values.items()) + " }"


def _quoted(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
