"""What a site, or its organisation, exchanges for another version with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Setting(StrEnum):
    """Which of them a use is about."""

    POLICY = "policy"
    ROUTES = "routes"


@dataclass(frozen=True)
class Exchange:
    """One content in place of another, and why: the pin of a policy, or a whole tree.

    `former` is None where there was none; `wide`: it is the organisation's, and no one site's.
    """

    setting: Setting
    content: Mapping[str, object]
    former: Mapping[str, object] | None
    reason: str
    wide: bool = False


@dataclass(frozen=True)
class Use:
    """An exchange as it was made: when, and by whom (None: not by a member of staff)."""

    at: datetime
    by: UUID | None
    exchange: Exchange
    id: UUID | None = None
