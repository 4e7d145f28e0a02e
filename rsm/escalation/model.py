"""The words of the escalation room: policies as a site writes them, and an alert's progress.

A policy has one ladder per level. A ladder is climbed step by step until somebody acknowledges;
its last step tells the site's safety contact and is repeated for as long as nobody does (P4, P5).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from rsm.escalation.states import EscalationState, OutOfHours, WaitIn, WorkingRole
from rsm.kernel.documents import Strict
from rsm.kernel.words import Channel, Level, Pin

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Minutes = Annotated[int, Field(ge=1, le=28 * 24 * 60)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
HELD_AT_MOST = 16 * 60  # minutes that an urgent alert may wait for the next service hour

# --- policies ------------------------------------------------------------------------------


class OnDuty(Strict):
    """Who is on duty in the alert's team when the step is due: 1 the first, 2 the second."""

    kind: Literal["on_duty"]
    rank: Annotated[int, Field(ge=1, le=9)]


class ByRole(Strict):
    """Everybody with this role at the site."""

    kind: Literal["role"]
    role: WorkingRole


class ByTeam(Strict):
    """Everybody of a team; without a name, of the team that the alert was routed to."""

    kind: Literal["team"]
    team: str | None = None


class SafetyContact(Strict):
    """The site's safety contact."""

    kind: Literal["safety_contact"]


class Person(Strict):
    """One member of the site's staff, by the e-mail address that she logs in with."""

    kind: Literal["person"]
    email: Email


# Open on purpose: a new kind is a class here and a case where references are looked up.
Who = Annotated[OnDuty | ByRole | ByTeam | Person | SafetyContact, Field(discriminator="kind")]
SAFETY_CONTACT = SafetyContact(kind="safety_contact")

# How people are told. The worklist shows every alert anyway.
How = Literal[Channel.SMS, Channel.EMAIL, Channel.VOICE]


def _channel(value: object) -> object:
    """A strict literal of enum members does not take their words."""
    return Channel(value) if isinstance(value, str) and value in set(Channel) else value


def _channels(value: object) -> object:
    return tuple(map(_channel, value)) if isinstance(value, (list, tuple)) else value


class PolicyStep(Strict):
    """Whom to tell, how, and how long to wait for one of them before the next step."""

    who: Annotated[tuple[Who, ...], Field(min_length=1)]
    how: Annotated[tuple[How, ...], BeforeValidator(_channels), Field(min_length=1)] = (
        Channel.SMS,
    )
    wait_minutes: Minutes
    wait_in: WaitIn = WaitIn.CLOCK

    @model_serializer(mode="wrap")
    def _says_how(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Never left out: the content hash of a policy counts it, said or not."""
        content: dict[str, object] = dump(self)
        return {"how": [channel.value for channel in self.how], **content}

    @property
    def wait(self) -> timedelta:
        return timedelta(minutes=self.wait_minutes)


class FirstStep(StrEnum):
    """When the ladder begins: with the alert, or only when its target has passed."""

    AT_ONCE = "at_once"
    AT_TARGET = "at_target"


class Ladder(Strict):
    """One level's target, steps and loans. After the last step it is repeated.

    `held_at_most_minutes` bounds what service hours can add to any one wait: then whoever is on
    call is told.
    """

    target_minutes: Minutes
    first_step: FirstStep
    ack_loan_minutes: Minutes
    text_ack_loan_minutes: Minutes = 15
    out_of_hours: OutOfHours = OutOfHours.ON_CALL
    held_at_most_minutes: Minutes = HELD_AT_MOST
    steps: Annotated[tuple[PolicyStep, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends_safely(self) -> "Ladder":
        if SAFETY_CONTACT not in self.steps[-1].who:
            raise ValueError(
                'the last step must tell the safety contact: { kind = "safety_contact" }'
            )
        return self

    @property
    def target(self) -> timedelta:
        return timedelta(minutes=self.target_minutes)

    @property
    def held_at_most(self) -> timedelta:
        return timedelta(minutes=self.held_at_most_minutes)

    @property
    def keeps_hours(self) -> bool:
        """Whether it asks for service hours at all."""
        is_held = self.out_of_hours is OutOfHours.HELD
        return is_held or any(step.wait_in is WaitIn.SERVICE for step in self.steps)


class Ladders(Strict):
    """One ladder for every level: none may be missing."""

    emergency: Ladder
    urgent: Ladder
    soon: Ladder
    info: Ladder


class Policy(Strict):
    """One immutable version of a site's escalation policy."""

    key: Key
    version: Version
    title: Text
    author: Text
    levels: Ladders
    texts_in_ten_minutes: Annotated[int, Field(ge=2, le=1000)] = 3  # to one person; then bundled

    def ladder(self, level: Level) -> Ladder:
        by_level = {
            Level.EMERGENCY: self.levels.emergency,
            Level.URGENT: self.levels.urgent,
            Level.SOON: self.levels.soon,
            Level.INFO: self.levels.info,
        }
        return by_level[level]

    @property
    def pin(self) -> Pin:
        """Key, version and content hash, without fields at their default (as for rule packs)."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return Pin(self.key, self.version, hashlib.sha256(text.encode()).hexdigest())


# --- an alert on its ladder ----------------------------------------------------------------


class EscalationReason(StrEnum):
    """Why the ladder moved, or did not: stored on the row, and a metric label."""

    BEGUN = "begun"
    HELD = "held"  # nobody is told before the next service hour, or the cap
    CHOSEN = "chosen"  # somebody asked for this very step
    ASSIGNED = "assigned"  # lent to somebody by name, who must still take it
    SNOOZED = "snoozed"
    STEP_DUE = "step_due"
    EMPTY_PASSED = "empty_passed"  # steps without anybody to reach were passed at once
    NOBODY_ON_DUTY = "nobody_on_duty"  # every step before the safety contact was empty
    NOBODY_AT_ALL = "nobody_at_all"  # not even the safety contact can be reached
    REPEATED = "repeated"  # the last step once more
    SHIFT_CHANGED = "shift_changed"  # she who was told has gone off duty: the step is due again
    NOT_DUE = "not_due"
    ACKNOWLEDGED = "acknowledged"
    ON_LOAN = "on_loan"
    LOAN_EXPIRED = "loan_expired"
    WORSE = "worse"
    CLOSED = "closed"
    REOPENED = "reopened"


class AckVia(StrEnum):
    """An acknowledgement by text is a short loan, until the alert has been opened."""

    PAGE = "page"
    TEXT = "text"


@dataclass(frozen=True)
class Contact:
    """A person and the channels by which this person can be reached now."""

    id: UUID
    channels: frozenset[Channel]


# Who each reference of a policy is at this moment; absent or empty: nobody.
People = Mapping[Who, Sequence[Contact]]


@dataclass(frozen=True)
class Progress:
    """Where an alert stands on its ladder.

    `step` is the next step to take, from 0; `epoch` counts beginnings and `lap` the repeats within
    one, so that (epoch, lap, step) is taken once. `next_at` is when that step is due, or,
    while `state` is `loaned`, when the loan ends; None only when done. `reason` is that of the
    last move.
    """

    level: Level
    state: EscalationState
    next_at: datetime | None
    target_at: datetime
    epoch: int = 1
    step: int = 0
    lap: int = 0
    reason: EscalationReason = EscalationReason.BEGUN


@dataclass(frozen=True)
class Tell:
    """One person to tell by these channels; the key is unique for the alert (P5)."""

    person: UUID
    channels: tuple[Channel, ...]
    epoch: int
    lap: int
    step: int


@dataclass(frozen=True)
class Decision:
    """The progress to save, why, whom to tell, and the steps that were passed as empty."""

    progress: Progress
    reason: EscalationReason
    tell: tuple[Tell, ...] = ()
    passed: tuple[int, ...] = ()


# --- rows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """An alert whose step, or whose loan's end, has come."""

    alert_id: UUID
    site_id: UUID


@dataclass(frozen=True)
class Standing:
    """Where an alert stands on its ladder, for pages: what comes next, under which policy."""

    alert_id: UUID
    policy: Pin
    state: EscalationState
    next_at: datetime | None
    step: int
    lap: int
    reason: str
