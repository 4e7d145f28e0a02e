"""`rsm archive`: what grows for ever leaves for files, and the files are looked after."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.output import show

if TYPE_CHECKING:
    from rsm.reports.archive_model import Done

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    archive = commands.add_parser("archive", help="old rows, as files").add_subparsers(
        required=True
    )
    run = archive.add_parser("run", help="whole months that are old enough leave the database")
    run.add_argument("--into", type=Path, required=True, help="a folder on another disk")
    run.add_argument("--dry-run", action="store_true", help="only say what would leave")
    run.add_argument("--json", action="store_true")
    run.set_defaults(run=run_archive)
    verify = archive.add_parser("verify", help="hold the files against the audit trail")
    verify.add_argument("folder", type=Path)
    verify.add_argument("--json", action="store_true")
    verify.set_defaults(run=run_verify)


def run_archive(chosen: argparse.Namespace) -> int:
    """0: all that is old enough is in files. 1: something is wrong with the files of a month."""
    from rsm.bootstrap import open_house
    from rsm.reports import archive_service
    from rsm.settings import read_settings

    begin = archive_service.dry_run if chosen.dry_run else archive_service.run
    with open_house(read_settings()) as house:
        done = _told(begin(house.worker, chosen.into, house.settings.data_dir), chosen)
    if chosen.json:
        show([_document(each) for each in done])
    elif not done:
        print("nothing is old enough")
    return int(any(each.refused for each in done))


def _told(months: Iterable["Done"], chosen: argparse.Namespace) -> list["Done"]:
    """All months, each told as soon as it is done."""
    done = []
    for each in months:
        done.append(each)
        if not chosen.json:
            print(_line(each, dry=chosen.dry_run), flush=True)
    return done


def _line(done: "Done", *, dry: bool) -> str:
    if done.refused:
        return f"REFUSED {done.refused}"
    if dry:
        return f"{done.month}: {done.stored} rows would leave"
    return f"{done.month}: {done.stored} rows to a file, {done.let_go} left the database"


def _document(done: "Done") -> dict[str, object]:
    month = done.month
    return {
        "site": month.site_id,
        "table": month.table,
        "month": f"{month.first:%Y-%m}",
        "stored": done.stored,
        "let_go": done.let_go,
        "refused": done.refused or None,
    }


def run_verify(chosen: argparse.Namespace) -> int:
    """0: every file is there as it was stored. 1: not."""
    from rsm.bootstrap import open_house
    from rsm.reports.archive_service import verify
    from rsm.settings import read_settings

    with open_house(read_settings()) as house:
        found = verify(house.worker, chosen.folder)
    if chosen.json:
        show(vars(found))
    else:
        for fault in found.faults:
            print(fault)
        print(f"{found.files} files with {found.rows} rows; {len(found.faults)} faults")
    return int(bool(found.faults))
