"""What a manager asks the site's page for, and its figures, read for all its periods together."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from rsm.db.work import Tx
from rsm.metrics import forecast_store
from rsm.metrics.figures import Together
from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import divided
from rsm.web import site_pictures
from rsm.web.manager_period import (
    BY_MONTH,
    MONTH,
    as_many_before,
    drawn,
    first_unsettled,
    last_weeks,
    whole_weeks,
)
from rsm.web.site_reading import Read, read
from rsm.web.site_words import Words


@dataclass(frozen=True)
class Asked:
    """Which weeks of which site, in whose words."""

    tx: Tx
    site_id: UUID
    zone: str
    weeks: int
    words: Words

    @property
    def here(self) -> str:
        return f"/sites/{self.site_id}"

    @property
    def days(self) -> Days:
        return last_weeks(self.tx.now, self.zone, self.weeks)

    @property
    def drawn(self) -> site_pictures.Drawn:
        days = drawn(self.tx.now, self.zone, self.weeks)
        address = f"{self.here}?weeks={self.weeks}"
        by_month = self.weeks >= BY_MONTH
        return site_pictures.Drawn(days, by_month, self.zone, self.words, address)

    def whole(self, weeks: int) -> Days:
        """So many weeks of which all is known."""
        return whole_weeks(self.tx.now, self.zone, weeks)

    @property
    def forecast_before(self) -> date:
        return first_unsettled(self.tx.now, self.zone)

    @cached_property
    def together(self) -> Together:
        """All periods of the page but the one long past, of which little is asked."""
        month, forecast = self.whole(MONTH), forecast_store.weeks_of(self.forecast_before)
        periods = (self.days, self.whole(self.weeks), month, as_many_before(month))
        drawn = divided(self.drawn.days, self.drawn.span).values()
        weeks = divided(forecast, Span.WEEK).values()
        return Together(self.tx, self.site_id, (*periods, *drawn, *weeks))

    def read(self, days: Days) -> Read:
        known = days in self.together
        return Read(self.together.of(days)) if known else read(self.tx, self.site_id, days)


@dataclass(frozen=True)
class Beside:
    """So many whole weeks, and as many before them."""

    days: Days
    now: Read
    before: Read

    @classmethod
    def of(cls, asked: Asked, weeks: int) -> "Beside":
        days = asked.whole(weeks)
        return cls(days, asked.read(days), asked.read(as_many_before(days)))
