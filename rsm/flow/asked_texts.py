"""The words of a question of a survey by text: looked up when it is sent, and never kept (P10)."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging import questions
from rsm.messaging.model import MessageView
from rsm.schedules import service as schedules


class CannotBeAsked(Invalid):
    """This question cannot be asked by text; however often it is tried, that stays so."""


def fields(tx: Tx, message: MessageView) -> dict[str, str]:
    """The question that the message names by its code, and the time it looks back over.

    Empty for a message that asks none. Raises `CannotBeAsked` where that is so.
    """
    code, survey_id = message.fields.get("item"), message.occurrence_id
    if not isinstance(code, str) or survey_id is None:
        return {}
    return _words(tx, survey_id, code, message.language)


def _words(tx: Tx, survey_id: UUID, code: str, language: str) -> dict[str, str]:
    survey = schedules.occurrence(tx, survey_id)
    instrument = instruments.load(tx, survey.instrument)
    item = instrument.item_by_code.get(code)
    if item is None or not questions.fits(instrument, item, language):
        raise CannotBeAsked(Problem("question", f"`{code}` cannot be asked by text", "by link"))
    return {
        "question": questions.question(instrument, item, language),
        "first_question": questions.first_question(instrument, item, language),
    }
