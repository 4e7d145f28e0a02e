"""Small words for the tests of rosters that stand in a database: an empty roster, rows of it."""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.sites import service as sites
from rsm.sites.model import Shift
from rsm.sites.rota import planning
from rsm.sites.rota.model import Absence, Cover, DayShift, Override
from tests.clinic import Clinic
from tests.rota_world import local

NEW_YORK = ZoneInfo("America/New_York")


def clear(clinic: Clinic) -> None:
    """Nobody is on duty by the week."""
    with clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, clinic.site):
            sites.remove_shift(tx, clinic.site, shift_id)


def weekly(  # noqa: PLR0917 - the columns of a row
    clinic: Clinic, who: UUID, days: Iterable[int], starts: str, ends: str, rank: int = 1
) -> list[UUID]:
    """A weekly duty on these weekdays; Monday is 0."""
    begins, stops = time.fromisoformat(starts), time.fromisoformat(ends)
    with clinic.begin() as tx:
        rows = [Shift(clinic.team, who, day, begins, stops, rank) for day in days]
        return [sites.add_shift(tx, clinic.site, row) for row in rows]


def override(
    clinic: Clinic, who: UUID, since: str, until: str, instead_of: UUID | None = None
) -> UUID:
    with clinic.begin(clinic.charge) as tx:
        row = Override(tx.new_id(), who, local(since), local(until), instead_of)
        return planning.add(tx, clinic.site, clinic.team, row)


def cover(clinic: Clinic, who: UUID, by: UUID, since: str, until: str) -> UUID:
    with clinic.begin(clinic.charge) as tx:
        row = Cover(tx.new_id(), who, by, local(since), local(until))
        return planning.add(tx, clinic.site, clinic.team, row)


def absence(clinic: Clinic, who: UUID, since: str, until: str) -> UUID:
    with clinic.begin(clinic.charge) as tx:
        row = Absence(tx.new_id(), who, local(since), local(until))
        return planning.add_absence(tx, clinic.site, row)


def day_shift(clinic: Clinic, who: UUID, day: str, starts: str, ends: str) -> UUID:
    on = date.fromisoformat(day)
    begins, stops = time.fromisoformat(starts), time.fromisoformat(ends)
    with clinic.begin(clinic.charge) as tx:
        shift = Shift(clinic.team, who, on.weekday(), begins, stops)
        return planning.add(tx, clinic.site, clinic.team, DayShift(tx.new_id(), on, shift))


def on_duty(clinic: Clinic, at: datetime, team: UUID | None = None) -> list[UUID]:
    """Who is on duty at that instant, told first first."""
    with clinic.begin() as tx:
        return [duty.staff_id for duty in sites.on_duty(tx, clinic.site, team, at)]
