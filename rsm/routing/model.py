"""A routing tree as a site writes it, what is routed, and the decision."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import (
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from rsm.kernel.documents import Strict
from rsm.kernel.words import Level

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)  # Monday first


class Service(StrEnum):
    """Whether the site is at work."""

    OPEN = "open"
    CLOSED = "closed"


_OF_TIME = frozenset({"weekday", "service", "from_time", "until_time"})


class Match(Strict):
    """What a node takes: all that it asks must hold; of a list, any one.

    `from_time` to `until_time` is local time, the end not in it, and may run past midnight;
    `weekday` is the local day on which the alert is routed.
    """

    level: tuple[Level, ...] = ()
    symptom: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    regimen: tuple[str, ...] = ()
    weekday: tuple[Weekday, ...] = ()
    service: Service | None = None
    from_time: time | None = None
    until_time: time | None = None

    @property
    def takes_all(self) -> bool:
        """Whether it asks for nothing."""
        return self == Match()

    @property
    def asks_time(self) -> bool:
        """Whether it depends on when the alert is routed."""
        return bool(self.weekday or self.service or self.from_time or self.until_time)

    @model_validator(mode="after")
    def _whole_span(self) -> "Match":
        if (self.from_time is None) != (self.until_time is None):
            raise ValueError("from_time and until_time belong together")
        if self.from_time is not None and self.from_time == self.until_time:
            raise ValueError("from_time and until_time are the same: leave both out")
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_asked(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Conditions on the time are left out where there are none: trees that stand stay so."""
        content: dict[str, object] = dump(self)
        return {key: value for key, value in content.items() if key not in _OF_TIME or value}


class Route(Strict):
    """A node and its children, which are asked in order. Without a team it is its parent's."""

    name: Name
    match: Match = Match()
    team: Name | None = None
    children: tuple["Route", ...] = ()


class Tree(Route):
    """The root: it takes everything and always has a receiver."""

    team: Name

    @field_validator("match")
    @classmethod
    def _takes_all(cls, match: Match) -> Match:
        if not match.takes_all:
            raise ValueError("the root takes everything: put conditions on its children")
        return match


@dataclass(frozen=True)
class RouteFacts:
    """What is known of an alert when it is routed."""

    level: Level
    symptoms: frozenset[str] = frozenset()
    language: str = ""
    regimen: str = ""
    local: datetime | None = None  # the clock on the site's wall; None: not known, no time holds
    service: Service | None = None


class RouteReason(StrEnum):
    """Why a node answers."""

    LEAF = "leaf"  # nothing below it
    NO_CHILD = "no_child"  # none of its children takes this alert: it answers itself


@dataclass(frozen=True)
class Decision:
    """The team, and the names of the nodes from the root to the one that answered."""

    team: str
    path: tuple[str, ...]
    reason: RouteReason


@dataclass(frozen=True)
class Asked:
    """One node that was asked on the way; `why` names what did not hold, empty where it took."""

    node: str
    above: str
    took: bool
    why: str = ""
