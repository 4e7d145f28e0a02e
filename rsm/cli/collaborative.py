"""`rsm collaborative`: the key of this installation, whose files are believed, files out and in."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.output import show

if TYPE_CHECKING:
    from datetime import date

    from rsm.db.work import Tx

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    top = commands.add_parser("collaborative", help="aggregates that sites and systems share")
    ways = top.add_subparsers(required=True)
    export = ways.add_parser("export", help="a signed file of what our sites share")
    export.add_argument("--period", metavar="YYYY-MM", help="its first month; else the last one")
    export.add_argument("--out", type=Path, default=Path(), help="a folder; else this one")
    export.set_defaults(run=run_export)
    taking = ways.add_parser("import", help="take in files of other members, each whole or not")
    taking.add_argument("files", nargs="+", type=Path)
    taking.set_defaults(run=run_import)
    keys = ways.add_parser("keys", help="the public key and its fingerprint, to be read out")
    keys.add_argument("--new", action="store_true", help="make a key; a former one signs no more")
    keys.set_defaults(run=run_keys)
    members = ways.add_parser("members", help="whose files are believed; add one, or end one")
    members.add_argument("--add", metavar="NAME", help="a member's name")
    members.add_argument("--key", default="", help="its public key, as it was sent")
    members.add_argument("--fingerprint", default="", help="as a person there read it out")
    members.add_argument("--end", metavar="FINGERPRINT", help="believe this member no more")
    members.set_defaults(run=run_members)


def run_export(chosen: argparse.Namespace) -> int:
    from rsm.collaborative import files

    with _at_nobodys() as tx:
        period = _period(chosen.period) if chosen.period else files.exportable(tx)[0]
        name, content = files.export(tx, period)
    path = chosen.out / name
    path.write_bytes(content)
    print(path)
    return 0


def run_import(chosen: argparse.Namespace) -> int:
    """2 when one of them was refused; the others are taken in all the same."""
    from rsm.collaborative import files
    from rsm.kernel.errors import Invalid

    wrong = False
    for path in chosen.files:
        raw = _bytes(path)
        with _at_nobodys() as tx:
            try:
                with tx.savepoint():
                    taken = files.take(tx, raw)
            except Invalid as error:
                wrong = True
                files.refused(tx, raw, error)
                for problem in error.problems:
                    print(f"{path}: refused: {problem}")
                continue
        what = "the former one is replaced" if taken.replaced else "taken in"
        print(f"{path}: {taken.member}: {what if taken.is_new else 'was here already'}")
    return 2 if wrong else 0


def run_keys(chosen: argparse.Namespace) -> int:
    from rsm.collaborative import service
    from rsm.collaborative.signing import spoken, written
    from rsm.kernel.errors import NotFound

    with _at_nobodys() as tx:
        key = service.new_key(tx) if chosen.new else service.own_key(tx)
    if key is None:
        raise NotFound("there is no key yet: make one with `rsm collaborative keys --new`")
    show({"public": written(key.public), "fingerprint": spoken(key.fingerprint)})
    return 0


def run_members(chosen: argparse.Namespace) -> int:
    from rsm.collaborative import service
    from rsm.collaborative.signing import spoken
    from rsm.kernel.errors import NotFound

    with _at_nobodys() as tx:
        if chosen.add:
            service.add_member(tx, chosen.add, chosen.key, chosen.fingerprint)
        if chosen.end:
            digits = chosen.end.replace(" ", "").lower()
            known = {one.fingerprint: one.id for one in service.members(tx)}
            if digits not in known:
                raise NotFound("no such member")
            service.end_member(tx, known[digits])
        found = service.members(tx)
    show(
        [
            {
                "name": one.name,
                "fingerprint": spoken(one.fingerprint),
                "is_member": one.ended_at is None,
                "last_file": one.last_received,
                "last_period": one.last_period,
            }
            for one in found
        ]
    )
    return 0


@contextmanager
def _at_nobodys() -> Iterator["Tx"]:
    """A transaction in no site's scope, as a collaborative's lead has it."""
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.settings import read_settings

    with open_house(read_settings()) as house, house.web.begin(NOWHERE) as tx:
        yield tx


def _period(text: str) -> "date":
    from datetime import date

    from rsm.kernel.errors import Invalid, Problem

    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        mend = "write the year and the month, such as 2026-07"
        raise Invalid(Problem("--period", f"`{text}` is no month", mend)) from None


def _bytes(path: Path) -> bytes:
    from rsm.collaborative.reading import LARGEST
    from rsm.kernel.errors import Invalid, Problem

    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Invalid(Problem(str(path), f"cannot be read: {error}")) from None
