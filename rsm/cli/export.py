"""`rsm export`: a site's days as tables, pseudonymised unless somebody who may asks otherwise."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from rsm.cli.output import show

if TYPE_CHECKING:
    from datetime import date

    from rsm.db.work import Database
    from rsm.kernel.words import Actor
    from rsm.reports.export_model import Export, Request

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of this command."""
    export = commands.add_parser("export", help="a site's days as CSV or Parquet")
    export.add_argument("--site", required=True, help="name or id of the site")
    export.add_argument("--from", dest="first", required=True, help="first day, 2026-10-01")
    export.add_argument("--to", dest="last", required=True, help="last day, counted in")
    export.add_argument("--format", choices=("csv", "parquet"), default="csv")
    export.add_argument(
        "--shape", choices=("long", "wide"), default="long", help="of answers: a row each, or wide"
    )
    export.add_argument("--out", type=Path, required=True, help="a new folder, or a new .zip")
    export.add_argument("--project", default="default", help="for whom: it decides the pseudonyms")
    export.add_argument(
        "--dates", choices=("study-day", "calendar"), default="study-day", help="how days are told"
    )
    export.add_argument("--with-test-patients", action="store_true")
    export.add_argument("--identified", action="store_true", help="names, and what they wrote")
    export.add_argument("--reason", default="", help="why names are needed")
    export.add_argument("--by", help="e-mail of whoever asks; needed with --identified")
    export.add_argument("--json", action="store_true")
    export.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.reports.export_service import export
    from rsm.settings import read_settings

    request = _request(chosen)
    with open_house(read_settings()) as house:
        site_id = _site(house.web, chosen.site)
        actor = _actor(house.web, site_id, chosen.by, request)
        made = export(house.web, actor, site_id, request, chosen.out)
    _tell(chosen, made)
    return 0


def _request(chosen: argparse.Namespace) -> "Request":
    from rsm.metrics.model import Days
    from rsm.reports.export_model import Dates, Format, Request, Shape

    return Request(
        days=Days(_day("--from", chosen.first), _day("--to", chosen.last)),
        format=Format(chosen.format),
        shape=Shape(chosen.shape),
        dates=Dates(chosen.dates.replace("-", "_")),
        project=chosen.project,
        identified=chosen.identified,
        reason=chosen.reason,
        with_tests=chosen.with_test_patients,
    )


def _day(where: str, text: str) -> "date":
    from datetime import date

    from rsm.kernel.errors import Invalid, Problem

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(Problem(where, f"`{text}` is not a date", "as 2026-10-01")) from None


def _site(db: "Database", wanted: str) -> UUID:
    from rsm.db.work import NOWHERE
    from rsm.kernel.documents import nearest
    from rsm.kernel.errors import Invalid, Problem
    from rsm.sites import service as sites

    with db.begin(NOWHERE) as tx:
        known = sites.names(tx)
    found = next((one for one, name in known.items() if wanted in {name, str(one)}), None)
    if found is None:
        raise Invalid(Problem("--site", f"no site `{wanted}`", nearest(wanted, known.values())))
    return found


def _actor(db: "Database", site_id: UUID, email: str | None, request: "Request") -> "Actor":
    """Who exports: the person who is named, if her roles at the site let her; else the system."""
    from rsm.db.work import Scope
    from rsm.kernel.errors import Invalid, NotAllowed, Problem
    from rsm.kernel.words import SYSTEM, Actor, ActorKind
    from rsm.reports.export_decide import allow
    from rsm.security import staff
    from rsm.security.audit import Subject, record

    if email is None:
        return SYSTEM
    with db.begin(Scope.site(site_id)) as tx:
        who = staff.find(tx, email)
        if who is None or who.disabled:
            raise Invalid(Problem("--by", "nobody with this e-mail works here"))
        roles = staff.sites(tx, who.id).get(site_id, frozenset())
    actor = Actor(ActorKind.STAFF, who.id)
    try:
        allow(roles, request)
    except NotAllowed:
        with db.begin(Scope.site(site_id), actor) as tx:
            record(tx, "access.refused", Subject("site", site_id), site_id, permission="export")
        raise
    return actor


def _tell(chosen: argparse.Namespace, made: "Export") -> None:
    if chosen.json:
        files = [vars(file) for file in made.files]
        show({"out": str(chosen.out), "rows": made.counts, "hash": made.hash, "files": files})
        return
    for name, count in made.counts.items():
        print(f"{name.ljust(10)} {count:>9} rows")
    print(f"written to {chosen.out}; its hash: {made.hash}")
