"""`rsm rules replay`: what a pack would have raised on stored answers, beside what was raised."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rsm.cli.output import show

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from rsm.db.work import Tx
    from rsm.metrics.replay_model import Load, Replay, Share

    Rules = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(rules: "Rules") -> None:
    """The grammar, below `rsm rules`."""
    replay = rules.add_parser("replay", help="what a pack would have raised on stored answers")
    replay.add_argument("pack", help="a .toml file, or the key of a shipped pack")
    replay.add_argument("--site", required=True, help="name or id of the site")
    replay.add_argument("--from", dest="first", required=True, help="first day, 2026-10-01")
    replay.add_argument("--to", dest="last", required=True, help="last day, counted in")
    replay.add_argument(
        "--minutes-per-alert",
        type=float,
        help="of a nurse; 10 unless you know better: nobody published it",
    )
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    from rsm.alerts.packs import pack_path
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.flow import replay as flow
    from rsm.metrics.replay_figures import MINUTES_PER_ALERT, document
    from rsm.settings import read_settings
    from rsm.sites import service as sites

    path = pack_path(chosen.pack)
    first, last = _day("--from", chosen.first), _day("--to", chosen.last)
    minutes = chosen.minutes_per_alert
    with open_house(read_settings()) as house, house.web.begin(NOWHERE) as tx:
        site = sites.get(tx, _site(tx, chosen.site))
        period = flow.period_of(first, last, site.zone)
        pack = flow.read_for(tx, site.id, period, _text(path), str(path))
        found = flow.replay(
            tx, site.id, pack, period, MINUTES_PER_ALERT if minutes is None else minutes
        )
    if chosen.json:
        show({"site": site.name, **document(found), "cannot_show": list(_limits(found))})
        return 0
    print(f"{pack.title} ({pack.key} {pack.version}) at {site.name}, {first} to {last}")
    print(f"{found.surveys} surveys answered\n")
    for line in _lines(found):
        print(line)
    return 0


def _day(where: str, text: str) -> "date":
    from datetime import date

    from rsm.kernel.errors import Invalid, Problem

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(Problem(where, f"`{text}` is not a date", "as 2026-10-01")) from None


def _text(path: object) -> str:
    from pathlib import Path

    from rsm.kernel.errors import Invalid, Problem

    try:
        return Path(str(path)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(path), f"cannot be read: {type(error).__name__}")) from None


def _site(tx: "Tx", wanted: str) -> "UUID":
    """The site by name or id; the transaction sees it afterwards."""
    from rsm.db.work import Scope
    from rsm.kernel.documents import nearest
    from rsm.kernel.errors import Invalid, Problem
    from rsm.sites import service as sites

    known = sites.names(tx)
    for site_id, name in known.items():
        if wanted in {name, str(site_id)}:
            tx.narrow(Scope.site(site_id))
            return site_id
    raise Invalid(Problem("--site", f"no site `{wanted}`", nearest(wanted, known.values())))


# --- in words --------------------------------------------------------------------------------


def _lines(found: "Replay") -> Iterator[str]:
    yield from _table(_loads(found))
    yield f"Counted before quiet; as it was, {found.opened} alerts were opened, kept quiet were"
    yield "  " + ", ".join(f"{why.replace('_', ' ')} {n}" for why, n in found.held.items())
    yield ""
    yield f"Of {found.sensitivity.whole} surveys whose alert was acted upon, this pack raises "
    yield f"  {found.sensitivity.part}: {_percent(found.sensitivity)}"
    yield f"Raised by both {found.kept} ({found.higher} at a higher level, {found.lower} lower), "
    yield f"  gained {found.gained}, lost {found.lost}"
    yield ""
    made = [("made of them by the nurses", "there were", "raised as well")]
    made += [
        (row.verdict.replace("_", " "), str(row.raised), str(row.kept)) for row in found.verdicts
    ]
    yield from _table(made)
    yield ""
    fired = [("surveys in which a rule fired", "as it was", "with this pack")]
    fired += [(row.rule, str(row.raised), str(row.replayed)) for row in found.rules]
    yield from _table(fired)
    yield ""
    hours = [("alerts by hour of the day", "as it was", "with this pack")]
    pairs = enumerate(zip(found.raised.hours, found.replayed.hours, strict=True))
    hours += [(f"{hour:02d}", str(was), str(would)) for hour, (was, would) in pairs if was or would]
    yield from _table(hours)
    yield "\nWhat this cannot show:"
    yield from (f"- {each['words']}" for each in _limits(found))


def _loads(found: "Replay") -> list[tuple[str, str, str]]:
    from rsm.kernel.words import Level

    was, would = found.raised, found.replayed

    def row(name: str, one: "str | float", other: "str | float") -> tuple[str, str, str]:
        shown = [each if isinstance(each, str) else f"{each:.1f}" for each in (one, other)]
        return name, shown[0], shown[1]

    minutes = f"{found.minutes_per_alert:g}"
    return [
        ("", "as it was", "with this pack"),
        row("alerts", str(was.alerts), str(would.alerts)),
        row("  per week", was.per_week, would.per_week),
        row("  per 100 surveys", was.per_100, would.per_100),
        row("surveys with an alert", _percent(was.surveys), _percent(would.surveys)),
        *(row(f"  {level}", *_of(level, was, would)) for level in reversed(Level)),
        row(f"nurse hours per week, {minutes} min each", was.hours_per_week, would.hours_per_week),
    ]


def _of(level: str, was: "Load", would: "Load") -> tuple[str, str]:
    from rsm.kernel.words import Level

    return str(was.levels[Level(level)]), str(would.levels[Level(level)])


def _percent(share: "Share") -> str:
    if share.value is None:
        return "–"  # noqa: RUF001  # a dash: there is nothing to divide by
    low, high = round(100 * share.low), round(100 * share.high)
    return f"{100 * share.value:.1f} % ({low} to {high})"


def _table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, was, would in rows:
        yield f"{name.ljust(widths[0])}  {was.rjust(widths[1])}  {would.rjust(widths[2])}".rstrip()


def _limits(found: "Replay") -> Iterator[dict[str, str]]:
    from rsm.web.texts import texts_in

    words = texts_in("en").pages["replay"]
    rules, today = ", ".join(found.blind_rules), ", ".join(found.as_today)
    for limit in found.limits:
        said = words[f"limit_{limit}"].format(rules=rules, today=today)
        yield {"code": limit, "words": said}
