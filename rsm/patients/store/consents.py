"""Consents, each a line that never changes, and the published words that they refer to."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db.work import Tx
from rsm.patients.model import ConsentView, PatientFacts
from rsm.patients.tables import Consent, ConsentText
from rsm.security import patient_keys
from rsm.security.patient_keys import PatientBox

_BY, _EVIDENCE = "consent.by", "consent.evidence"
# Of two in one instant the withdrawal counts.
_NEWEST = (Consent.recorded_at.desc(), Consent.given, Consent.id.desc())


def add(tx: Tx, patient: PatientFacts, consent: ConsentView) -> UUID:
    box, consent_id = patient_keys.box(tx, patient.id), tx.new_id()
    tx.session.execute(
        insert(Consent).values(
            id=consent_id,
            site_id=patient.site_id,
            patient_id=patient.id,
            given=consent.given,
            on=consent.on,
            by_sealed=box.seal(consent.by, _BY),
            text_version=consent.text_version,
            text_hash=consent.text_hash,
            language=consent.language,
            form=consent.form,
            purposes=list(consent.purposes),
            evidence_sealed=box.seal(consent.evidence, _EVIDENCE) if consent.evidence else None,
            recorded_by=tx.actor.id,
            recorded_at=tx.now,
        )
    )
    return consent_id


def latest(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, ConsentView]:
    """The consent that stands, by patient: the latest line. Who was erased is left out."""
    wanted = set(patient_ids)
    found = tx.session.scalars(
        select(Consent)
        .where(Consent.patient_id.in_(wanted))
        .ext(distinct_on(Consent.patient_id))
        .order_by(Consent.patient_id, *_NEWEST)
    ).all()
    boxes = patient_keys.boxes(tx, wanted) if found else {}
    return {
        each.patient_id: _view(box, each)
        for each in found
        if (box := boxes.get(each.patient_id)) is not None
    }


def history(tx: Tx, patient_id: UUID) -> list[ConsentView]:
    """Every line, the newest first."""
    found = tx.session.scalars(
        select(Consent).where(Consent.patient_id == patient_id).order_by(*_NEWEST)
    ).all()
    box = patient_keys.boxes(tx, [patient_id]).get(patient_id) if found else None
    return [_view(box, each) for each in found] if box else []


def _view(box: PatientBox, row: Consent) -> ConsentView:
    return ConsentView(
        given=row.given,
        on=row.on,
        by=box.open(row.by_sealed, _BY),
        text_version=row.text_version,
        text_hash=row.text_hash,
        language=row.language,
        form=row.form,
        purposes=tuple(str(purpose) for purpose in row.purposes),
        evidence=box.open(row.evidence_sealed, _EVIDENCE) if row.evidence_sealed else "",
    )


def add_text(tx: Tx, site_id: UUID, values: Mapping[str, object]) -> bool:
    """False when the site has this version in this language already."""
    row = upsert(ConsentText).values(
        id=tx.new_id(),
        site_id=site_id,
        published_at=tx.now,
        published_by=tx.actor.id,
        **values,
    )
    same = [ConsentText.site_id, ConsentText.version, ConsentText.language]
    added = row.on_conflict_do_nothing(index_elements=same).returning(ConsentText.id)
    return tx.session.execute(added).first() is not None


def texts(tx: Tx, site_id: UUID) -> Sequence[ConsentText]:
    """What the site has published, the newest first."""
    query = select(ConsentText).where(ConsentText.site_id == site_id)
    newest = query.order_by(ConsentText.published_at.desc(), ConsentText.language)
    return tx.session.scalars(newest).all()
