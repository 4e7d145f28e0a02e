"""All SQL of the scores."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.responses.model import ResponseView
from rsm.scoring.model import Score
from rsm.scoring.tables import ScoreSet


def add(tx: Tx, response: ResponseView, scores: Mapping[str, Score]) -> None:
    """Keep the scores of a report; those that stand already stay."""
    new = insert(ScoreSet).values(
        response_id=response.id,
        site_id=response.site_id,
        patient_id=response.patient_id,
        instrument=response.instrument.document,
        scores={
            name: {"value": each.value, "reason": each.reason} for name, each in scores.items()
        },
        at=tx.now,
    )
    tx.session.execute(new.on_conflict_do_nothing())


def of(tx: Tx, response_ids: Iterable[UUID]) -> dict[UUID, dict[str, Score]]:
    rows = tx.session.execute(
        select(ScoreSet.response_id, ScoreSet.scores).where(
            ScoreSet.response_id.in_(set(response_ids))
        )
    )
    return {response_id: _scores(document) for response_id, document in rows}


def _scores(document: Mapping[str, object]) -> dict[str, Score]:
    return {
        name: Score(stored["value"], str(stored["reason"]))
        for name, stored in document.items()
        if isinstance(stored, Mapping)
    }
