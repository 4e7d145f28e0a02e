"""From what people type (form, file) to a `NewPatient`, with every problem in plain words.

Problems name the field and how to mend it; they never repeat a name, a number or a date.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import StrEnum

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Channel
from rsm.patients.model import ConsentForm, DeclineReason, NewPatient, PatientStatus
from rsm.sites.model import WEEKDAYS

FIELDS = tuple(NewPatient.model_fields)
REQUIRED = ("name", "record_number", "birth_date")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_BETWEEN_DATES = re.compile(r"[\s;,]+")
_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")


def read_patient(values: Mapping[str, str], given: NewPatient | None = None) -> NewPatient:
    """The patient whom these texts describe; an empty one is not given.

    What is not given is as in `given`, else as `NewPatient` has it. Raises `Invalid` with every
    problem.
    """
    found: dict[str, object] = dict(given) if given else {}
    problems: list[Problem] = []
    for name, text in values.items():
        if not text.strip():
            continue
        try:
            found[name] = read_value(name, text.strip())
        except Invalid as error:
            problems += error.problems
    wrong = {problem.where for problem in problems}
    try:
        patient = NewPatient.model_validate(found)
    except ValidationError as error:
        told = [_explain(fault) for fault in error.errors()]
        problems += [problem for problem in told if problem.where not in wrong]
        raise Invalid(problems) from None
    if problems:
        raise Invalid(problems)
    return patient


def read_value(name: str, text: str) -> object:
    """One field from its text. Raises `Invalid`."""
    return _READERS.get(name, _as_it_is)(name, text)


def invalid(error: ValidationError) -> Invalid:
    """What Pydantic found wrong with a `NewPatient`, in our words."""
    return Invalid([_explain(fault) for fault in error.errors()])


def _as_it_is(_name: str, text: str) -> object:
    return text


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(Problem(name, "is not a date", "write it as 1962-04-30")) from None


def _dates(name: str, text: str) -> tuple[date, ...]:
    return tuple(_date(name, each) for each in _BETWEEN_DATES.split(text) if each)


def read_clock(name: str, text: str) -> time:
    """A time of day, such as `9:00`. Raises `Invalid`."""
    if match := _CLOCK.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    raise Invalid(Problem(name, "is not a time of day", "write it as 09:00"))


def read_weekday(name: str, text: str) -> int:
    """A weekday by its English name or the beginning of it; Monday is 0. Raises `Invalid`."""
    word = text.casefold()
    if len(word) >= 3:
        for number, day in enumerate(WEEKDAYS):
            if day.startswith(word):
                return number
    mend = nearest(word, WEEKDAYS) or f"one of {', '.join(WEEKDAYS)}"
    raise Invalid(Problem(name, f"`{text}` is not a weekday", mend))


def _flag(name: str, text: str) -> bool:
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(Problem(name, f"`{text}` is neither yes nor no", "write yes or no"))


def _word_of(kind: type[StrEnum]) -> Callable[[str, str], object]:
    known = [word.value for word in kind]

    def read(name: str, text: str) -> object:
        word = text.casefold().replace(" ", "_").replace("-", "_")
        if word in known:
            return kind(word)
        mend = nearest(word, known) or f"one of {', '.join(known)}"
        raise Invalid(Problem(name, f"`{text}` is none of the words for it", mend))

    return read


def _language(_name: str, text: str) -> str:
    return text.casefold() if "-" not in text else text


def _folded(_name: str, text: str) -> str:
    return text.casefold()


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "birth_date": _date,
    "consent_on": _date,
    "cycle_starts": _dates,
    "local_time": read_clock,
    "contact_from": read_clock,
    "contact_until": read_clock,
    "weekday": read_weekday,
    "interpreter": _flag,
    "answers_by_text": _flag,
    "is_test": _flag,
    "language": _language,
    "worker": _folded,
    "status": _word_of(PatientStatus),
    "decline_reason": _word_of(DeclineReason),
    "channel": _word_of(Channel),
    "consent_form": _word_of(ConsentForm),
}


def _explain(fault: ErrorDetails) -> Problem:
    """One fault that Pydantic found; its input is left out, since it may name somebody."""
    where = str(fault["loc"][0]) if fault["loc"] else ""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return Problem(where, "is missing")
        case "extra_forbidden":
            return Problem(where, "is not a field of a patient", nearest(where, FIELDS))
        case "string_too_long":
            return Problem(where, f"is longer than {context['max_length']} characters")
        case "string_too_short":
            return Problem(where, "is empty")
        case "string_pattern_mismatch":
            return Problem(where, "is not a language code", "such as en or es")
        case _:
            return Problem(where, fault["msg"])
