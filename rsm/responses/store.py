"""All SQL of the responses. Answer events are only added."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    select,
    update,
)

from rsm.db import statements
from rsm.db.ready import Ready
from rsm.db.statements import Kept, among, by_id, rows, table_of
from rsm.db.work import Tx
from rsm.kernel.answers import Answers
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Channel, Pin, Reporter
from rsm.responses import trail
from rsm.responses.decide import answers_of, unread
from rsm.responses.model import Author, Report, ResponseState, ResponseView
from rsm.responses.tables import AnswerEvent, Response

_OLDEST_FIRST = (Response.submitted_at, Response.id)
_BY_ID = Kept(Response, by_id(Response))
_OF_SURVEY = Kept(
    Response,
    rows(Response)
    .where(Response.occurrence_id == bindparam("survey"))
    .order_by(Response.revision.desc())
    .limit(1),
)
_GIVEN = trail.given(bindparam("report", type_=Uuid()))
_SAVED_AT = select(_GIVEN.c.item, func.max(_GIVEN.c.at).label("latest")).group_by(_GIVEN.c.item)
_WROTE_AT = select(func.max(_GIVEN.c.at)).where(_GIVEN.c.in_words)


def add(tx: Tx, values: Mapping[str, object]) -> UUID:
    response_id = tx.new_id()
    statements.add(tx, Response, {"id": response_id, **values})
    return response_id


def change(tx: Tx, response_id: UUID, values: Mapping[str, object]) -> None:
    statements.change(tx, Response, response_id, values)


def changed(tx: Tx, response: ResponseView, values: Mapping[str, object]) -> ResponseView:
    """Change it, and return it as it stands then."""
    row = statements.changed(tx, Response, response.id, values)
    if row is None:
        raise NotFound("no such report")
    return _view(row, tx.now)


def add_events(
    tx: Tx, response: ResponseView, answers: Answers, by: Author, sealed: Mapping[str, bytes]
) -> None:
    """Each answer as it was given; `sealed` holds what was written, by item."""
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
            "relation": by.relation,
            "text_sealed": sealed.get(item),
            **({"picked": list(answer.picked)} if answer.picked else {}),
        }
        for item, answer in answers.items()
    ]
    if rows:
        tx.session.execute(insert(AnswerEvent), rows)


def saved_at(tx: Tx, response_id: UUID) -> dict[str, datetime]:
    """When each item was answered last."""
    rows = tx.session.execute(_SAVED_AT, {"report": response_id})
    return {row.item: row.latest for row in rows}


def wrote_at(tx: Tx, response_id: UUID) -> datetime | None:
    """When an item was answered in words last."""
    latest: datetime | None = tx.session.scalar(_WROTE_AT, {"report": response_id})
    return latest


def one(tx: Tx, response_id: UUID) -> ResponseView | None:
    row = _BY_ID.first(tx, id=response_id)
    return _view(row, tx.now) if row is not None else None


def of_occurrence(tx: Tx, occurrence_id: UUID) -> ResponseView | None:
    """The revision that stands."""
    row = _OF_SURVEY.first(tx, survey=occurrence_id)
    return _view(row, tx.now) if row is not None else None


def words(tx: Tx, response_id: UUID) -> bytes | None:
    return tx.session.scalar(select(Response.words_sealed).where(Response.id == response_id))


def finals(
    tx: Tx,
    patient_id: UUID,
    *,
    after: datetime,
) -> Sequence[ResponseView]:
    """Final reports that count, the oldest first; `after` excludes its instant."""
    query = select(Response).where(*_finals(patient_id), Response.submitted_at > after)
    return _all(tx, query.order_by(*_OLDEST_FIRST))


def history(
    tx: Tx, patient_id: UUID, before: datetime, voice: Collection[Reporter]
) -> Sequence[tuple[Report, Pin]]:
    """Of the voice's final reports before then what rules compare with, the oldest first, and
    the instrument of each: a number is still as it is stored."""
    given = {"patient": patient_id, "before": before, "voice": list(voice)}
    return [
        (
            Report(row.submitted_at or before, unread(row.answers), row.reporter),
            _pin(row.instrument),
        )
        for row in _HISTORY.ask(tx.session, given)
    ]


def _finals(patient_id: UUID | BindParameter[UUID]) -> tuple[ColumnElement[bool], ...]:
    """Her final reports that count."""
    is_final = Response.state == ResponseState.FINAL
    return (Response.patient_id == patient_id, is_final, Response.quarantined_at.is_(None))


@lru_cache
def _pin(document: str) -> Pin:
    """Half a year of reports names the same few instruments."""
    return Pin.of(json.loads(document))


_COMPARED = table_of(Response).c
_HISTORY = Ready(
    rows(Response)
    .with_only_columns(
        _COMPARED.submitted_at,
        _COMPARED.reporter,
        cast(_COMPARED.answers, Text).label("answers"),
        cast(_COMPARED.instrument, Text).label("instrument"),
    )
    .where(
        *_finals(bindparam("patient")),
        Response.submitted_at < bindparam("before"),
        among(Response.reporter, "voice"),
    )
    .order_by(*_OLDEST_FIRST),
    frozenset({"patient", "before", "voice"}),
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


def superseded(tx: Tx, occurrence_id: UUID, *, set_aside: bool) -> Sequence[UUID]:
    """The former revisions of this survey's report: those that count, or those set aside."""
    gone = Response.quarantined_at
    query = select(Response.id).where(
        Response.occurrence_id == occurrence_id,
        Response.state == ResponseState.SUPERSEDED,
        gone.is_not(None) if set_aside else gone.is_(None),
    )
    return tx.session.scalars(query).all()


def quarantine(tx: Tx, patient_id: UUID, occurrence_id: UUID | None, since: datetime) -> list[UUID]:
    """Set aside what was answered on the web since then: of one survey, or of all but what came
    by other hands than that phone's: the clinic's tablet, a proxy's own link."""
    query = (
        update(Response)
        .where(
            Response.patient_id == patient_id,
            Response.recorded_by.is_(None),
            Response.started_at >= since,
            Response.quarantined_at.is_(None),
        )
        .values(quarantined_at=tx.now, judge_at=None)
        .returning(Response.id)
    )
    if occurrence_id is not None:
        query = query.where(Response.occurrence_id == occurrence_id)
    else:
        query = query.where(Response.relation.is_(None), Response.channel != Channel.TABLET)
    return sorted(tx.session.scalars(query))


def idle(tx: Tx, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Drafts whose timer has come, the oldest first: report, patient, site. A peek, no locks."""
    query = select(Response.id, Response.patient_id, Response.site_id)
    due = query.where(*_left(tx)).order_by(Response.judge_at, Response.id)
    return [(row[0], row[1], row[2]) for row in tx.session.execute(due.limit(limit))]


def idle_one(tx: Tx, response_id: UUID) -> ResponseView | None:
    """The draft, if its timer has come and it is one still."""
    return next(
        iter(_all(tx, select(Response).where(Response.id == response_id, *_left(tx)))), None
    )


def _left(tx: Tx) -> tuple[ColumnElement[bool], ...]:
    """A draft that counts, and whose timer has come."""
    counts = (Response.state == ResponseState.DRAFT, Response.quarantined_at.is_(None))
    return (Response.judge_at <= tx.now, *counts)


def _all(tx: Tx, query: Select[Response]) -> list[ResponseView]:
    rows = tx.session.scalars(query.execution_options(populate_existing=True))
    return [_view(row, tx.now) for row in rows]


_MADE = {"instrument", "answers", "at", "has_words"}
_SAME = tuple(name for name in ResponseView.__dataclass_fields__ if name not in _MADE)


def _view(row: Response, now: datetime) -> ResponseView:
    return ResponseView(
        **{name: getattr(row, name) for name in _SAME},
        instrument=Pin.of(row.instrument),
        answers=answers_of(row.answers),
        at=row.submitted_at or now,
        has_words=row.words_sealed is not None or row.texts_sealed is not None,
    )
