"""The door to trial periods: a pilot group, and what is to be mended before everybody is asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from rsm.db.work import Tx
from rsm.improvement import trial_store as store
from rsm.improvement.live_model import Trial
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.audit import Subject, record

MOST_FIRST = 500
AIM_AT_MOST, MEND_AT_MOST = 500, 4000


@dataclass(frozen=True)
class NewTrial:
    """`first`: so many of those who enrol from now on join by themselves; None: those marked."""

    starts_on: date
    ends_on: date
    first: int | None = None
    aim: str = ""


def begin(tx: Tx, site_id: UUID, new: NewTrial) -> UUID:
    """A trial period. Raises `Invalid` with every problem, `Conflict` while one is open."""
    problems = []
    if new.ends_on < new.starts_on:
        problems.append(Problem("ends_on", "is before the first day"))
    if new.first is not None and not 1 <= new.first <= MOST_FIRST:
        problems.append(Problem("first", "is not a number of patients", f"1 to {MOST_FIRST}"))
    aim = _plain(new.aim)
    if len(aim) > AIM_AT_MOST:
        problems.append(Problem("aim", f"is longer than {AIM_AT_MOST} characters"))
    if problems:
        raise Invalid(problems)
    try:
        with tx.savepoint():
            trial_id = store.add(tx, site_id, (new.starts_on, new.ends_on), new.first, aim)
    except IntegrityError:
        raise Conflict("a trial period is open already: end it first") from None
    record(tx, "trial.begun", Subject("trial", trial_id), site_id, first=new.first)
    return trial_id


def end(tx: Tx, site_id: UUID, mend: str) -> None:
    """It is over, with what is to be mended; the group stays as it is until the site is live."""
    mend = _plain(mend)
    if not mend:
        raise Invalid(Problem("mend", "is missing", "say what is to be mended, or that nothing is"))
    if len(mend) > MEND_AT_MOST:
        raise Invalid(Problem("mend", f"is longer than {MEND_AT_MOST} characters"))
    trial_id = store.end(tx, site_id, mend)
    if trial_id is None:
        raise NotFound("no trial period is open")
    record(tx, "trial.ended", Subject("trial", trial_id), site_id)


def of_site(tx: Tx, site_id: UUID) -> list[Trial]:
    """All of them, the newest first."""
    return store.of_site(tx, site_id)


def standing(tx: Tx, site_id: UUID) -> Trial | None:
    """The one that is open."""
    return store.standing(tx, site_id)


# --- the pilot group ------------------------------------------------------------------------------


def mark(tx: Tx, site_id: UUID, patient_id: UUID) -> None:
    """She belongs to the pilot group from now on. Raises `NotFound` without a trial period."""
    trial = store.standing(tx, site_id)
    if trial is None:
        raise NotFound("no trial period is open")
    _join(tx, site_id, trial, patient_id)


def unmark(tx: Tx, site_id: UUID, patient_id: UUID) -> None:
    """She belongs to it no more."""
    if store.leave(tx, site_id, patient_id):
        record(tx, "trial.left", Subject("patient", patient_id, patient_id), site_id)


def enrolled(tx: Tx, site_id: UUID, patient_id: UUID, today: date) -> bool:
    """Somebody has enrolled: she joins while there is place among the first so many."""
    trial = store.standing(tx, site_id, lock=True)  # of two at once, one has the last place
    if trial is None or trial.first is None or today < trial.starts_on:
        return False
    if store.size(tx, trial.id) >= trial.first:
        return False
    return _join(tx, site_id, trial, patient_id)


def members(tx: Tx, site_id: UUID) -> set[UUID]:
    """Everybody in the site's pilot group."""
    return store.members(tx, site_id)


def among(tx: Tx, site_id: UUID, patients: Collection[UUID]) -> set[UUID]:
    """Those of these patients who are in it."""
    return store.among(tx, site_id, patients) if patients else set()


def _join(tx: Tx, site_id: UUID, trial: Trial, patient_id: UUID) -> bool:
    joined = store.join(tx, site_id, trial.id, patient_id)
    if joined:
        record(tx, "trial.joined", Subject("patient", patient_id, patient_id), site_id)
    return joined


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()
