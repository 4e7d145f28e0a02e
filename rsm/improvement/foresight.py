"""The door to simulated months: asked for on a page, played by a worker, kept with the site.

One at a time for each site (a unique index); a worker that dies while it plays loses its lease, and
another one begins anew: the months are the same, since the seed is the site's id. A worker that was
frozen meanwhile holds an earlier attempt, and changes nothing any more.
"""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from rsm.db.work import Tx
from rsm.improvement.foresight_model import (
    ATTEMPTS,
    LEASE,
    MOST_PATIENT_WEEKS,
    MOST_PATIENTS,
    MOST_WEEKS,
    ForesightState,
    ForesightView,
    Wish,
)
from rsm.improvement.foresight_tables import Foresight
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.audit import Subject, record

_AT_MOST = 20  # of a site, the latest
_GAVE_UP = "three workers began and none came to an end"


def ask(tx: Tx, site_id: UUID, wish: Wish, by: UUID) -> UUID:
    """Put it in the queue. Raises `Invalid`, and `Conflict` while another one of the site waits."""
    check(wish)
    made = tx.new_id()
    row = {
        "id": made,
        "site_id": site_id,
        "asked_by": by,
        "asked_at": tx.now,
        "programme": wish.programme,
        "patients": wish.patients,
        "weeks": wish.weeks,
        "minutes_per_alert": wish.minutes_per_alert,
        "pack": wish.pack,
        "roster": wish.roster,
        "state": ForesightState.QUEUED,
        "next_at": tx.now,
    }
    put = insert_or(Foresight).values(row).on_conflict_do_nothing().returning(Foresight.id)
    if tx.session.scalar(put) is None:
        raise Conflict("another question of this site is being worked out: wait for its answer")
    record(tx, "foresight.asked", Subject("foresight", made), site_id, patients=wish.patients)
    return made


def check(wish: Wish) -> None:
    """Raises `Invalid` with everything that is not possible."""
    problems = []
    if not 1 <= wish.patients <= MOST_PATIENTS:
        problems.append(Problem("patients", f"{wish.patients} is not 1 to {MOST_PATIENTS}"))
    if not 1 <= wish.weeks <= MOST_WEEKS:
        problems.append(Problem("weeks", f"{wish.weeks} is not 1 to {MOST_WEEKS}"))
    if not problems and wish.patient_weeks > MOST_PATIENT_WEEKS:
        fewer = MOST_PATIENT_WEEKS // wish.patients
        mend = f"at most {fewer} weeks of {wish.patients} patients; more by `rsm simulate`"
        problems.append(Problem("weeks", "too much for a page", mend))
    if not 0 < wish.minutes_per_alert <= 240:
        problems.append(Problem("minutes", f"{wish.minutes_per_alert:g} is not 1 to 240"))
    if problems:
        raise Invalid(problems)


def recent(tx: Tx, site_id: UUID) -> list[ForesightView]:
    """The latest questions of the site, the newest first."""
    rows = tx.session.scalars(
        select(Foresight)
        .where(Foresight.site_id == site_id)
        .order_by(Foresight.asked_at.desc(), Foresight.id.desc())
        .limit(_AT_MOST)
    )
    return [_view(row) for row in rows]


def get(tx: Tx, site_id: UUID, foresight_id: UUID) -> ForesightView:
    """One question. Raises `NotFound`."""
    row = tx.session.get(Foresight, foresight_id)
    if row is None or row.site_id != site_id:
        raise NotFound("no such question")
    return _view(row)


# --- the worker's side ---------------------------------------------------------------------------


def claim(tx: Tx) -> ForesightView | None:
    """The next one to play, now this worker's for as long as it renews its lease."""
    due = (
        select(Foresight.id)
        .where(Foresight.state.in_(_OPEN), Foresight.next_at <= tx.now)
        .order_by(Foresight.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = tx.session.scalar(
        update(Foresight)
        .where(Foresight.id == due)
        .values(
            state=ForesightState.RUNNING,
            next_at=tx.now + LEASE,
            begun_at=tx.now,
            attempts=Foresight.attempts + 1,
        )
        .returning(Foresight)
    )
    if row is None:
        return None
    if row.attempts > ATTEMPTS:
        fail(tx, _view(row), _GAVE_UP)
        return None
    return _view(row)


def renew(tx: Tx, held: ForesightView) -> bool:
    """It is still being played. False: it is another worker's by now, or over; let it be.

    `held` is, here and below, what `claim` gave.
    """
    return _change(tx, held, next_at=tx.now + LEASE)


def let_go(tx: Tx, held: ForesightView) -> bool:
    """This worker stops: whoever is next begins anew."""
    fewer = Foresight.attempts - 1
    return _change(tx, held, state=ForesightState.QUEUED, next_at=tx.now, attempts=fewer)


def finish(tx: Tx, held: ForesightView, result: str) -> bool:
    """It is played: the answer is kept."""
    return _end(tx, held, ForesightState.DONE, result=result)


def fail(tx: Tx, held: ForesightView, problem: str) -> bool:
    """It cannot be played, and why."""
    return _end(tx, held, ForesightState.FAILED, problem=problem)


def _end(tx: Tx, held: ForesightView, state: ForesightState, **values: str) -> bool:
    return _change(tx, held, state=state, next_at=None, ended_at=tx.now, **values)


def _change(tx: Tx, held: ForesightView, **values: object) -> bool:
    """False when it is no longer as it was claimed: ended, or begun anew by another worker. A try
    that was let go counts no more, so that its number comes again: its begin does not."""
    changed = (
        update(Foresight)
        .where(
            Foresight.id == held.id,
            Foresight.state == ForesightState.RUNNING,
            Foresight.attempts == held.attempt,
            Foresight.begun_at == held.begun_at,
        )
        .values(**values)
        .returning(Foresight.id)
    )
    return tx.session.scalar(changed) is not None


_OPEN = tuple(state for state in ForesightState if state.is_open)


def _view(row: Foresight) -> ForesightView:
    wish = Wish(row.programme, row.patients, row.weeks, row.minutes_per_alert, row.pack, row.roster)
    return ForesightView(
        row.id,
        row.site_id,
        wish,
        row.state,
        row.asked_at,
        row.ended_at,
        row.result,
        row.problem,
        attempt=row.attempts,
        begun_at=row.begun_at,
    )
