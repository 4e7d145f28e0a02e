"""All SQL of the lifeline, the holds on sending, and the readings of the provider's record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, cast, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from rsm.db.base import Document
from rsm.db.ready import Ready
from rsm.db.statements import Kept, rows, table_of
from rsm.db.work import Tx
from rsm.messaging.lifeline import Beat
from rsm.messaging.tables import Lifeline, Reconciliation, SendingHold

NAME = "workers"
_SERVER = text(
    "SELECT coalesce((SELECT system_identifier FROM pg_control_system()), 0)::text || ':' ||"
    " (SELECT timeline_id FROM pg_control_checkpoint())::text || ':' ||"
    " (SELECT oid FROM pg_database WHERE datname = current_database())::text"
)
_DATABASE = text("SELECT oid::text FROM pg_database WHERE datname = current_database()")
_MAY_ASK = text(
    "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
    " AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE')"
)


def server(tx: Tx) -> str:
    """Which server, on which timeline, and which database in it; where it may not be asked, less.

    A dump is restored into another database; a physical backup goes on on another timeline.
    """
    may_ask = tx.session.execute(_MAY_ASK).scalar_one()
    named: str = tx.session.execute(_SERVER if may_ask else _DATABASE).scalar_one()
    return named


def lock_lifeline(tx: Tx, first: Beat) -> tuple[Beat, bool]:
    """The row, held; made of `first` when there is none yet, and then True."""
    wanted = insert(Lifeline).values(
        name=NAME, counter=first.counter, beat_at=first.at, server=first.server
    )
    once = wanted.on_conflict_do_nothing(index_elements=[Lifeline.name]).returning(Lifeline.name)
    made = tx.session.execute(once).first() is not None
    query = select(Lifeline.counter, Lifeline.beat_at, Lifeline.server).where(Lifeline.name == NAME)
    row = tx.session.execute(query.with_for_update()).one()
    return Beat(*row), made


def has_beat(tx: Tx) -> bool:
    """Whether any worker ever counted in this database."""
    return bool(tx.session.scalar(select(exists().where(Lifeline.name == NAME))))


def write_beat(tx: Tx, beat: Beat) -> None:
    tx.session.execute(
        update(Lifeline)
        .where(Lifeline.name == NAME)
        .values(counter=beat.counter, beat_at=beat.at, server=beat.server)
    )


_STANDING = Ready(
    select(
        or_(
            exists().where(table_of(SendingHold).c.lifted_at.is_(None)),
            exists().where(table_of(Lifeline).c.beat_at < bindparam("since")),
        ).label("held")
    ),
    frozenset({"since"}),
)


def standing(tx: Tx, silent_since: datetime) -> bool:
    """Whether a hold stands, or nobody has looked at the lifeline since then."""
    return bool(_STANDING.ask(tx.session, {"since": silent_since})[0].held)


def add_hold(tx: Tx, reason: str, covers_from: datetime, findings: Document) -> UUID | None:
    """A new hold's id; None when one of that reason stands, which then covers this as well.

    It is read again at once; what was found now stands over what was found before.
    """
    hold_id = tx.new_id()
    wanted = insert(SendingHold).values(
        id=hold_id, reason=reason, since=tx.now, covers_from=covers_from, findings=findings
    )
    either = wanted.on_conflict_do_update(
        index_elements=[SendingHold.reason],
        index_where=SendingHold.lifted_at.is_(None),
        set_={
            "covers_from": func.least(SendingHold.covers_from, wanted.excluded.covers_from),
            "findings": SendingHold.findings.op("-")("next_at").op("||")(wanted.excluded.findings),
        },
    )
    found: UUID = tx.session.execute(either.returning(SendingHold.id)).scalar_one()
    return hold_id if found == hold_id else None


_LATEST = rows(SendingHold).order_by(SendingHold.since.desc(), SendingHold.id.desc()).limit(50)
_HOLDS = Kept(SendingHold, _LATEST)
_HOLDS_STANDING = Kept(SendingHold, _LATEST.where(SendingHold.lifted_at.is_(None)))


def holds(tx: Tx, *, standing_only: bool) -> list[SendingHold]:
    """The latest holds, newest first."""
    return (_HOLDS_STANDING if standing_only else _HOLDS).all(tx)


def note_findings(tx: Tx, hold_id: UUID, findings: Document) -> None:
    """Add these to what is known of a hold."""
    tx.session.execute(
        update(SendingHold).where(SendingHold.id == hold_id).values(findings=_with(findings))
    )


def _with(findings: Document) -> ColumnElement[Document]:
    return SendingHold.findings.op("||")(cast(findings, JSONB))


def lift(tx: Tx, hold_id: UUID, raised: str, findings: Document) -> bool:
    """Lift it, if it stands and was not raised again since it was looked at."""
    lifted = (
        update(SendingHold)
        .where(
            SendingHold.id == hold_id,
            SendingHold.lifted_at.is_(None),
            SendingHold.findings["raised"].as_string() == raised,
        )
        .values(lifted_at=tx.now, findings=_with(findings))
    )
    return tx.session.execute(lifted.returning(SendingHold.id)).first() is not None


def add_reconciliation(tx: Tx, values: dict[str, object]) -> UUID:
    reading_id = tx.new_id()
    tx.session.execute(insert(Reconciliation).values(id=reading_id, done_at=tx.now, **values))
    return reading_id


def last_reconciliation(tx: Tx, kind: str) -> Reconciliation | None:
    """The latest reading of this kind."""
    query = select(Reconciliation).where(Reconciliation.kind == kind)
    return tx.session.scalar(query.order_by(Reconciliation.done_at.desc()).limit(1))
