"""Roll-ups: made anew where something has changed.

Triggers note what changes (`MetricChange`). A round takes some of these notes, works out the days
that they are about, and forgets them, all in one transaction: a day is right as soon as its notes
are gone, whatever dies meanwhile. Two rounds at once take different notes, and days in turn.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import insert, text

from rsm.db.statements import table_of
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.metrics import changes, rollup_alerts, rollup_surveys
from rsm.metrics.changes import SiteDay
from rsm.metrics.tables import MetricChange

_NOTES = 20_000  # taken in one round: most of a backlog is about the same few days
_DAYS = 50  # worked out in one round; what is more is written back as days
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:site || ' ' || :day, 0))")


def roll_up_due(db: Database) -> int:
    """One round; returns how many notes it has worked off."""
    with db.begin(EVERYWHERE) as tx:
        notes = changes.take(tx, _NOTES)
        days = sorted(changes.days_of(tx, notes)) if notes else []
        for site_id, each in groupby(days[:_DAYS], key=lambda one: one[0]):
            _work_out(tx, site_id, [day for _, day in each])
        _write_back(tx, days[_DAYS:])
        return len(notes)


def roll_up_all(db: Database) -> None:
    """Round after round, until nothing waits."""
    while roll_up_due(db):
        pass


def _work_out(tx: Tx, site_id: UUID, days: Sequence[date]) -> None:
    for day in days:  # in order, so that two rounds never wait for one another in a ring
        tx.session.execute(_TURN, {"site": str(site_id), "day": day.isoformat()})
    rollup_surveys.work_out(tx, site_id, days)
    rollup_alerts.work_out(tx, site_id, days)


def _write_back(tx: Tx, days: Iterable[SiteDay]) -> None:
    rows = [{"site_id": site_id, "on_day": day} for site_id, day in days]
    if rows:
        tx.session.execute(insert(table_of(MetricChange)), rows)
