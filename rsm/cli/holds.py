"""Commands about holds: why nothing is sent after a restore, and to free it by hand."""

import argparse
from typing import TYPE_CHECKING

from rsm.cli.output import show

if TYPE_CHECKING:
    from rsm.messaging.holds import Hold

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    holds = commands.add_parser("holds", help="why nothing is sent").add_subparsers(required=True)
    listing = holds.add_parser("list", help="the holds that stand, and the latest ones")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=run_list)
    lift = holds.add_parser("lift", help="send again before the provider's record was read")
    lift.add_argument("--reason", required=True, help="why that is safe; no names or numbers")
    lift.set_defaults(run=run_lift)


def run_list(chosen: argparse.Namespace) -> int:
    """0: none stands. 1: one does."""
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.messaging import holds
    from rsm.settings import read_settings

    with open_house(read_settings()) as house, house.worker.begin(NOWHERE) as tx:
        latest = holds.latest(tx)
    if chosen.json:
        show([vars(each) for each in latest])
    else:
        for each in latest:
            print(_line(each))
    stands = any(each.lifted_at is None for each in latest)
    if not stands and not chosen.json:
        print("no hold stands")
    return int(stands)


def run_lift(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.flow import holds
    from rsm.settings import read_settings

    with open_house(read_settings()) as house:
        lifted = holds.lift(house.worker, chosen.reason)
    for each in lifted:
        print(f"lifted: {_line(each)}")
    return 0


def _line(hold: "Hold") -> str:
    """Since when, why, from when on our record may lack something, and how it ended."""
    since, covers = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (hold.since, hold.covers_from))
    why = hold.findings.get("why", "")
    line = f"{since} {hold.reason} ({why}), the provider's record is read from {covers}"
    if hold.lifted_at is not None:
        return f"{line}; lifted {hold.lifted_at:%Y-%m-%d %H:%M} UTC"
    failed = hold.findings.get("failed")
    tries = f"; read in vain {hold.attempts} times, last: {failed}" if failed else ""
    return f"STANDS since {line}{tries}"
