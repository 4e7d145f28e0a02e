"""The people and the small words that the tests of rosters share."""

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import start_instant
from rsm.sites.model import Shift
from rsm.sites.rota.decide import who_is_on_duty
from rsm.sites.rota.model import Period, Rota

ANN, BEN, CARLA, DORA = (UUID(int=number) for number in range(1, 5))
NAMES = {ANN: "Ann Abel", BEN: "Ben Brook", CARLA: "Carla Cruz", DORA: "Dora Dean"}
TEAM = UUID(int=99)
NEW_YORK = ZoneInfo("America/New_York")


def ident(number: int) -> UUID:
    """The id of a row."""
    return UUID(int=1000 + number)


def shift(who: UUID, weekday: int, starts: str, ends: str, rank: int = 1) -> Shift:
    return Shift(TEAM, who, weekday, time.fromisoformat(starts), time.fromisoformat(ends), rank)


def utc(text: str) -> datetime:
    """`2026-10-19T13:00` as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The instant at which the wall clock first shows this."""
    return start_instant(datetime.fromisoformat(text), zone)


def weekly(*shifts: Shift) -> dict[UUID, Shift]:
    """Rows of weekly duty, called `ident(0)`, `ident(1)` and so on."""
    return {ident(number): each for number, each in enumerate(shifts)}


def people(rota: Rota, at: str, zone: ZoneInfo = NEW_YORK) -> list[UUID]:
    """Who is on duty when the wall clock shows this, told first first."""
    return [each.staff_id for each in who_is_on_duty(rota, local(at, zone), zone).people]


def reasons(period: Period) -> list[tuple[UUID, str, UUID | None]]:
    """Who, why, and in whose place."""
    return [(each.staff_id, each.why.value, each.instead_of) for each in period.people]
