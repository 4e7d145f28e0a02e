"""Changes of a roster as they are typed: days and times on the site's clock, people by choice."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.errors import Invalid, Problem
from rsm.patients.entering import read_clock, read_weekday
from rsm.sites.model import WEEKDAYS, Hours, Shift
from rsm.sites.rota.clock import shift_ends, shift_starts
from rsm.sites.rota.model import (
    Absence,
    Cover,
    Cycle,
    CycleShift,
    DayShift,
    Override,
    Rotation,
)
from rsm.sites.rota.planning import TeamChange
from rsm.web.roster_forms import PEOPLE, Values

Value = TypeVar("Value")


class Reader:
    """A form as it was sent, read field by field; every problem is kept for the end."""

    def __init__(self, values: Values, zone: ZoneInfo, new_id: Callable[[], UUID]) -> None:
        self.values, self._zone, self.id = values, zone, new_id
        self.problems: list[Problem] = []

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def staff(self, name: str) -> UUID:
        return self._read(name, UUID, UUID(int=0), "choose who")

    def maybe(self, name: str) -> UUID | None:
        return self.staff(name) if self.text(name) else None

    def day(self, name: str) -> date:
        return self._read(name, date.fromisoformat, date.min, "give a date, such as 2026-10-19")

    def number(self, name: str) -> int:
        return self._read(name, _small, 1, "give a number from 1 to 99")

    def clock(self, name: str) -> time:
        return self._read(name, lambda text: read_clock(name, text), time(), "write it as 09:00")

    def weekday(self, name: str) -> int:
        return self._read(name, lambda text: read_weekday(name, text), 0, "choose a day")

    def since(self) -> datetime:
        """The first instant at which the clock shows it."""
        return shift_starts(self._wall("since"), self._zone)

    def until(self) -> datetime:
        """The last instant at which the clock shows it."""
        return shift_ends(self._wall("until"), self._zone)

    def done(self) -> None:
        """Raises `Invalid` with all that could not be read."""
        if self.problems:
            raise Invalid(self.problems)

    def _wall(self, name: str) -> datetime:
        return self._read(name, _naive, datetime(2000, 1, 1), "give a day and a time")  # noqa: DTZ001

    def _read(self, name: str, read: Callable[[str], Value], otherwise: Value, mend: str) -> Value:
        try:
            return read(self.text(name))
        except (ValueError, Invalid):
            self.problems.append(Problem(name, "is missing or cannot be read", mend))
            return otherwise


def _naive(text: str) -> datetime:
    """The wall time; seconds, zones, and years that no roster has are none of ours."""
    found = datetime.fromisoformat(text)
    given = found.tzinfo is None and len(text) >= len("2026-10-19T08:00")
    if not given or not 2000 <= found.year < 2200:
        raise ValueError(text)
    return found


def _small(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 99:
        raise ValueError(text)
    return number


def read_change(kind: str, team_id: UUID, form: Reader) -> TeamChange:
    """The change as typed. Raises `Invalid` with every field that cannot be read."""
    change = READ[kind](team_id, form)
    form.done()
    return change


def read_absence(form: Reader) -> Absence:
    """Raises `Invalid` as `read_change` does."""
    absence = Absence(form.id(), form.staff("staff_id"), form.since(), form.until())
    form.done()
    return absence


def read_hours(form: Reader) -> dict[str, Hours] | None:
    """The team's hours by weekday; None when all is empty. A day needs both or none."""
    hours = {
        day: (form.clock(f"{day}_opens"), form.clock(f"{day}_closes"))
        for day in WEEKDAYS
        if form.text(f"{day}_opens") or form.text(f"{day}_closes")
    }
    form.done()
    return hours or None


def _override(_: UUID, form: Reader) -> TeamChange:
    rank = form.number("rank")
    instead_of = form.maybe("instead_of")
    return Override(form.id(), form.staff("staff_id"), form.since(), form.until(), instead_of, rank)


def _cover(_: UUID, form: Reader) -> TeamChange:
    who, by = form.staff("staff_id"), form.staff("covered_by")
    return Cover(form.id(), who, by, form.since(), form.until())


def _day_shift(team_id: UUID, form: Reader) -> TeamChange:
    day = form.day("day")
    starts, ends, rank = form.clock("starts"), form.clock("ends"), form.number("rank")
    shift = Shift(team_id, form.staff("staff_id"), day.weekday(), starts, ends, rank)
    return DayShift(form.id(), day, shift)


def _rotation(_: UUID, form: Reader) -> TeamChange:
    named = [f"person{n}" for n in range(1, PEOPLE + 1) if form.text(f"person{n}")]
    return Rotation(
        id=form.id(),
        people=tuple(form.staff(name) for name in named),
        first_day=form.day("first_day"),
        every_days=form.number("every_days"),
        changes_at=form.clock("changes_at"),
        rank=form.number("rank"),
        ends_on=form.day("ends_on") if form.text("ends_on") else None,
    )


def _cycle(team_id: UUID, form: Reader) -> TeamChange:
    numbers = [n for n in range(1, PEOPLE + 1) if form.text(f"week{n}")]
    return Cycle(
        id=form.id(),
        first_day=form.day("first_day"),
        weeks=form.number("weeks"),
        shifts=tuple(_cycle_shift(team_id, form, n) for n in numbers),
    )


def _cycle_shift(team_id: UUID, form: Reader, n: int) -> CycleShift:
    shift = Shift(
        team_id,
        form.staff(f"staff{n}"),
        form.weekday(f"weekday{n}"),
        form.clock(f"starts{n}"),
        form.clock(f"ends{n}"),
        form.number(f"rank{n}"),
    )
    return CycleShift(form.id(), form.number(f"week{n}") - 1, shift)


READ: Mapping[str, Callable[[UUID, Reader], TeamChange]] = {
    "override": _override,
    "cover": _cover,
    "day_shift": _day_shift,
    "rotation": _rotation,
    "cycle": _cycle,
}
