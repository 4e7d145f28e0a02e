"""All SQL of overrides: written, agreed to, ended; what holds for a patient at an instant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from rsm.alerts.override_words import Stored, Target
from rsm.alerts.states import Tier
from rsm.alerts.tables import RuleOverride as Row
from rsm.db.statements import Kept, rows
from rsm.db.work import Tx
from rsm.kernel.words import Pin

_ONE_WRITER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def one_writer(tx: Tx, organisation_id: UUID) -> None:
    """Whoever writes overrides of this organisation waits until we are done: what one adds must
    not contradict what another adds at the same time."""
    tx.session.execute(_ONE_WRITER, {"key": f"rule_override:{organisation_id}"})


def add(tx: Tx, new: Stored) -> None:
    target = new.target
    tx.session.execute(
        insert(Row).values(
            id=new.id,
            organisation_id=target.organisation_id,
            site_id=target.site_id,
            team_id=target.team_id,
            patient_id=target.patient_id,
            tier=target.tier,
            rule_pack=new.base.document,
            body=new.body,
            body_sealed=new.body_sealed,
            since=new.since,
            until=new.until,
            author_id=new.author_id,
            written_at=new.written_at,
        )
    )


def change(tx: Tx, override_id: UUID, **values: object) -> None:
    tx.session.execute(update(Row).where(Row.id == override_id).values(**values))


def one(tx: Tx, override_id: UUID, *, lock: bool = False) -> Stored | None:
    query = select(Row).where(Row.id == override_id).execution_options(populate_existing=True)
    found = tx.session.scalar(query.with_for_update() if lock else query)
    return _stored(found) if found is not None else None


def in_force(tx: Tx, whom: Target, at: datetime) -> list[Stored]:
    """Everything that holds at `at` for this patient, whatever the tier: one statement.

    Overrides of other teams of her site are among them: which team is hers, the caller knows.
    """
    given = {"organisation": whom.organisation_id, "site": whom.site_id}
    found = _IN_FORCE.all(tx, **given, patient=whom.patient_id, at=at)
    return [_stored(row) for row in found]


_AT = bindparam("at", type_=DateTime(timezone=True))
_IN_FORCE = Kept(
    Row,
    rows(Row)
    .where(
        Row.organisation_id == bindparam("organisation"),
        or_(Row.site_id.is_(None), Row.site_id == bindparam("site")),
        or_(Row.patient_id.is_(None), Row.patient_id == bindparam("patient")),
        Row.since <= _AT,
        Row.until > _AT,
        or_(Row.tier == Tier.PATIENT, Row.decided_at <= _AT),
        or_(Row.ended_at.is_(None), Row.ended_at > _AT),
    )
    .order_by(Row.since, Row.id),
)


def of_site(tx: Tx, whom: Target) -> list[Stored]:
    """The organisation's, the site's and its teams', whatever their state."""
    return _all(tx, select(Row).where(_at_site(whom), Row.patient_id.is_(None)))


def standing(tx: Tx, whom: Target, now: datetime) -> list[Stored]:
    """What holds or waits, of every tier and of every patient of the site."""
    left = and_(Row.ended_at.is_(None), Row.until > now)
    return _all(tx, select(Row).where(_at_site(whom), left))


def any_standing(tx: Tx, now: datetime) -> bool:
    query = select(Row.id).where(Row.ended_at.is_(None), Row.until > now).limit(1)
    return tx.session.scalar(query) is not None


def of_patient(tx: Tx, patient_id: UUID) -> list[Stored]:
    return _all(tx, select(Row).where(Row.patient_id == patient_id))


def count_patients(tx: Tx, site_id: UUID, now: datetime) -> int:
    """How many patients of the site have one of their own that holds."""
    mine = and_(Row.site_id == site_id, Row.tier == Tier.PATIENT)
    left = and_(Row.ended_at.is_(None), Row.until > now)
    query = select(func.count(Row.patient_id.distinct())).where(mine, left)
    return tx.session.scalar(query) or 0


def _at_site(whom: Target) -> ColumnElement[bool]:
    ours = or_(Row.site_id.is_(None), Row.site_id == whom.site_id)
    return and_(Row.organisation_id == whom.organisation_id, ours)


def _all(tx: Tx, query: Select[Row]) -> list[Stored]:
    fresh = query.order_by(Row.since, Row.id).execution_options(populate_existing=True)
    rows: Sequence[Row] = tx.session.scalars(fresh).all()
    return [_stored(row) for row in rows]


def _stored(row: Row) -> Stored:
    return Stored(
        id=row.id,
        target=Target(row.tier, row.organisation_id, row.site_id, row.team_id, row.patient_id),
        base=Pin.of(row.rule_pack),
        body=row.body,
        body_sealed=row.body_sealed,
        since=row.since,
        until=row.until,
        author_id=row.author_id,
        written_at=row.written_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
