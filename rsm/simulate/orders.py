"""What somebody wants simulated."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rsm.simulate.programme import Programme
from rsm.simulate.roster import Roster


@dataclass(frozen=True)
class Order:
    """What is to be simulated. `pack`, `plan` and `policy` are TOML of one's own instead of what
    the programme uses; `only` leaves all people out but these (by their seeds): see `story`."""

    programme: Programme
    seed: str
    patients: int
    weeks: int
    sites: int
    begin: date
    public_url: str
    pack: str | None = None
    plan: str | None = None
    policy: str | None = None
    roster: Roster | None = None
    only: frozenset[str] | None = None
    until: datetime | None = None  # ended then, in the middle of its weeks

    @property
    def begins_at(self) -> datetime:
        """The midnight (UTC) at which the months begin."""
        return datetime.combine(self.begin, time(0), UTC)

    @property
    def ends_at(self) -> datetime:
        whole = self.begins_at + timedelta(weeks=self.weeks)
        return whole if self.until is None else min(whole, self.until)
