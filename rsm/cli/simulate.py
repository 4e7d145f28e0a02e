"""`rsm simulate`: months of invented patients before the first real one; two results compared."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.at_site import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rsm.cli.simulate_book import Wanted
    from rsm.simulate.orders import Order

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

COMPARE = "compare"
# Synthetic months happen at no address; texts need one that looks like one.
_ADDRESS = "https://rsm.example.org"
_BEGIN = "2026-01-05"  # a Monday; not today's, so that a seed says everything


def add_to(commands: "Commands") -> None:
    """The grammar of this command."""
    simulate = commands.add_parser(
        "simulate",
        help="months of invented patients in minutes: what a programme would ask of the staff",
        usage="rsm simulate [PROGRAMME | FILE.toml] [options]\n"
        "       rsm simulate compare DIR DIR [--out FILE.html] [--json]",
        description="Plays a programme with invented patients and staff on a database of its own, "
        "and writes a folder with figures, tables and pictures. The same seed gives the same.",
    )
    simulate.add_argument("what", nargs="*", metavar="PROGRAMME", help="such as pro-tect; demo")
    simulate.add_argument("--patients", type=int, default=100, help="over all sites; 100")
    simulate.add_argument("--weeks", type=int, default=12, help="12")
    simulate.add_argument("--sites", type=int, default=1, help="1")
    simulate.add_argument("--seed", default="1", help="any word; 1")
    simulate.add_argument("--runs", type=int, default=1, help="with so many seeds: what is chance")
    simulate.add_argument("--from", dest="begin", default=_BEGIN, help=f"first day; {_BEGIN}")
    simulate.add_argument("--out", type=Path, help="folder of the result, or file of a comparison")
    simulate.add_argument("--pack", type=Path, help="rules of your own (TOML)")
    simulate.add_argument("--plan", type=Path, help="a plan of your own (TOML)")
    simulate.add_argument("--policy", type=Path, help="an escalation policy of your own (TOML)")
    simulate.add_argument("--roster", type=Path, help="who would be on duty, when (TOML)")
    simulate.add_argument("--minutes-per-alert", type=float, help="of a nurse; 10 unless you know")
    simulate.add_argument("--replay", type=Path, metavar="STORY", help="what a broken promise told")
    simulate.add_argument("--no-search", action="store_true", help="leave its story as it is")
    simulate.add_argument("--database-url", help="an owner's, for databases to be thrown away")
    simulate.add_argument("--keep-database", action="store_true", help="to look into it afterwards")
    simulate.add_argument("--json", action="store_true", help="the result on standard output")
    simulate.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """0: every promise held; 1: one broke; 130: stopped; 2: wrong input, or it could not go on."""
    if chosen.what[:1] == [COMPARE]:
        from rsm.cli.simulate_compare import compare

        return compare(chosen.what[1:], chosen.out, as_json=chosen.json)
    from rsm.cli.simulate_runs import run_all

    return run_all(_wanted(chosen))


def _wanted(chosen: argparse.Namespace) -> "Wanted":
    """Everything is read and looked at before anything is started."""
    from rsm.cli.simulate_book import Wanted
    from rsm.cli.simulate_folder import usable
    from rsm.kernel.errors import Invalid, Problem
    from rsm.metrics.replay_figures import MINUTES_PER_ALERT
    from rsm.simulate.simulation import check_order

    if not 1 <= chosen.runs <= 100:
        raise Invalid(Problem("--runs", f"{chosen.runs} is not possible", "1 to 100"))
    minutes = chosen.minutes_per_alert
    if minutes is not None and not 0 < minutes <= 1440:
        raise Invalid(Problem("--minutes-per-alert", f"{minutes:g} is not possible", "such as 10"))
    order = _replayed(chosen) if chosen.replay else _order(chosen)
    check_order(order)
    folder = chosen.out or Path(f"simulated-{order.programme.key}-{order.seed}")
    return Wanted(
        order=order,
        runs=chosen.runs,
        folder=None if chosen.replay and not chosen.out else usable(folder),
        minutes_per_alert=MINUTES_PER_ALERT if minutes is None else minutes,
        roster=chosen.roster.name if chosen.roster else "as shipped",
        own=_own(chosen),
        database_url=chosen.database_url,
        keep=chosen.keep_database,
        as_json=chosen.json,
        replayed=bool(chosen.replay),
        searches=not (chosen.no_search or chosen.replay),
    )


def _own(chosen: argparse.Namespace) -> tuple[str, ...]:
    files = (chosen.pack, chosen.plan, chosen.policy, chosen.roster)
    return tuple(file.name for file in files if file)


def _order(chosen: argparse.Namespace) -> "Order":
    from rsm.simulate.orders import Order
    from rsm.simulate.programme import programme
    from rsm.simulate.roster import roster

    return Order(
        programme=programme(_one(chosen.what)),
        seed=_word(chosen.seed),
        patients=chosen.patients,
        weeks=chosen.weeks,
        sites=chosen.sites,
        begin=_day(chosen.begin),
        public_url=_ADDRESS,
        pack=_text(chosen.pack),
        plan=_text(chosen.plan),
        policy=_text(chosen.policy),
        roster=roster(chosen.roster) if chosen.roster else None,
    )


def _replayed(chosen: argparse.Namespace) -> "Order":
    """The story's own order: the same seed and size, with those alone of whom it tells."""
    from rsm.kernel.errors import Invalid, Problem
    from rsm.simulate.story import read_story

    if chosen.what or _own(chosen):
        mend = "leave programme and files out"
        raise Invalid(Problem("--replay", "a story says itself what is played", mend))
    return read_story(chosen.replay).order


def _one(what: "Sequence[str]") -> str:
    from rsm.kernel.errors import Invalid, Problem

    if len(what) > 1:
        raise Invalid(Problem("programme", f"one at a time, got {' '.join(what)}"))
    return what[0] if what else "demo"


def _word(seed: str) -> str:
    """A seed names a folder as well."""
    from rsm.kernel.errors import Invalid, Problem

    if not seed or len(seed) > 40 or not all(each.isalnum() or each in "-_." for each in seed):
        raise Invalid(Problem("--seed", f"`{seed}` is no word", "letters and digits, 40 at most"))
    return seed


def _text(file: Path | None) -> str | None:
    return read_text(file) if file else None


def _day(text: str) -> "date":
    from datetime import date

    from rsm.kernel.errors import Invalid, Problem

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(Problem("--from", f"`{text}` is not a date", "as 2026-10-01")) from None
