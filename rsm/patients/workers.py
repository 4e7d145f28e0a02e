"""Who looks after whom: which members of staff may, and handing all patients of one to another."""

from collections.abc import Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.patients.model import NewPatient, PatientFacts
from rsm.patients.store import people
from rsm.security import staff
from rsm.security.audit import Event, Subject, record_all
from rsm.security.model import Permission, StaffView
from rsm.security.permissions import may


def active(tx: Tx, site_id: UUID) -> dict[UUID, StaffView]:
    """Who may look after patients of the site, by name: enabled, and may see them there."""
    roles = staff.at_site(tx, site_id)
    known = staff.many(tx, [who for who, has in roles.items() if may(has, Permission.SEE_PATIENTS)])
    enabled = (one for one in known.values() if not one.disabled)
    return {one.id: one for one in sorted(enabled, key=lambda one: (one.name.casefold(), one.id))}


def emails(tx: Tx, site_id: UUID) -> frozenset[str]:
    """The same people as files and forms name them."""
    return frozenset(one.email for one in active(tx, site_id).values())


def problems(known: frozenset[str], new: NewPatient) -> list[Problem]:
    """What is wrong with her worker, where one is named; `known` are the site's (`emails`)."""
    if new.worker is None or new.worker.casefold() in known:
        return []
    mend = "give the e-mail with which one of this site's staff signs in, or leave it empty"
    return [Problem("worker", "is nobody who may look after patients of this site", mend)]


def to_check(tx: Tx, facts: PatientFacts, new: NewPatient) -> str | None:
    """The worker who is newly named: whoever had her already may keep her, though she has left."""
    if new.worker is None or facts.worker_id is None:
        return new.worker
    return None if staff.get(tx, facts.worker_id).email == new.worker.casefold() else new.worker


def hand_over(tx: Tx, site_id: UUID, giver: UUID | None, taker: UUID) -> int:
    """Give all patients of `giver` (None: of nobody) to `taker`; returns how many.

    Who has ended stays with whoever had her. Raises `Invalid` for somebody who may not take them.
    """
    if taker == giver or taker not in active(tx, site_id):
        mend = "choose one from the list"
        raise Invalid(Problem("taker", "cannot take over patients of this site", mend))
    held = people.lock_of_worker(tx, site_id, giver)
    people.give_to(tx, [one.id for one in held], taker)
    facts: Mapping[str, object] = {"giver": giver, "taker": taker}
    subjects = [Subject("patient", one.id, one.id) for one in held]
    record_all(tx, [Event("patient.handed_over", each, site_id, facts) for each in subjects])
    return len(held)


def count(tx: Tx, site_id: UUID, worker: UUID | None) -> int:
    """How many she looks after, or nobody does, who have not ended."""
    return people.count_of_worker(tx, site_id, worker)


def left_behind(tx: Tx, site_id: UUID) -> int:
    """How many belong to somebody who looks after nobody here any more: disabled, or gone."""
    return people.count_left_behind(tx, site_id, active(tx, site_id))
