"""`rsm score`: a JSON document of answers in, its scores out; no database."""

from collections.abc import Mapping

from rsm.instruments import library
from rsm.instruments.decide import parse_value
from rsm.instruments.model import Instrument, NumberItem, PickItem, TextItem
from rsm.kernel.answers import SKIPPED, Answer, Answers
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.scoring.decide import score
from rsm.scoring.model import ScoreDocument

_SHAPE = 'such as {"answers": {"nausea.frequency": 2}}'


def score_document(instrument_key: str, document: object) -> ScoreDocument:
    """Scores of `{"answers": {item: value}}` by a shipped instrument. Raises Invalid.

    A value is a code of the item's scale (of a number item the number itself, such as 38.2; of
    several options a list of their codes; of a date "2026-11-21"; of an open question the words),
    or null, "skipped", "refused" or (where the item allows it) "not_applicable". Items that are
    left out count as not asked.
    """
    return score_answers(library.find(instrument_key), document)


def score_answers(instrument: Instrument, document: object) -> ScoreDocument:
    """The same by an instrument at hand, for many documents in a row."""
    scores = score(instrument, read_answers(instrument, document))
    errors = {name: each.standard_error for name, each in scores.items()}
    return {
        "scores": {name: each.value for name, each in scores.items()},
        "reasons": {name: each.reason for name, each in scores.items()},
        "codes": {name: each.code.value for name, each in scores.items()},
        "bands": {name: each.band for name, each in scores.items() if each.band is not None},
        "standard_errors": {name: each for name, each in errors.items() if each is not None},
        "sources": {name: each.source for name, each in scores.items()},
        "instrument": instrument.pin.document,
    }


def read_answers(instrument: Instrument, document: object) -> Answers:
    """The document's answers, every one checked. Raises Invalid with all problems."""
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []
    for code, value in _given(document).items():
        try:
            answers[str(code)] = _answer(instrument, str(code), value)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    return answers


def _given(document: object) -> Mapping[object, object]:
    if not isinstance(document, Mapping) or not isinstance(document.get("answers"), Mapping):
        raise Invalid(Problem("answers", "there is no object of answers", _SHAPE))
    unknown = [str(key) for key in document if key != "answers"]
    if unknown:
        raise Invalid(
            [Problem(key, "unknown key", f"give only answers, {_SHAPE}") for key in unknown]
        )
    answers: Mapping[object, object] = document["answers"]
    return answers


def _answer(instrument: Instrument, code: str, value: object) -> Answer:
    item = instrument.item_by_code.get(code)
    if item is None:
        mend = nearest(code, instrument.item_by_code) or f"see the items of {instrument.key}"
        raise Invalid(Problem(code, f"{instrument.key} has no such item", mend))
    if value is None:
        return SKIPPED
    if isinstance(value, list) and isinstance(item, PickItem):
        return parse_value(item, " ".join(map(str, value)))
    if isinstance(item, NumberItem) and isinstance(value, int | float | str):
        return parse_value(item, str(value))
    if isinstance(value, str) and (isinstance(item, TextItem) or not value.strip().isdigit()):
        return parse_value(item, value)
    if isinstance(value, int) and not isinstance(value, bool):  # True is an int to Python
        return parse_value(item, str(value))
    mend = "send a whole number without quotes, null, or a word such as refused"
    raise Invalid(Problem(code, f"{value!r} is not a grade", mend))
