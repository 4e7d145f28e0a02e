"""Reading what is shared: one measure of one period, every site in the order of its code."""

from datetime import date
from uuid import UUID

from rsm.collaborative import service, shared_store
from rsm.collaborative.decide import middle
from rsm.collaborative.model import Funnel, Lesson, Point, Withheld
from rsm.collaborative.shared import definition_hash
from rsm.db.work import Tx
from rsm.kernel.errors import NotAllowed

_MOST_PERIODS, _MOST_LESSONS = 8, 200


def periods(tx: Tx) -> tuple[date, ...]:
    """The newest periods of which anything is shared, the newest first."""
    return tuple(shared_store.periods(tx, _MOST_PERIODS))


def funnel(tx: Tx, measure: str, period: date, site_id: UUID | None = None) -> Funnel:
    """For a site that takes part, or for the lead (without one).

    Sites are named only where they agreed, and the reading site to itself. Raises `NotFound` for a
    site that takes no part, and `NotAllowed` for no site in the scope of one.
    """
    own = _own(tx, site_id)
    known = service.names(tx)
    points, withheld = [], []
    for row in shared_store.figures(tx, period, measure):
        if row.code not in known or row.definition != definition_hash(measure):
            continue  # a site that has left, or a figure that meant something else
        name = own[1] if row.code == own[0] else known[row.code]
        if row.part is None or row.whole is None:
            withheld.append(Withheld(row.code, name, row.code == own[0]))
        else:
            points.append(Point(row.code, row.part, row.whole, name, row.code == own[0]))
    months = service.the(tx).months
    return Funnel(measure, period, months, tuple(points), tuple(withheld), middle(points))


def lessons(tx: Tx) -> tuple[Lesson, ...]:
    """What sites share of their journals, the newest first."""
    known = service.names(tx)
    return tuple(
        Lesson(
            row.code,
            known[row.code],
            row.on_day,
            row.title,
            row.words,
            row.strategy,
            row.barrier,
        )
        for row in shared_store.lessons(tx, _MOST_LESSONS)
        if row.code in known
    )


def _own(tx: Tx, site_id: UUID | None) -> tuple[str, str]:
    """The reader's code and name; empty for the lead."""
    if site_id is not None:
        return service.taking_part(tx, site_id).code, service.own_name(tx, site_id)
    if tx.scope.sites:
        raise NotAllowed("the lead reads in no site's scope")
    return "", ""
