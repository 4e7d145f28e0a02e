"""All SQL of releases and of what a pack in shadow made of reports."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from rsm.alerts.states import ReleaseState
from rsm.alerts.tables import RuleRelease, ShadowJudgement
from rsm.db.work import Tx


def add(tx: Tx, values: dict[str, object]) -> UUID:
    release_id = tx.new_id()
    tx.session.execute(insert(RuleRelease).values(id=release_id, **values))
    return release_id


def change(tx: Tx, release_id: UUID, values: dict[str, object]) -> None:
    """The caller holds the row."""
    wanted = update(RuleRelease).where(RuleRelease.id == release_id).values(**values)
    tx.session.execute(wanted, execution_options={"synchronize_session": False})


def take_place(tx: Tx, release_id: UUID, values: dict[str, object]) -> bool:
    """As `change`, into a state of which a site has one: False when another has it."""
    try:
        with tx.savepoint():
            change(tx, release_id, values)
    except IntegrityError:
        return False
    return True


def one(tx: Tx, release_id: UUID, *, lock: bool = False) -> RuleRelease | None:
    query = select(RuleRelease).where(RuleRelease.id == release_id)
    fresh = query.execution_options(populate_existing=True)
    return tx.session.scalar(fresh.with_for_update() if lock else fresh)


def in_state(tx: Tx, site_id: UUID, state: ReleaseState) -> RuleRelease | None:
    """The site's one that is live, or in shadow; held."""
    query = select(RuleRelease).where(RuleRelease.site_id == site_id, RuleRelease.state == state)
    fresh = query.execution_options(populate_existing=True)
    return tx.session.scalar(fresh.limit(1).with_for_update())


def of_site(tx: Tx, site_id: UUID) -> Sequence[RuleRelease]:
    """The newest first."""
    query = select(RuleRelease).where(RuleRelease.site_id == site_id)
    newest = query.order_by(RuleRelease.drafted_at.desc(), RuleRelease.id.desc())
    return tx.session.scalars(newest.execution_options(populate_existing=True)).all()


def add_judgement(tx: Tx, values: dict[str, object]) -> bool:
    """False when another worker has judged this report already."""
    wanted = upsert(ShadowJudgement).values(id=tx.new_id(), judged_at=tx.now, **values)
    kept = wanted.on_conflict_do_nothing().returning(ShadowJudgement.id)
    return tx.session.execute(kept).first() is not None
