"""A site's own rules and roster, as `rsm simulate` takes them: what a page asks before go-live."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from uuid import UUID

import tomli_w

from rsm.alerts import releases
from rsm.alerts import service as alerts
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, Shift

_AT_MOST = 12  # nurses, in a simulated roster


def packs(tx: Tx, site_id: UUID) -> Mapping[str, str]:
    """Packs that may be tried: a name for each → its TOML. The one in force is `own`."""
    live = alerts.body(tx, sites.get(tx, site_id).rule_pack)
    others = {
        f"{one.pin.key} {one.pin.version}": one.body
        for one in releases.of_site(tx, site_id)
        if one.is_open
    }
    return {"own": live, **others}


def roster(tx: Tx, site_id: UUID) -> str:
    """The weekly roster in TOML, without names. Raises `Conflict` when nobody stands in it, or more
    people than can be simulated."""
    by_nurse: dict[tuple[int, UUID], list[Shift]] = defaultdict(list)
    for _, shift in sites.roster(tx, site_id):
        by_nurse[shift.rank, shift.staff_id].append(shift)
    if not by_nurse:
        raise Conflict("nobody stands in the weekly roster of this site")
    if len(by_nurse) > _AT_MOST:
        raise Conflict(f"more than {_AT_MOST} people stand in the roster: try one by the command")
    roles, first = staff.known_at(tx, site_id), min(by_nurse)
    managers = {each for each in by_nurse if Role.MANAGER in roles.get(each[1], ())} or {first}
    people = [
        {
            "name": f"Nurse {number}",
            "rank": each[0],
            "manager": each in managers,  # whom policies tell by that name: somebody has to be
            "duty": _duties(by_nurse[each]),
        }
        for number, each in enumerate(sorted(by_nurse), start=1)
    ]
    return tomli_w.dumps({"people": people})


def _duties(shifts: Iterable[Shift]) -> list[dict[str, object]]:
    """The same hours on several days are one duty."""

    def hours(shift: Shift) -> tuple[str, str]:
        return (f"{shift.starts:%H:%M}", f"{shift.ends:%H:%M}")

    return [
        {
            "days": [WEEKDAYS[weekday] for weekday in sorted({each.weekday for each in same})],
            "from": starts,
            "until": ends,
        }
        for (starts, ends), same in groupby(sorted(shifts, key=hours), key=hours)
    ]
