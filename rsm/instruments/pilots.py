"""Pilots of a draft: somebody who is no patient answers it, and says what was unclear.

A pilot keeps who answered, in which language, by which way, how long it took from the first
question to the last, and words about the questions. It never keeps an answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update

from rsm.db.work import Tx
from rsm.instruments.drafts import DraftView
from rsm.instruments.load import load_instrument
from rsm.instruments.tables import InstrumentPilot
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Channel
from rsm.security import staff
from rsm.security.audit import Subject, record

LONGEST_WORDS = 1000
WAYS = (Channel.WEB, Channel.SMS, Channel.VOICE)


@dataclass(frozen=True)
class Asked:
    """What is piloted: in which language, by which way; `answers` None for a test reader."""

    language: str
    channel: Channel
    answers: UUID | None = None


@dataclass(frozen=True)
class Pilot:
    """One pilot. `ended_at` is None while it is under way, or was broken off."""

    id: UUID
    hash: str
    asked: Asked
    begun_by: UUID
    begun_at: datetime
    ended_at: datetime | None = None
    unclear: str = ""

    @property
    def took(self) -> timedelta | None:
        """From the first question to the last answer; None when it has no last answer."""
        return self.ended_at - self.begun_at if self.ended_at else None


def begin(tx: Tx, draft: DraftView, asked: Asked) -> Pilot:
    """The first question is shown now.

    Raises `Invalid` for a draft that cannot be read yet, a language that it does not speak, a way
    that there is not, and somebody (`answers`) who does not work here.
    """
    instrument = load_instrument(draft.body)
    found = []
    if asked.language not in instrument.languages:
        found.append(Problem("language", "is not one of the draft's", "choose another"))
    if asked.channel not in WAYS:
        found.append(Problem("way", "is no way to answer", "choose another"))
    if asked.answers is not None and not staff.works_at(tx, asked.answers, draft.site_id):
        found.append(Problem("who", "does not work here", "choose another, or a test reader"))
    if found:
        raise Invalid(found)
    row = {
        "id": tx.new_id(),
        "site_id": draft.site_id,
        "draft_id": draft.id,
        "hash": instrument.pin.hash,
        "language": asked.language,
        "channel": asked.channel,
        "begun_by": tx.actor.id,
        "answered_by": asked.answers,
        "begun_at": tx.now,
    }
    kept = tx.session.execute(insert(InstrumentPilot).values(**row).returning(InstrumentPilot))
    begun = _pilot(kept.scalar_one())
    _note(tx, "instrument_pilot.begun", draft, begun)
    return begun


def end(tx: Tx, draft: DraftView, pilot: Pilot) -> Pilot:
    """The last question is answered now; of one that has ended nothing changes.

    Raises `Conflict` when the draft has changed since: what was answered is not what stands there.
    """
    if load_instrument(draft.body).pin.hash != pilot.hash:
        raise Conflict("the draft was changed meanwhile")
    if _set(tx, pilot, {"ended_at": tx.now}, InstrumentPilot.ended_at.is_(None)):
        _note(tx, "instrument_pilot.ended", draft, pilot)
    return get(tx, draft, pilot.id)


def say(tx: Tx, draft: DraftView, pilot: Pilot, unclear: str) -> None:
    """Keep what was unclear, in place of what was said before. Raises `Invalid` (`unclear`)."""
    words = " ".join(unclear.replace("\x00", " ").split())
    if len(words) > LONGEST_WORDS:
        what = f"has {len(words)} characters"
        raise Invalid(Problem("unclear", what, f"at most {LONGEST_WORDS}"))
    _set(tx, pilot, {"unclear": words})
    _note(tx, "instrument_pilot.said", draft, pilot)


def get(tx: Tx, draft: DraftView, pilot_id: UUID) -> Pilot:
    """One of the draft's; `NotFound` for any other."""
    mine = InstrumentPilot.id == pilot_id, InstrumentPilot.draft_id == draft.id
    row = tx.session.scalar(select(InstrumentPilot).where(*mine).execution_options(**_ANEW))
    if row is None:
        raise NotFound("no such pilot")
    return _pilot(row)


def of_draft(tx: Tx, draft: DraftView) -> list[Pilot]:
    """All of them, the latest first; those of an earlier text have another `hash`."""
    query = select(InstrumentPilot).where(InstrumentPilot.draft_id == draft.id)
    latest = query.order_by(InstrumentPilot.begun_at.desc(), InstrumentPilot.id)
    return [_pilot(row) for row in tx.session.scalars(latest.execution_options(**_ANEW))]


_ANEW = {"populate_existing": True}


def _set(tx: Tx, pilot: Pilot, values: dict[str, object], *only_if: ColumnElement[bool]) -> bool:
    chosen = update(InstrumentPilot).where(InstrumentPilot.id == pilot.id, *only_if)
    change = chosen.values(**values).returning(InstrumentPilot.id)
    done = tx.session.execute(change, execution_options={"synchronize_session": False})
    return done.first() is not None


def _pilot(row: InstrumentPilot) -> Pilot:
    return Pilot(
        id=row.id,
        hash=row.hash,
        asked=Asked(row.language, row.channel, row.answered_by),
        begun_by=row.begun_by,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        unclear=row.unclear,
    )


def _note(tx: Tx, action: str, draft: DraftView, pilot: Pilot) -> None:
    subject = Subject("instrument_draft", draft.id)
    record(tx, action, subject, draft.site_id, pilot=str(pilot.id), hash=pilot.hash)
