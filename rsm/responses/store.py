"""All SQL of the responses. Answer events only grow."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update

from rsm.db.work import Tx
from rsm.kernel.answers import Answers
from rsm.kernel.words import Pin, Reporter
from rsm.responses.decide import answers_of
from rsm.responses.model import Author, Report, ResponseState, ResponseView
from rsm.responses.tables import AnswerEvent, Response

_OLDEST_FIRST = (Response.submitted_at, Response.id)
_AS_RETURNED = {"populate_existing": True, "synchronize_session": False}


def add(tx: Tx, values: Mapping[str, object]) -> UUID:
    response_id = tx.new_id()
    tx.session.execute(insert(Response).values(id=response_id, **values))
    return response_id


def change(tx: Tx, response_id: UUID, values: Mapping[str, object]) -> None:
    tx.session.execute(update(Response).where(Response.id == response_id).values(**values))


def changed(tx: Tx, response: ResponseView, values: Mapping[str, object]) -> ResponseView:
    """Change it, and return it as it stands then."""
    change = update(Response).where(Response.id == response.id).values(**values)
    row = tx.session.scalars(change.returning(Response), execution_options=_AS_RETURNED).one()
    return _view(row, tx.now)


def add_events(tx: Tx, response: ResponseView, answers: Answers, by: Author) -> None:
    rows = [
        {
            "id": tx.new_id(),
            "site_id": response.site_id,
            "patient_id": response.patient_id,
            "response_id": response.id,
            "item": item,
            "status": answer.status,
            "value": answer.value,
            "at": tx.now,
            "channel": by.channel,
            "reporter": by.reporter,
            "recorded_by": by.recorded_by,
        }
        for item, answer in answers.items()
    ]
    if rows:
        tx.session.execute(insert(AnswerEvent), rows)


def saved_at(tx: Tx, response_id: UUID) -> dict[str, datetime]:
    """When each item was answered last."""
    rows = tx.session.execute(
        select(AnswerEvent.item, func.max(AnswerEvent.at).label("latest"))
        .where(AnswerEvent.response_id == response_id)
        .group_by(AnswerEvent.item)
    )
    return {row.item: row.latest for row in rows}


def one(tx: Tx, response_id: UUID) -> ResponseView | None:
    return _first(tx, select(Response).where(Response.id == response_id))


def of_occurrence(tx: Tx, occurrence_id: UUID) -> ResponseView | None:
    """The revision that stands."""
    query = select(Response).where(Response.occurrence_id == occurrence_id)
    return _first(tx, query.order_by(Response.revision.desc()).limit(1))


def words(tx: Tx, response_id: UUID) -> bytes | None:
    return tx.session.scalar(select(Response.words_sealed).where(Response.id == response_id))


def words_of(tx: Tx, response_ids: Collection[UUID]) -> list[tuple[UUID, UUID, bytes]]:
    """Of these reports that have words: report, patient, the words as they are sealed."""
    query = select(Response.id, Response.patient_id, Response.words_sealed)
    rows = tx.session.execute(query.where(Response.id.in_(response_ids)))
    return [(row[0], row[1], row[2]) for row in rows if row[2] is not None]


def finals(
    tx: Tx,
    patient_id: UUID,
    *,
    after: datetime,
) -> Sequence[ResponseView]:
    """Final reports that count, the oldest first; `after` excludes its instant."""
    query = _finals(patient_id).where(Response.submitted_at > after)
    return _all(tx, query.order_by(*_OLDEST_FIRST))


def history(
    tx: Tx, patient_id: UUID, before: datetime, voice: Collection[Reporter]
) -> Sequence[tuple[Report, Pin]]:
    """Of the voice's final reports before then what rules compare with, the oldest first, and
    the instrument of each: a number is still as it is stored."""
    earlier = _finals(patient_id).where(
        Response.submitted_at < before, Response.reporter.in_(voice)
    )
    columns = (Response.submitted_at, Response.answers, Response.reporter, Response.instrument)
    rows = tx.session.execute(earlier.with_only_columns(*columns).order_by(*_OLDEST_FIRST))
    return [
        (Report(at or before, answers_of(kept), reporter), Pin.of(pin))
        for at, kept, reporter, pin in rows
    ]


def _finals(patient_id: UUID) -> Select[Response]:
    return select(Response).where(
        Response.patient_id == patient_id,
        Response.state == ResponseState.FINAL,
        Response.quarantined_at.is_(None),
    )


def of_occurrences(tx: Tx, occurrence_ids: Iterable[UUID]) -> Sequence[ResponseView]:
    """The reports of these surveys that are not superseded."""
    return _all(
        tx,
        select(Response).where(
            Response.occurrence_id.in_(set(occurrence_ids)),
            Response.state != ResponseState.SUPERSEDED,
        ),
    )


def superseded(tx: Tx, occurrence_id: UUID) -> Sequence[UUID]:
    """The former revisions of this survey's report."""
    query = select(Response.id).where(
        Response.occurrence_id == occurrence_id, Response.state == ResponseState.SUPERSEDED
    )
    return tx.session.scalars(query).all()


def quarantine(tx: Tx, patient_id: UUID, occurrence_id: UUID | None, since: datetime) -> list[UUID]:
    """Set aside what was answered on the web since then: of one survey, or of all."""
    query = (
        update(Response)
        .where(
            Response.patient_id == patient_id,
            Response.recorded_by.is_(None),
            Response.started_at >= since,
            Response.quarantined_at.is_(None),
        )
        .values(quarantined_at=tx.now)
        .returning(Response.id)
    )
    if occurrence_id is not None:
        query = query.where(Response.occurrence_id == occurrence_id)
    return list(tx.session.scalars(query))


def _first(tx: Tx, query: Select[Response]) -> ResponseView | None:
    row = tx.session.scalar(query.execution_options(populate_existing=True))
    return _view(row, tx.now) if row is not None else None


def _all(tx: Tx, query: Select[Response]) -> list[ResponseView]:
    rows = tx.session.scalars(query.execution_options(populate_existing=True))
    return [_view(row, tx.now) for row in rows]


def _view(row: Response, now: datetime) -> ResponseView:
    same = (
        "id patient_id site_id occurrence_id revision state reporter channel recorded_by "
        "started_at submitted_at language is_test late quarantined_at"
    )
    return ResponseView(
        **{name: getattr(row, name) for name in same.split()},
        instrument=Pin.of(row.instrument),
        answers=answers_of(row.answers),
        at=row.submitted_at or now,
        has_words=row.words_sealed is not None,
    )
