"""Figures as the site pages read them: whole numbers, and nothing where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.metrics.figures import Figure, Together
from rsm.metrics.model import Days


@dataclass(frozen=True)
class Read:
    """What some days came to, by measure."""

    found: Mapping[str, Figure]

    def rate(self, measure: str) -> tuple[int, int]:
        """Part and whole; 0 of 0 where there is none."""
        figure = self.found.get(measure)
        if figure is None or figure.part is None or not figure.whole:
            return 0, 0
        return round(figure.part), figure.whole

    def count(self, measure: str) -> int:
        """How many: the part of a rate as well."""
        figure = self.found.get(measure)
        return round(figure.part) if figure is not None and figure.part is not None else 0

    def minutes(self, measure: str) -> timedelta | None:
        """A duration; None where it cannot be told. A difference may be below nothing."""
        figure = self.found.get(measure)
        if figure is None or figure.part is None:
            return None
        return timedelta(minutes=figure.part)


def read(tx: Tx, site_id: UUID, days: Days) -> Read:
    """Every measure of the site for these days, each read when it is first asked for."""
    return Read(Together(tx, site_id, (days,)).of(days))
