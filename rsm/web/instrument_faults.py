"""What was refused in a form of questionnaires, in the language of whoever filled it in.

Rooms say it in English. What a form of ours can bring about is said anew here, with the name of
its field; what is wrong in a text (TOML) stays as it is.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from rsm.kernel.errors import Problem
from rsm.web.staff_words import section

NO_LABELS: Mapping[str, str] = MappingProxyType({})
_SAID = {
    r"is missing": "is_missing",
    r"is too long": "is_too_long",
    r"is no number": "is_no_number",
    r"is no whole number": "is_no_whole_number",
    r"is no text": "is_no_text",
    r"is no value to compare with": "is_no_value",
    r"another question has it": "is_taken",
    r"is not there": "is_not_there",
    r"has (?P<count>\d+) characters": "has_characters",
    r"is longer than (?P<count>\d+) characters": "longer_than",
    r"the file is no text \(UTF-8\)": "not_utf8",
    r"has written on it": "wrote_it",
    r"nothing was chosen": "nothing_chosen",
    r"(?P<licence>.+) keeps it in its questionnaire": "kept_together",
    r"(?P<code>\S+) is asked already": "is_asked",
    r"there is a score '(?P<name>.+)' already": "is_scored",
    r"is not one of the draft's": "no_language",
    r"is no way to answer": "no_way",
    r"does not work here": "no_colleague",
    r"somebody else changed the draft meanwhile": "moved",
    r"such as (?P<example>.+)": "such_as",
    r"at most (?P<count>\d+)": "at_most",
    r"choose another": "mend_choose",
    r"name somebody who reads this language and has read it": "mend_reader",
    r"somebody who has not has to read it": "mend_other_reader",
    r"say in at most (?P<count>\d+) characters why .+": "mend_reason",
    r"give each its own": "mend_code",
    r"the code of an answer from 1 up": "mend_gate",
    r"give the score a name": "mend_name",
    r"choose what it is made of": "mend_made",
    r"ask that questionnaire as a whole": "mend_whole",
    r"choose another, or a test reader": "mend_colleague",
    r"this is how it stands now": "mend_moved",
    r"what you typed still stands below: open the draft again": "mend_open_again",
    r"save it as plain text \(UTF-8\)": "mend_utf8",
}


def said(
    problems: tuple[Problem, ...], language: str, labels: Mapping[str, str] = NO_LABELS
) -> tuple[Problem, ...]:
    """The same in `language`; with `labels` (by field) each says what it is about."""
    return tuple(_said(problem, language, labels) for problem in problems)


def _said(problem: Problem, language: str, labels: Mapping[str, str]) -> Problem:
    what, mend = _word(problem.what, language), _word(problem.mend, language)
    if label := labels.get(problem.where):
        what = f"{label}: {what}"
    text = f"{what} ({mend})" if mend else what
    return Problem(problem.where, f"{text[:1].upper()}{text[1:]}")


def _word(text: str, language: str) -> str:
    for pattern, key in _SAID.items():
        if found := re.fullmatch(pattern, text):
            words = str(getattr(section("instrument_faults", language), key))
            return words.format(**found.groupdict())
    return text
