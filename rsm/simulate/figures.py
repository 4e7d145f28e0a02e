"""Reads a simulation's figures from its database: those of every site, as far as it has come."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, NOWHERE, Scope
from rsm.metrics import workload_store
from rsm.metrics.model import Period
from rsm.metrics.workload_model import SiteRows
from rsm.simulate.months import Doors
from rsm.simulate.orders import Order
from rsm.sites import service as sites

# The last hours are left out: what was opened in them had no time to be taken.
_SETTLING = timedelta(days=1)


def read(doors: Doors, begin: datetime, end: datetime) -> tuple[SiteRows, ...]:
    """Every site's rows from `begin` to the day before `end`."""
    period = Period(begin, end - _SETTLING)
    return tuple(_site(doors, site_id, period) for site_id in _in_order(doors))


def read_so_far(doors: Doors, begin: datetime) -> tuple[SiteRows, ...]:
    """The same as far as each site has come; one that has not begun is left out."""
    with doors.worker.begin(EVERYWHERE) as tx:
        reached = workload_store.reached(tx)
    return tuple(
        _site(doors, site_id, Period(begin, reached[site_id] - _SETTLING))
        for site_id in _in_order(doors)
        if site_id in reached
    )


def came_to(rows: Sequence[SiteRows], order: Order) -> datetime:
    """The midnight (UTC) up to which these rows are whole at every site."""
    last = min((site.last for site in rows), default=order.begin)
    return datetime.combine(last, time(0), UTC)


def uses(doors: Doors) -> Mapping[str, str]:
    """Key and version of the pack, plan and policy that the sites run on."""
    site_id = _in_order(doors)[0]
    with doors.worker.begin(Scope.site(site_id)) as tx:
        site = sites.get(tx, site_id)
    pins = {"pack": site.rule_pack, "plan": site.plan, "policy": site.policy}
    return {name: f"{pin.key} {pin.version}" for name, pin in pins.items()}


def _in_order(doors: Doors) -> list[UUID]:
    with doors.web.begin(NOWHERE) as tx:
        names = sites.names(tx)
    return sorted(names, key=lambda site_id: names[site_id])


def _site(doors: Doors, site_id: UUID, period: Period) -> SiteRows:
    with doors.worker.begin(Scope.site(site_id)) as tx:
        return workload_store.site_rows(tx, site_id, period)
