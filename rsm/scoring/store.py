"""All SQL of the scores."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from rsm.db import statements
from rsm.db.work import Tx
from rsm.kernel.words import Pin
from rsm.responses.model import ResponseView
from rsm.scoring.model import Score, ScoreCode
from rsm.scoring.tables import ScoreSet

_SCORE = TypeAdapter(Score)


def add(tx: Tx, response: ResponseView, scores: Mapping[str, Score]) -> None:
    """Keep the scores of a report; those that stand already stay."""
    statements.add_once(
        tx,
        ScoreSet,
        {
            "response_id": response.id,
            "site_id": response.site_id,
            "patient_id": response.patient_id,
            "instrument": response.instrument.document,
            "scores": {name: _document(each) for name, each in scores.items()},
            "at": tx.now,
        },
    )


def of(tx: Tx, response_ids: Iterable[UUID]) -> dict[UUID, dict[str, Score]]:
    rows = tx.session.execute(
        select(ScoreSet.response_id, ScoreSet.instrument, ScoreSet.scores).where(
            ScoreSet.response_id.in_(set(response_ids))
        )
    )
    return {
        response_id: _scores(document, Pin.of(instrument))
        for response_id, instrument, document in rows
    }


def _document(score: Score) -> dict[str, object]:
    """What a row holds of a score: the instrument is the row's own, defaults are left out."""
    held: dict[str, object] = _SCORE.dump_python(
        score, mode="json", exclude={"instrument"}, exclude_defaults=True
    )
    return held


def _scores(document: Mapping[str, object], instrument: Pin) -> dict[str, Score]:
    return {
        name: _score(stored, instrument)
        for name, stored in document.items()
        if isinstance(stored, Mapping)
    }


def _score(stored: Mapping[str, object], instrument: Pin) -> Score:
    # the first rows held value and reason alone
    code = ScoreCode.COMPUTED if stored["value"] is not None else ScoreCode.MISSING
    return _SCORE.validate_python({"code": code, **stored, "instrument": instrument})
