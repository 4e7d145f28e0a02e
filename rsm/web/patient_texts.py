"""Answers in her own words, opened for a page that may show them to whoever looks at it."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments.items import TextItem
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answer
from rsm.responses import service as responses


def opened(
    tx: Tx, response_id: UUID, instrument: Instrument, answers: Mapping[str, Answer]
) -> dict[str, Answer]:
    """The answers with what was written; nothing is read where nothing was."""
    items = instrument.item_by_code
    written = {
        code
        for code, answer in answers.items()
        if answer.value is not None and isinstance(items.get(code), TextItem)
    }
    if not written:
        return dict(answers)
    texts = responses.texts(tx, response_id)
    return {
        code: replace(answer, text=texts.get(code, "")) if code in written else answer
        for code, answer in answers.items()
    }
