"""The words of a question of a survey by text: looked up when it is sent, and never kept (P10)."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument, Item
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging import questions
from rsm.messaging.model import MessageView
from rsm.schedules import service as schedules


def fields(tx: Tx, message: MessageView) -> dict[str, str]:
    """The question that the message names by its code, and the time it looks back over.

    Empty for a message that asks none. Raises `Invalid` when there is no such question.
    """
    code, survey_id = message.fields.get("item"), message.occurrence_id
    if not isinstance(code, str) or survey_id is None:
        return {}
    return _words(tx, survey_id, code, message.language)


def _words(tx: Tx, survey_id: UUID, code: str, wanted: str) -> dict[str, str]:
    survey = schedules.occurrence(tx, survey_id)
    instrument = instruments.load(tx, survey.instrument)
    item = instrument.item_by_code.get(code)
    language = _language(instrument, item, wanted, survey.language) if item else None
    if item is None or language is None:
        raise Invalid(Problem("question", f"`{code}` cannot be asked by text", "send the link"))
    return {
        "question": questions.question(instrument, item, language),
        "first_question": questions.first_question(instrument, item, language),
    }


def _language(instrument: Instrument, item: Item, *wanted: str) -> str | None:
    """Hers; where she has changed it meanwhile, the survey's, if the other cannot be texted."""
    return next((each for each in wanted if questions.fits(instrument, item, each)), None)
