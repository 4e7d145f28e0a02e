"""Hand-over notes: what the one who goes tells the one who comes. Sealed, since they name patients.

Written at the end of a shift, shown to whoever comes on, and marked as read by her.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.rota import tables
from rsm.sites.rota.model import HandOverNote, Turn

LONGEST = 4000
_LATELY = timedelta(days=3)
_PURPOSE = "hand_over.note"


def write(tx: Tx, site_id: UUID, team_id: UUID, text: str, about: Turn | None = None) -> UUID:
    """A note of whoever acts, about the shift that ends. Raises `Invalid` for one without words."""
    words = text.strip()
    if not 0 < len(words) <= LONGEST:
        raise Invalid(Problem("note", f"has to be 1 to {LONGEST} characters", "write what is open"))
    if team_id not in {team.id for team in sites.teams(tx, site_id)}:
        raise NotFound("no such team at this site")
    note_id = tx.new_id()
    tx.session.execute(
        insert(tables.HandOverNote).values(
            id=note_id,
            site_id=site_id,
            team_id=team_id,
            about_duty_id=about.duty_id if about else None,
            about_day=about.day if about else None,
            written_by=tx.actor.id,
            written_at=tx.now,
            text_sealed=tx.vault.seal(words.encode(), f"{_PURPOSE}:{note_id}"),
        )
    )
    record(tx, "hand_over.written", Subject("hand_over_note", note_id), site_id, team=team_id)
    return note_id


def recent(
    tx: Tx, site_id: UUID, team_id: UUID | None = None, since: datetime | None = None
) -> list[HandOverNote]:
    """What nobody has read, and what was written lately, the latest first; the reading is audited.

    Of one team, or of the whole site.
    """
    asked = tables.HandOverNote
    query = select(asked).where(
        asked.site_id == site_id,
        asked.read_at.is_(None) | (asked.written_at >= (since or tx.now - _LATELY)),
    )
    if team_id is not None:
        query = query.where(asked.team_id == team_id)
    rows = tx.session.scalars(
        query.order_by(asked.written_at.desc(), asked.id.desc()).execution_options(
            populate_existing=True
        )
    ).all()
    if rows:
        listed = [str(row.id) for row in rows]
        record(tx, "hand_over.shown", Subject("hand_over_note"), site_id, notes=listed)
    return [_view(tx, row) for row in rows]


def version(tx: Tx, site_id: UUID) -> tuple[object, ...]:
    """Changes when a note is written or read: none of them is opened for it."""
    asked = tables.HandOverNote
    newest = func.count(), func.max(asked.written_at), func.max(asked.read_at)
    return tuple(tx.session.execute(select(*newest).where(asked.site_id == site_id)).one())


def mark_read(tx: Tx, site_id: UUID, note_id: UUID) -> None:
    """Whoever acts has read it. `Conflict` for one's own, or when somebody had before."""
    asked = tables.HandOverNote
    row = tx.session.scalar(
        select(asked).where(asked.id == note_id, asked.site_id == site_id).with_for_update()
    )
    if row is None:
        raise NotFound("no such note")
    if row.read_at is not None or row.written_by == tx.actor.id:
        raise Conflict("this note was read before, or is one's own")
    tx.session.execute(
        update(asked).where(asked.id == note_id).values(read_by=tx.actor.id, read_at=tx.now)
    )
    record(tx, "hand_over.read", Subject("hand_over_note", note_id), site_id)


def _view(tx: Tx, row: tables.HandOverNote) -> HandOverNote:
    about = Turn(row.about_duty_id, row.about_day) if row.about_duty_id and row.about_day else None
    return HandOverNote(
        id=row.id,
        team_id=row.team_id,
        written_by=row.written_by,
        written_at=row.written_at,
        text=tx.vault.open(row.text_sealed, f"{_PURPOSE}:{row.id}").decode(),
        about=about,
        read_by=row.read_by,
        read_at=row.read_at,
    )
