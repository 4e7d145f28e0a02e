"""Packs and texts that sites offer to one another: a published version, its author, its evidence.

What is taken becomes a draft at the site that takes it (`rsm.flow.exchange`); nothing that comes
from elsewhere is ever put into use by taking it.
"""

from collections.abc import Mapping
from uuid import UUID

from rsm.collaborative import service, shared_store
from rsm.collaborative.model import NewOffer, Offer
from rsm.collaborative.tables import ExchangeOffer
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.audit import Subject, record

MOST = {"author": 120, "evidence": 1000}


def offer(tx: Tx, site_id: UUID, new: NewOffer) -> UUID:
    """Offer it. Raises `Invalid` with every problem, `Conflict` when it is offered already."""
    place = service.taking_part(tx, site_id)
    author, evidence = (" ".join(text.split()) for text in (new.author, new.evidence))
    problems = []
    for name, text in (("author", author), ("evidence", evidence)):
        if not text:
            problems.append(Problem(name, "is missing"))
        elif len(text) > MOST[name]:
            problems.append(Problem(name, f"is longer than {MOST[name]} characters"))
    if problems:
        raise Invalid(problems)
    values: dict[str, object] = {
        "code": place.code,
        "kind": new.kind,
        "title": new.title,
        "hash": new.hash,
        "body": new.body,
        "refers": dict(new.refers),
        "author": author,
        "evidence": evidence,
    }
    offer_id = shared_store.add_offer(tx, values)
    if offer_id is None:
        raise Conflict("the site offers this already")
    record(tx, "exchange.offered", Subject("exchange_offer", offer_id), site_id, hash=new.hash)
    return offer_id


def withdraw(tx: Tx, site_id: UUID, offer_id: UUID) -> None:
    """Offer it no more. Who took it keeps it. `NotFound` for another site's."""
    place = service.taking_part(tx, site_id)
    if not shared_store.withdraw_offers(tx, place.code, offer_id):
        raise NotFound("no such offer of this site")
    record(tx, "exchange.withdrawn", Subject("exchange_offer", offer_id), site_id)


def offers(tx: Tx) -> tuple[Offer, ...]:
    """All that are open, the newest first."""
    known = service.names(tx)
    rows = shared_store.offers(tx)
    return tuple(_view(row, known) for row in rows if row.code in known)


def get(tx: Tx, offer_id: UUID) -> Offer:
    """One that is open; `NotFound` otherwise."""
    known, row = service.names(tx), shared_store.offer(tx, offer_id)
    if row is None or row.code not in known:
        raise NotFound("no such offer")
    return _view(row, known)


def _view(row: ExchangeOffer, known: Mapping[str, str | None]) -> Offer:
    return Offer(
        id=row.id,
        code=row.code,
        name=known[row.code],
        kind=row.kind,
        title=row.title,
        hash=row.hash,
        body=row.body,
        refers=row.refers,
        author=row.author,
        evidence=row.evidence,
        offered_at=row.offered_at,
    )
