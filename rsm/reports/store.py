"""All SQL of reports but the exports'."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.reports.model import File, Made, Month, Run, Subscription, Wanted, Wish
from rsm.reports.tables import ReportRun, ReportSubscription

_S = table_of(ReportSubscription)
_R = table_of(ReportRun)


def subscriptions(tx: Tx, site_id: UUID) -> Sequence[Subscription]:
    """Who gets the site's reports, in the order in which they asked."""
    query = select(_S).where(_S.c.site_id == site_id, _S.c.ended_at.is_(None))
    return [_subscription(row) for row in tx.session.execute(query.order_by(_S.c.id)).mappings()]


def sites_with_readers(tx: Tx) -> Sequence[UUID]:
    """The sites, in scope, whose reports anybody gets."""
    query = select(_S.c.site_id).where(_S.c.ended_at.is_(None)).distinct()
    return sorted(tx.session.scalars(query))


def end(tx: Tx, site_id: UUID, staff_id: UUID, at: datetime) -> bool:
    """Whether there was one to end."""
    hers = (_S.c.site_id == site_id, _S.c.staff_id == staff_id, _S.c.ended_at.is_(None))
    ended = update(_S).where(*hers).values(ended_at=at).returning(_S.c.id)
    return tx.session.scalar(ended) is not None


def add(tx: Tx, site_id: UUID, staff_id: UUID, wish: Wish, since: datetime) -> None:
    """One more reader; she has none now."""
    values = {
        "id": tx.new_id(),
        "site_id": site_id,
        "staff_id": staff_id,
        "day": wish.day,
        "language": wish.language,
        "funders": wish.funders,
        "since": since,
    }
    tx.session.execute(insert(_S).values(values))


def keep(tx: Tx, wanted: Wanted, made: Made, file: File) -> bool:
    """Keep it; False when this report was made before."""
    values = {
        "id": tx.new_id(),
        "site_id": wanted.site_id,
        "month": wanted.month.first,
        "language": wanted.language,
        "funders": wanted.funders,
        "made_at": tx.now,
        "digest": made.digest,
        "definitions": made.definitions,
        "html_hash": hashlib.sha256(made.html.encode()).hexdigest(),
        "headlines": list(made.headlines),
        "small": made.small,
        "media_type": file.media_type,
        "file": file.content,
    }
    once = insert_once(_R).values(values).on_conflict_do_nothing().returning(_R.c.id)
    return tx.session.scalar(once) is not None


def runs(tx: Tx, site_id: UUID, since: Month) -> Sequence[Run]:
    """What was sent of the months since then, the newest first."""
    query = _runs().where(_R.c.site_id == site_id, _R.c.month >= since.first)
    newest = query.order_by(_R.c.month.desc(), _R.c.id)
    return [_run(row) for row in tx.session.execute(newest).mappings()]


def run_of(tx: Tx, wanted: Wanted) -> Run | None:
    """This very report, if it was sent."""
    which = (
        _R.c.site_id == wanted.site_id,
        _R.c.month == wanted.month.first,
        _R.c.language == wanted.language,
        _R.c.funders == wanted.funders,
    )
    found = tx.session.execute(_runs().where(*which)).mappings().first()
    return _run(found) if found else None


def run(tx: Tx, run_id: UUID) -> Run | None:
    found = tx.session.execute(_runs().where(_R.c.id == run_id)).mappings().first()
    return _run(found) if found else None


def file(tx: Tx, run_id: UUID) -> File | None:
    """What was attached."""
    query = select(_R.c.media_type, _R.c.file).where(_R.c.id == run_id)
    found = tx.session.execute(query).first()
    return File(*found) if found else None


def _runs() -> Select[tuple[object, ...]]:
    """Without the files, which may be large."""
    return select(*(each for each in _R.c if each.name not in {"file", "media_type", "html_hash"}))


def _run(row: RowMapping) -> Run:
    held = dict(row) | {"month": Month(row["month"]), "headlines": tuple(row["headlines"])}
    return Run(**held)


def _subscription(row: RowMapping) -> Subscription:
    wish = Wish(row["day"], row["language"], row["funders"])
    return Subscription(row["id"], row["site_id"], row["staff_id"], wish, row["since"])
