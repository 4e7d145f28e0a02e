"""All SQL of what is shared: sites and their codes, figures, lessons, offers."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, delete, insert, or_, select, text, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.collaborative.tables import (
    CollaborativeSite,
    ExchangeOffer,
    ForeignSite,
    SharedFigure,
    SharedLesson,
)
from rsm.db.statements import table_of
from rsm.db.work import Tx

Values = Mapping[str, object]
_SHARED_SITES = text("SELECT code, name, stage FROM rsm_shared_sites() ORDER BY code")
_ONBOARDING = text("SELECT name, stage, joined_at FROM rsm_onboarding() ORDER BY name")
_CURRENT = SharedFigure.replaced_at.is_(None)


# --- sites ---------------------------------------------------------------------------------------


def own_site(tx: Tx, site_id: UUID) -> CollaborativeSite | None:
    query = select(CollaborativeSite).where(CollaborativeSite.site_id == site_id)
    return tx.session.scalars(query).first()


def all_own_sites(tx: Tx) -> list[CollaborativeSite]:
    """Every site of ours that takes part: for the worker, which sees them all."""
    query = select(CollaborativeSite).where(CollaborativeSite.left_at.is_(None))
    return list(tx.session.scalars(query.order_by(CollaborativeSite.code)))


def put_site(tx: Tx, site_id: UUID, code: str) -> None:
    """In; whoever was in before and left comes back under the code of then."""
    values = {"joined_at": tx.now, "joined_by": tx.actor.id, "left_at": None, "named": False}
    made = upsert(table_of(CollaborativeSite)).values(site_id=site_id, code=code, **values)
    tx.session.execute(
        made.on_conflict_do_update(index_elements=["site_id"], set_=values),
    )


def change_site(tx: Tx, site_id: UUID, values: Values) -> None:
    tx.session.execute(
        update(CollaborativeSite).where(CollaborativeSite.site_id == site_id).values(**values)
    )


def shared_sites(tx: Tx) -> list[tuple[str, str | None, str]]:
    """Code, name where it was agreed, stage: of our sites that take part."""
    return [(row.code, row.name, row.stage) for row in tx.session.execute(_SHARED_SITES)]


def onboarding(tx: Tx) -> list[tuple[str, str, datetime]]:
    """Name, stage and since when: of our sites that take part, without their codes."""
    rows = tx.session.execute(_ONBOARDING)
    return [(row.name, row.stage, row.joined_at) for row in rows]


def foreign_sites(tx: Tx) -> list[ForeignSite]:
    return list(tx.session.scalars(select(ForeignSite).order_by(ForeignSite.code)))


def foreign_names(tx: Tx) -> dict[str, str | None]:
    """Code → name where it was agreed."""
    rows = tx.session.execute(select(ForeignSite.code, ForeignSite.name))
    return {row.code: row.name for row in rows}


def codes_of_others(tx: Tx, member_id: UUID) -> set[str]:
    """Codes that a file of this member may not bring: ours, also of who has left and may come back
    under hers, and other members'."""
    others = select(ForeignSite.code).where(ForeignSite.member_id != member_id)
    ours, theirs = SharedFigure.member_id.is_(None), SharedFigure.member_id != member_id
    shared = select(SharedFigure.code).where(or_(ours, and_(theirs, _CURRENT)))
    found = set(tx.session.scalars(union(others, shared)))
    return {code for code, _, _ in shared_sites(tx)} | found


def put_foreign_site(tx: Tx, values: Values) -> None:
    """As the member's newest file says."""
    made = upsert(table_of(ForeignSite)).values(**values)
    newer = {name: made.excluded[name] for name in ("name", "stage", "period", "issued_at")}
    tx.session.execute(made.on_conflict_do_update(index_elements=["code"], set_=newer))


def drop_other_sites(tx: Tx, member_id: UUID, codes: Collection[str]) -> None:
    """Sites of the member that its newest file does not know: they have left."""
    tx.session.execute(
        delete(ForeignSite).where(
            ForeignSite.member_id == member_id, ForeignSite.code.not_in(codes)
        )
    )


# --- shared figures ------------------------------------------------------------------------------


def add_figures(tx: Tx, rows: Iterable[Values]) -> None:
    made = [{"id": tx.new_id(), "made_at": tx.now, **row} for row in rows]
    if made:
        tx.session.execute(insert(table_of(SharedFigure)), made)


def replace_figures(tx: Tx, code: str, period: date, measures: Collection[str]) -> None:
    tx.session.execute(
        update(SharedFigure)
        .where(SharedFigure.code == code, SharedFigure.period == period, _CURRENT)
        .where(SharedFigure.measure.in_(measures))
        .values(replaced_at=tx.now)
    )


def drop_gone(tx: Tx) -> int:
    """What sites of ours shared that take part no more counts no more; returns of how many."""
    left = CollaborativeSite.left_at.is_not(None)
    gone = select(CollaborativeSite.code).where(left).scalar_subquery()
    tx.session.execute(delete(SharedLesson).where(SharedLesson.code.in_(gone)))
    done = tx.session.execute(
        update(SharedFigure)
        .where(SharedFigure.code.in_(gone), _CURRENT)
        .values(replaced_at=tx.now)
        .returning(SharedFigure.code)
    )
    return len(set(done.scalars()))


def figures_of(tx: Tx, code: str, period: date) -> list[SharedFigure]:
    """What stands of one site and period."""
    query = select(SharedFigure).where(
        SharedFigure.code == code, SharedFigure.period == period, _CURRENT
    )
    return list(tx.session.scalars(query))


def figures(tx: Tx, period: date, measure: str) -> list[SharedFigure]:
    """Every site's cell of one measure, by code."""
    query = select(SharedFigure).where(
        SharedFigure.period == period, SharedFigure.measure == measure, _CURRENT
    )
    return list(tx.session.scalars(query.order_by(SharedFigure.code)))


def own_figures(tx: Tx, period: date) -> list[SharedFigure]:
    """Of all of our sites."""
    query = select(SharedFigure).where(
        SharedFigure.period == period, SharedFigure.member_id.is_(None), _CURRENT
    )
    return list(tx.session.scalars(query.order_by(SharedFigure.code, SharedFigure.measure)))


def periods(tx: Tx, most: int) -> list[date]:
    """The newest periods of which there is anything."""
    query = select(SharedFigure.period).where(_CURRENT).distinct()
    return list(tx.session.scalars(query.order_by(SharedFigure.period.desc()).limit(most)))


# --- what was learned ----------------------------------------------------------------------------


def lessons(tx: Tx, most: int) -> list[SharedLesson]:
    query = select(SharedLesson).order_by(SharedLesson.on_day.desc(), SharedLesson.id)
    return list(tx.session.scalars(query.limit(most)))


def lessons_of(tx: Tx, code: str) -> list[SharedLesson]:
    return list(tx.session.scalars(select(SharedLesson).where(SharedLesson.code == code)))


def set_lessons(tx: Tx, code: str, rows: Iterable[Values]) -> None:
    """These and no others."""
    tx.session.execute(delete(SharedLesson).where(SharedLesson.code == code))
    made = [{"code": code, **row} for row in rows]
    if made:
        tx.session.execute(insert(table_of(SharedLesson)), made)


# --- offers --------------------------------------------------------------------------------------


def offers(tx: Tx) -> list[ExchangeOffer]:
    query = select(ExchangeOffer).where(ExchangeOffer.withdrawn_at.is_(None))
    return list(tx.session.scalars(query.order_by(ExchangeOffer.offered_at.desc())))


def offer(tx: Tx, offer_id: UUID) -> ExchangeOffer | None:
    query = select(ExchangeOffer).where(
        ExchangeOffer.id == offer_id, ExchangeOffer.withdrawn_at.is_(None)
    )
    return tx.session.scalars(query).first()


def add_offer(tx: Tx, values: Values) -> UUID | None:
    """A new one; None when the site offers the same already."""
    made = upsert(table_of(ExchangeOffer)).values(
        id=tx.new_id(), offered_at=tx.now, offered_by=tx.actor.id, **values
    )
    done = tx.session.execute(made.on_conflict_do_nothing().returning(ExchangeOffer.id))
    return done.scalar_one_or_none()


def withdraw_offers(tx: Tx, code: str, offer_id: UUID | None = None) -> int:
    """One, or all of a site; returns how many."""
    query = update(ExchangeOffer).where(
        ExchangeOffer.code == code, ExchangeOffer.withdrawn_at.is_(None)
    )
    if offer_id is not None:
        query = query.where(ExchangeOffer.id == offer_id)
    done = tx.session.execute(query.values(withdrawn_at=tx.now).returning(ExchangeOffer.id))
    return len(done.all())
