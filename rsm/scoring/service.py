"""The door to scores: computed once per report, kept with the instrument that made them (P11)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.responses.model import ResponseView
from rsm.scoring import decide, store
from rsm.scoring.model import Score


def score(tx: Tx, response: ResponseView) -> Mapping[str, Score]:
    """The scores of a final report by its own instrument, computed and kept."""
    scores = decide.score(instruments.load(tx, response.instrument), response.answers)
    store.add(tx, response, scores)
    return scores


def scores(tx: Tx, response_ids: Iterable[UUID]) -> dict[UUID, dict[str, Score]]:
    """Kept scores by report; a report without any is left out."""
    return store.of(tx, response_ids)
