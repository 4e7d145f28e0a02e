"""All SQL of what came into use at sites: rows are added and read, never changed."""

from uuid import UUID

from sqlalchemy import and_, insert, null, or_, select

from rsm.db.work import Tx
from rsm.kernel.words import ActorKind
from rsm.sites.settings import Exchange, Setting, Use
from rsm.sites.tables import SettingUse


def add(tx: Tx, organisation_id: UUID, site_id: UUID | None, exchange: Exchange) -> UUID:
    use_id = tx.new_id()
    former = exchange.former
    tx.session.execute(
        insert(SettingUse).values(
            id=use_id,
            organisation_id=organisation_id,
            site_id=site_id,
            setting=exchange.setting,
            content=dict(exchange.content),
            former=null() if former is None else dict(former),  # not JSON's null
            reason=exchange.reason,
            used_by=tx.actor.id if tx.actor.kind is ActorKind.STAFF else None,
            used_at=tx.now,
        )
    )
    return use_id


def of_site(
    tx: Tx, organisation_id: UUID, site_id: UUID, setting: Setting, limit: int
) -> list[Use]:
    wide = and_(SettingUse.site_id.is_(None), SettingUse.organisation_id == organisation_id)
    query = (
        select(SettingUse)
        .where(SettingUse.setting == setting, or_(SettingUse.site_id == site_id, wide))
        .order_by(SettingUse.used_at.desc(), SettingUse.id.desc())
        .limit(limit)
    )
    return [_use(row) for row in tx.session.scalars(query)]


def _use(row: SettingUse) -> Use:
    exchange = Exchange(row.setting, row.content, row.former, row.reason, wide=row.site_id is None)
    return Use(row.used_at, row.used_by, exchange, row.id)
