"""Aggregate files: made of what our sites share, and taken in from other installations.

A file is believed whole or not at all. The same file again changes nothing; a later one of the
same period takes the place of the former, which stays.
"""

import hashlib
import json
import re
from collections import defaultdict
from datetime import date
from uuid import UUID

from rsm.collaborative import shared_store, store
from rsm.collaborative.decide import finished, tells_codes
from rsm.collaborative.model import (
    FORMAT,
    VERSION,
    Aggregate,
    Cell,
    Collaborative,
    Defined,
    Period,
    SiteShare,
    Taken,
)
from rsm.collaborative.reading import Envelope, Here, aggregate, place_of, read
from rsm.collaborative.service import sign, signer, signing_key, the
from rsm.collaborative.shared import MEASURES, definition_hash
from rsm.collaborative.signing import canonical, is_signed, written
from rsm.collaborative.tables import SharedFigure
from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.security.audit import Subject, record

_NOT_IN_NAMES = re.compile(r"[^\w .,'&()/-]")


# --- out -----------------------------------------------------------------------------------------


def exportable(tx: Tx) -> tuple[date, ...]:
    """The beginnings of the periods that can be exported now, the newest first."""
    return finished(tx.now.date(), the(tx).months, 4)


def export(tx: Tx, period: date) -> tuple[str, bytes]:
    """A name for the file, and the file: what our sites share of the period that begins then.

    Raises `Invalid` for a period that is not over, for want of a key, and where nothing is shared.
    """
    agreed = the(tx)
    if period not in exportable(tx):
        mend = "a period is exported once it is over and eight days have passed"
        raise Invalid(Problem("period", f"{period:%Y-%m} cannot be exported", mend))
    fingerprint = signing_key(tx).fingerprint
    document = _document(tx, agreed, period, fingerprint)
    plain = document.model_dump(mode="json", exclude_none=True)
    signature = sign(tx, canonical(plain))
    whole = {"document": plain, "key": fingerprint, "signature": written(signature)}
    subject = Subject("collaborative", agreed.id)
    record(tx, "aggregate.exported", subject, period=period, sites=len(document.sites))
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{agreed.key}-{period:%Y-%m}-{fingerprint[:8]}.json", f"{text}\n".encode()


def _document(tx: Tx, agreed: Collaborative, period: date, fingerprint: str) -> Aggregate:
    cells: dict[str, list[SharedFigure]] = defaultdict(list)
    for row in shared_store.own_figures(tx, period):
        if row.definition == definition_hash(row.measure):
            cells[row.code].append(row)
    taking_part = shared_store.shared_sites(tx)
    # Those with nothing in this period are named as well: whoever is missing has left.
    untold = tells_codes([stage for _, name, stage in taking_part if name is None])
    sites = tuple(
        _site(code, name, None if untold and name is None else stage, cells[code])
        for code, name, stage in taking_part
    )
    if not any(site.cells or site.withheld for site in sites):
        mend = "let a site's manager join; the worker then works its figures out within the hour"
        raise Invalid(Problem("sites", f"none shares anything of {period:%Y-%m}", mend))
    return Aggregate.model_validate(
        {
            "format": FORMAT,
            "version": VERSION,
            "collaborative": agreed.key,
            "issuer": fingerprint,
            "issued_at": tx.now.replace(microsecond=0),
            "period": Period.model_validate({"first": f"{period:%Y-%m}", "months": agreed.months}),
            "measures": tuple(Defined(id=one, hash=definition_hash(one)) for one in MEASURES),
            "sites": sites,
        }
    )


def _site(code: str, name: str | None, stage: str | None, rows: list[SharedFigure]) -> SiteShare:
    return SiteShare.model_validate(
        {
            "code": code,
            "stage": stage,
            "name": _NOT_IN_NAMES.sub("", name)[:80].strip() or None if name else None,
            "cells": tuple(
                Cell(measure=row.measure, part=row.part, whole=row.whole)
                for row in rows
                if row.part is not None and row.whole is not None
            ),
            "withheld": tuple(row.measure for row in rows if row.part is None),
        }
    )


# --- in ------------------------------------------------------------------------------------------


def take(tx: Tx, raw: bytes) -> Taken:
    """Take a file in. Raises `Invalid` with everything that is wrong: then nothing was."""
    envelope = read(raw)
    agreed = the(tx, lock=True)
    member = signer(tx, envelope.key)
    if not is_signed(member.public, envelope.signature, envelope.content):
        what = f"is not that of {member.name}: the file was changed, or is not theirs"
        raise Invalid(Problem("signature", what, "ask them to send it again, as it was exported"))
    digest = hashlib.sha256(envelope.content).hexdigest()
    known = store.file_known_by(tx, digest)
    if known is not None:
        return Taken(known.id, is_new=False, replaced=False, member=member.name, sites=0)
    taken = shared_store.codes_of_others(tx, member.id)
    found = aggregate(envelope, Here(agreed, tx.now, member.fingerprint, taken))
    former = store.current_file(tx, member.id, found.period.day)
    if former is not None:
        if former.issued_at >= found.issued_at:
            what = "a file of this period that was made later is here already"
            raise Invalid(Problem("issued_at", what, "ask for the newest one"))
        store.replace_file(tx, former.id)
    newest = store.newest_issue(tx, member.id)
    if newest is None or newest <= found.issued_at:
        _note_sites(tx, member.id, found)
    file_id = _keep(tx, member.id, digest, envelope, found)
    subject, period = Subject("aggregate_file", file_id), found.period.first
    record(tx, "aggregate.imported", subject, member=member.id, period=period)
    return Taken(file_id, True, former is not None, member.name, len(found.sites))


def _note_sites(tx: Tx, member_id: UUID, found: Aggregate) -> None:
    """Who takes part there and how, by the newest file: a name that it does not hold is taken back,
    and a site that it does not know is shown no more."""
    for site in found.sites:
        row = {"code": site.code, "member_id": member_id, "name": site.name, "stage": site.stage}
        row |= {"period": found.period.day, "issued_at": found.issued_at}
        shared_store.put_foreign_site(tx, row)
    shared_store.drop_other_sites(tx, member_id, [site.code for site in found.sites])


def refused(tx: Tx, raw: bytes, error: Invalid) -> None:
    """Put on record that a file was refused, by its hash and the places that were wrong."""
    digest = hashlib.sha256(raw).hexdigest()
    places = sorted({place_of(problem) for problem in error.problems})[:20]
    record(tx, "aggregate.refused", Subject("aggregate_file"), hash=digest, where=places)


def _keep(tx: Tx, member_id: UUID, digest: str, envelope: Envelope, found: Aggregate) -> UUID:
    period = found.period.day
    values = {"period": period, "issued_at": found.issued_at, "hash": digest}
    body = {"body": envelope.content.decode(), "signature": envelope.signature}
    file_id = store.add_file(tx, {"member_id": member_id, **values, **body})
    hashes = {each.id: each.hash for each in found.measures}
    for site in found.sites:
        shared_store.add_figures(tx, _figures(site, hashes, member_id, file_id, period))
    return file_id


def _figures(
    site: SiteShare, hashes: dict[str, str], member_id: UUID, file_id: UUID, period: date
) -> list[dict[str, object]]:
    of = {"code": site.code, "member_id": member_id, "file_id": file_id, "period": period}
    cells: list[tuple[str, int | None, int | None]] = [
        *((cell.measure, cell.part, cell.whole) for cell in site.cells),
        *((measure, None, None) for measure in site.withheld),
    ]
    return [
        {**of, "measure": measure, "definition": hashes[measure], "part": part, "whole": whole}
        for measure, part, whole in cells
    ]
