"""`rsm metrics check`: are the figures of a site what its rows come to?"""

import argparse
from datetime import date

from rsm.cli.output import show

TYPE = "a day, as 2026-10-19"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The grammar of these commands."""
    ways = commands.add_parser("metrics", help="figures").add_subparsers(required=True)
    check = ways.add_parser("check", help="hold a site's roll-ups against their recomputation")
    check.add_argument("--site", required=True, help="name or id of the site")
    check.add_argument("--from", dest="first", type=date.fromisoformat, help=TYPE)
    check.add_argument("--to", dest="last", type=date.fromisoformat, help=TYPE)
    check.add_argument("--repair", action="store_true", help="have the worker make them anew")
    check.add_argument("--json", action="store_true", help="one JSON document")
    check.set_defaults(run=run_check)


def run_check(chosen: argparse.Namespace) -> int:
    """Without days, a few of them; 1 when something differs."""
    from rsm.cli.at_site import still_at_site
    from rsm.metrics import check_rollups

    with still_at_site(chosen.site) as (tx, site_id):
        if chosen.first or chosen.last:
            first, last = _days(chosen)
            days, patients = check_rollups.within(tx, site_id, first, last)
        else:
            days, patients = check_rollups.some(tx, site_id)
        found = check_rollups.check(tx, site_id, days, patients)
        if chosen.repair:
            check_rollups.repair(tx, site_id, found.wrong)
    if chosen.json:
        wrong = [{"what": what, "of": str(of)} for what, of in found.wrong]
        show({"looked_at": len(found.looked_at), "wrong": wrong, "repaired": chosen.repair})
    else:
        print(f"{len(found.looked_at)} roll-ups looked at, {len(found.wrong)} wrong")
        for what, of in found.wrong:
            print(f"{what} {of}" + (": will be made anew" if chosen.repair else ""))
    return int(bool(found.wrong))


def _days(chosen: argparse.Namespace) -> tuple[date, date]:
    from rsm.kernel.errors import Invalid, Problem

    first, last = chosen.first or chosen.last, chosen.last or chosen.first
    if first > last:
        raise Invalid(Problem("--from", f"{first} is after {last}", "swap the two days"))
    return first, last
