"""The door to proxies: one at a time for each patient, with a number or address of her own.

Callers hold the patient's row. What a proxy's link opens, and what is sent to her, is
`rsm.flow.proxies`. The audit trail names her by id alone.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import e164
from rsm.kernel.words import ActorKind, Channel, Reporter
from rsm.patients.model import (
    ContactMatch,
    PatientFacts,
    active_addresses,
    addresses_of,
)
from rsm.patients.proxy_model import NewProxy, ProxyView
from rsm.patients.store import details
from rsm.patients.store import proxies as store
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


def add(tx: Tx, patient: PatientFacts, new: NewProxy) -> UUID:
    """Somebody answers for her from now on.

    Raises `Conflict` when somebody else does already, `Invalid` with every problem.
    """
    if standing(tx, patient.id) is not None:
        raise Conflict("somebody answers for this patient already: end that first")
    wanted = _addresses(tx, patient, new)
    for channel, address in wanted.items():
        details.put_contact(tx, patient, channel, Reporter.PROXY, address)
    proxy_id = store.add(tx, patient, new, _staff(tx))
    subject = Subject("proxy", proxy_id, patient.id)
    record(tx, "proxy.added", subject, patient.site_id, relation=new.relation)
    return proxy_id


def _addresses(tx: Tx, patient: PatientFacts, new: NewProxy) -> dict[Channel, str]:
    problems, found = list[Problem](), dict[Channel, str]()
    own = set(active_addresses(details.contacts(tx, [patient.id]).get(patient.id, ())).values())
    for channel, where, text in (
        (Channel.SMS, "phone", new.phone),
        (Channel.EMAIL, "email", new.email),
    ):
        if text is None:
            continue
        try:
            found[channel] = e164(text, where) if channel is Channel.SMS else mailbox(text, where)
        except Invalid as error:
            problems += error.problems
            continue
        if found[channel] in own:
            what = "is the patient's own, where the patient gets the link already"
            problems.append(Problem(where, what, "give another"))
    if new.phone is None and new.email is None:
        problems.append(Problem("phone", "is missing", "a phone or an e-mail address is needed"))
    languages = sites.get(tx, patient.site_id).languages
    if new.language not in languages:
        what = f"the site does not ask in `{new.language}`"
        problems.append(Problem("language", what, f"it asks in {', '.join(languages)}"))
    if problems:
        raise Invalid(problems)
    return found


def revoke(tx: Tx, proxy: ProxyView) -> bool:
    """She answers no more; False when that was so already."""
    if not store.revoke(tx, proxy.id, _staff(tx)):
        return False
    for channel in (Channel.SMS, Channel.EMAIL):
        details.replace_contact(tx, proxy.patient_id, channel, Reporter.PROXY)
    subject = Subject("proxy", proxy.id, proxy.patient_id)
    record(tx, "proxy.revoked", subject, proxy.site_id)
    return True


def _staff(tx: Tx) -> UUID | None:
    return tx.actor.id if tx.actor.kind is ActorKind.STAFF else None


def get(tx: Tx, proxy_id: UUID) -> ProxyView:
    found = store.one(tx, proxy_id)
    if found is None:
        raise NotFound("no such proxy")
    return found


def standing(tx: Tx, patient_id: UUID) -> ProxyView | None:
    """Whoever answers for her now, or None."""
    return store.standing(tx, [patient_id]).get(patient_id)


def all_standing(tx: Tx, patient_ids: Collection[UUID]) -> Mapping[UUID, ProxyView]:
    """The same for many, by patient."""
    return store.standing(tx, patient_ids) if patient_ids else {}


def names(tx: Tx, views: Collection[ProxyView]) -> dict[UUID, str]:
    """Their names, by their own id; the caller audits the reading of the record."""
    return store.names(tx, views)


def addresses(tx: Tx, patient_id: UUID) -> dict[Channel, str]:
    """Where whoever answers for her is written to, as of now."""
    known = details.contacts(tx, [patient_id]).get(patient_id, ())
    return addresses_of(known, Reporter.PROXY)


def suspend_address(tx: Tx, proxy: ProxyView, channel: Channel, reason: str) -> bool:
    """Nothing more goes to this number or address of hers; the patient's own are left alone."""
    gone = details.suspend_contacts(tx, proxy.patient_id, channel, Reporter.PROXY)
    subject = Subject("proxy", proxy.id, proxy.patient_id)
    record(tx, "contact.suspended", subject, proxy.site_id, reason=reason, count=gone)
    return gone > 0


def own_first(tx: Tx, found: Sequence[ContactMatch]) -> list[ContactMatch]:
    """Whoever's own number it is; where it is nobody's own, those for whom its owner answers."""
    owners = store.owners(tx, [each.contact_id for each in found])
    own = [each for each in found if owners.get(each.contact_id) is not Reporter.PROXY]
    return own or list(found)


def with_address(tx: Tx, site_id: UUID, found: Sequence[ContactMatch]) -> list[ProxyView]:
    """The proxies of the site whose number this is, in the order of locking their patients."""
    here = [each for each in found if each.site_id == site_id]
    owners = store.owners(tx, [each.contact_id for each in here])
    whose = {each.patient_id for each in here if owners.get(each.contact_id) is Reporter.PROXY}
    known = store.standing(tx, whose) if whose else {}
    return [known[each] for each in sorted(known)]
