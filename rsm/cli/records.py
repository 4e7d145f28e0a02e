"""Commands on what is stored: accounts, keys, patients, the audit trail."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from rsm.cli.output import show

if TYPE_CHECKING:
    from rsm.db.work import Tx

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


_FOUNDING = (
    ("--zone", "its IANA time zone"),
    ("--clinic-phone", "the number that patients call"),
    ("--emergency-number", "such as 911"),
    ("--safety-name", "who is told when nobody else can be"),
    ("--safety-phone", "that person's number"),
)


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    admin = commands.add_parser("admin", help="administrators").add_subparsers(required=True)
    create = admin.add_parser("create", help="make the first administrator")
    create.add_argument("--email", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--organisation", required=True)
    create.add_argument("--site", required=True, help="name of the site; made if it is new")
    for option, what in _FOUNDING:
        create.add_argument(option, help=f"for a new site: {what}")
    create.set_defaults(run=run_admin_create)
    reset = admin.add_parser("reset", help="a lost second factor or password")
    reset.add_argument("--email", required=True)
    reset.set_defaults(run=run_admin_reset)
    keys = commands.add_parser("keys", help="the key ring").add_subparsers(required=True)
    keys.add_parser("new", help="draw an entry for RSM_SECRET_KEYS").set_defaults(run=run_keys_new)
    rotate = keys.add_parser("rotate", help="re-wrap everything under the first key")
    rotate.set_defaults(run=run_keys_rotate)
    audit = commands.add_parser("audit", help="the audit trail").add_subparsers(required=True)
    verify = audit.add_parser("verify", help="hold the chain against the events")
    verify.add_argument("--json", action="store_true")
    verify.set_defaults(run=run_audit_verify)
    patients = commands.add_parser("patients", help="patients").add_subparsers(required=True)
    bring = patients.add_parser("import", help="from a CSV file; dry run by default")
    bring.add_argument("file", type=Path)
    bring.add_argument("--site", required=True, help="name or id of the site")
    bring.add_argument("--write", action="store_true", help="really import, all or nothing")
    bring.set_defaults(run=run_patients_import)


def run_keys_new(_chosen: argparse.Namespace) -> int:
    from rsm.kernel.ids import SystemIds
    from rsm.security.ring import new_keys

    print(new_keys(SystemIds()))
    return 0


def run_keys_rotate(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import EVERYWHERE
    from rsm.security.ring import rotate
    from rsm.settings import read_settings

    total = 0
    with open_house(read_settings(), update=True) as house:
        while True:
            with house.worker.begin(EVERYWHERE) as tx:
                done = rotate(tx)
            if not done:
                break
            total += done
    print(f"re-wrapped the keys of {total} patients")
    return 0


def run_admin_create(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.security.commands import create_administrator
    from rsm.security.model import NewStaff
    from rsm.settings import read_settings
    from rsm.sites import service as sites

    settings = read_settings()
    with open_house(settings, update=True) as house, house.web.begin(NOWHERE) as tx:
        organisation = sites.organisation_named(tx, chosen.organisation)
        if organisation is None:
            organisation = sites.create_organisation(tx, chosen.organisation)
        site = _site_or_new(tx, chosen, organisation)
        new = NewStaff(organisation, chosen.email, chosen.name, "en")
        invitation = create_administrator(tx, new, site)
    print(f"Open {invitation.url(settings.public_url)} to choose a password (good for 3 days).")
    return 0


def run_admin_reset(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.security.commands import reset
    from rsm.settings import read_settings

    settings = read_settings()
    with open_house(settings) as house, house.web.begin(NOWHERE) as tx:
        invitation = reset(tx, chosen.email)
    print(f"Open {invitation.url(settings.public_url)} to choose a new password.")
    return 0


def run_audit_verify(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import EVERYWHERE
    from rsm.security.audit import heads, verify
    from rsm.settings import read_settings

    with open_house(read_settings()) as house, house.worker.begin(EVERYWHERE) as tx:
        verdict, ends = verify(tx), heads(tx)
    if chosen.json:
        chains = {str(chain): {"length": end[0], "head": end[1]} for chain, end in ends.items()}
        show({**vars(verdict), "chains": chains})
    else:
        for fault in verdict.faults:
            print(fault)
        print(f"{verdict.sealed} events sealed, {verdict.unsealed} waiting for the sealer")
        print("the chain is sound" if verdict.is_sound else f"{len(verdict.faults)} faults")
    return 0 if verdict.is_sound else 1


def run_patients_import(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.flow.import_patients import import_csv
    from rsm.patients.importing import decode
    from rsm.settings import read_settings

    text = decode(_content(chosen.file))
    with open_house(read_settings()) as house, house.web.begin(NOWHERE) as tx:
        site_id = _site(tx, chosen.site)
        report = import_csv(tx, site_id, text, dry_run=not chosen.write)
    for row in report.rows:
        remarks = (*row.problems, *row.warnings)
        print(f"line {row.line}: {row.verdict}" + "".join(f"\n  {each}" for each in remarks))
    print("imported" if report.done else "nothing was changed (add --write to import)")
    return 2 if report.is_refused else 0


def _content(file: Path) -> bytes:
    from rsm.kernel.errors import Invalid, Problem

    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(Problem(str(file), error.strerror or "cannot be read")) from None


def _site_or_new(tx: "Tx", chosen: argparse.Namespace, organisation: UUID) -> UUID:
    from rsm.flow.found import Founding, found
    from rsm.kernel.errors import Invalid, Problem
    from rsm.sites import service as sites

    if chosen.site in sites.names(tx).values():
        return _site(tx, chosen.site)
    told = {option: vars(chosen)[option[2:].replace("-", "_")] for option, _ in _FOUNDING}
    missing = [Problem(name, "is needed to make a new site") for name in told if not told[name]]
    if missing:
        raise Invalid(missing)
    return found(tx, organisation, Founding(chosen.site, *told.values()))


def _site(tx: "Tx", wanted: str) -> UUID:
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
