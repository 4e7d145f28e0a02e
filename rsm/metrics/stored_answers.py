"""Answers read fast from the text of a row: a replay reads a hundred thousand of them."""

import json

from rsm.kernel.answers import Answer, Answers, AnswerStatus

# A scale has few values: the same answer is the same object, which makes reading much faster.
_answers: dict[tuple[str, int | None, tuple[int, ...]], Answer] = {}


def answers_in(document: str) -> Answers:
    """The answers of a row, as `rsm.responses.decide.answers_of` reads them."""
    found: Answers = _DECODER.decode(document)
    return found


def _answer(stored: dict[str, object]) -> object:
    status = stored.get("status")
    if not isinstance(status, str):
        return stored
    value = stored.get("value")
    if value is not None and not isinstance(value, int):
        raise TypeError("an answer's value is a whole number")
    return known_answer(status, value, stored.get("picked"))


def known_answer(status: str, value: int | None, picked: object = None) -> Answer:
    """The answer that a row holds in these columns."""
    several = tuple(picked) if isinstance(picked, list) else ()
    known = _answers.get((status, value, several))
    if known is None:
        known = Answer(AnswerStatus(status), value, several)
        _answers[status, value, several] = known
    return known


_DECODER = json.JSONDecoder(object_hook=_answer)  # made once: it costs as much as a document
