"""Who answers for whom. Names are sealed and opened here."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import insert, select, update

from rsm.db.statements import Kept, among, rows
from rsm.db.work import Tx
from rsm.kernel.words import Reporter
from rsm.patients.model import PatientFacts
from rsm.patients.proxy_model import NewProxy, ProxyView
from rsm.patients.tables import ContactPoint, Proxy
from rsm.security import patient_keys

_NAME = "proxy.name"
_STANDING = Kept(
    Proxy, rows(Proxy).where(among(Proxy.patient_id, "patients"), Proxy.revoked_at.is_(None))
)


def add(tx: Tx, patient: PatientFacts, new: NewProxy, by: UUID | None) -> UUID:
    proxy_id = tx.new_id()
    box = patient_keys.box(tx, patient.id)
    tx.session.execute(
        insert(Proxy).values(
            id=proxy_id,
            site_id=patient.site_id,
            patient_id=patient.id,
            relation=new.relation,
            name_sealed=box.seal(new.name, _NAME),
            language=new.language,
            added_at=tx.now,
            added_by=by,
        )
    )
    return proxy_id


def one(tx: Tx, proxy_id: UUID) -> ProxyView | None:
    found = tx.session.scalar(
        select(Proxy).where(Proxy.id == proxy_id).execution_options(populate_existing=True)
    )
    return _view(found) if found is not None else None


def standing(tx: Tx, patient_ids: Collection[UUID]) -> Mapping[UUID, ProxyView]:
    """By patient: whoever answers for her now."""
    found = _STANDING.all(tx, patients=list(patient_ids)) if patient_ids else []
    return {each.patient_id: _view(each) for each in found}


def names(tx: Tx, views: Collection[ProxyView]) -> dict[UUID, str]:
    """Their names, by their own id; of a patient who was erased there is none."""
    boxes = patient_keys.boxes(tx, {each.patient_id for each in views}) if views else {}
    rows = tx.session.execute(
        select(Proxy.id, Proxy.patient_id, Proxy.name_sealed).where(
            Proxy.id.in_([each.id for each in views])
        )
    )
    return {
        proxy_id: boxes[patient_id].open(sealed, _NAME)
        for proxy_id, patient_id, sealed in rows
        if patient_id in boxes
    }


def revoke(tx: Tx, proxy_id: UUID, by: UUID | None) -> bool:
    """False when that was done before."""
    gone = tx.session.scalar(
        update(Proxy)
        .where(Proxy.id == proxy_id, Proxy.revoked_at.is_(None))
        .values(revoked_at=tx.now, revoked_by=by)
        .returning(Proxy.id)
    )
    return gone is not None


def owners(tx: Tx, contact_ids: Collection[UUID]) -> dict[UUID, Reporter]:
    """Whose each of these numbers or addresses is: the patient's own, or a proxy's."""
    rows = tx.session.execute(
        select(ContactPoint.id, ContactPoint.owner).where(ContactPoint.id.in_(contact_ids))
    )
    return {row.id: row.owner for row in rows}


def _view(row: Proxy) -> ProxyView:
    return ProxyView(**{name: getattr(row, name) for name in ProxyView.__dataclass_fields__})
