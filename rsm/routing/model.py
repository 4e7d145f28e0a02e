"""A routing tree as a site writes it, what is routed, and the decision."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints, field_validator

from rsm.kernel.documents import Strict
from rsm.kernel.words import Level

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class Match(Strict):
    """What a node takes. Each list that is not empty must hold; `symptom` holds for any of them."""

    level: tuple[Level, ...] = ()
    symptom: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    regimen: tuple[str, ...] = ()

    @property
    def takes_all(self) -> bool:
        return not (self.level or self.symptom or self.language or self.regimen)


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
