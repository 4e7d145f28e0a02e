"""Answers read fast from the text of a row: a replay reads a hundred thousand of them."""

import json

from rsm.kernel.answers import Answer, Answers, AnswerStatus

# A scale has few values: the same answer is the same object, which makes reading much faster.
_answers: dict[tuple[str, int | None], Answer] = {}


def answers_in(document: str) -> Answers:
    """The answers of a row, as `rsm.responses.decide.answers_of` reads them."""
    found: Answers = _DECODER.decode(document)
    return found


def _answer(stored: dict[str, object]) -> object:
    status = stored.get("status")
    if not isinstance(status, str):
        return stored
    value = stored.get("value")
    known = _answers.get((status, value)) if value is None or isinstance(value, int) else None
    if known is None:
        if value is not None and not isinstance(value, int):
            raise TypeError("an answer's value is a whole number")
        known = _answers[status, value] = Answer(AnswerStatus(status), value)
    return known


_DECODER = json.JSONDecoder(object_hook=_answer)  # made once: it costs as much as a document
