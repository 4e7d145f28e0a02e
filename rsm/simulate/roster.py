"""A roster to be tried before go-live: who would be on duty, when, told in which order (TOML)."""

from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rsm.kernel.documents import Strict, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.sites.model import WEEKDAYS

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Hours(Strict):
    """On these days, from and until on the site's own clock; `until` at or before `from` runs past
    midnight, the same hour is around the clock."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    from_: Annotated[time, Field(alias="from")]
    until: time

    @property
    def weekdays(self) -> Sequence[int]:
        """As `Shift` counts them."""
        return [WEEKDAYS.index(day) for day in self.days]


class OnRoster(Strict):
    """One nurse. `rank` 1 is told first; a manager is told where a policy names the role."""

    name: Annotated[str, Field(min_length=1)]
    rank: Annotated[int, Field(ge=1, le=9)] = 1
    manager: bool = False
    duty: Annotated[tuple[Hours, ...], Field(min_length=1)]


class Roster(Strict):
    """Who is on duty at each site of a simulation."""

    people: Annotated[tuple[OnRoster, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _each_once(self) -> "Roster":
        names = [one.name for one in self.people]
        if len(set(names)) < len(names):
            raise ValueError("each name once: two shifts of one nurse are two `duty` tables")
        return self


def roster(path: Path) -> Roster:
    """The roster in a TOML file. Raises `Invalid` with every problem and its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mend = "a TOML file with [[people]] and [[people.duty]]"
        raise Invalid(Problem(str(path), "cannot be read", mend)) from error
    return parse(Roster, text, path.name)[0]
