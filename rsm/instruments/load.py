"""TOML to `Instrument`, with every problem's line and how to mend it.

The file is the model, with one shorthand: `[scales.<name>]` holds options once, and an item that
says `scale = "<name>"` gets them, with labels and hints of its own where it gives any
(`labels.es.0 = "Ninguna"`). An item's `symptom` and `attribute` follow from a code of the form
`symptom.attribute`.
"""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

from rsm.instruments.checks import check
from rsm.instruments.model import Instrument
from rsm.instruments.scales import expand
from rsm.kernel.documents import Source, read_toml, source_of, validate
from rsm.kernel.errors import Invalid, Problem

_MEND = {
    "`licence` is missing": "add [licence]; what has no known licence may not be shown",
    "`min_age` is missing": "say from which age it may be asked, such as min_age = 18",
    "`recall_days` is missing": "say how far the questions look back, such as recall_days = 7",
    "`options` is missing": 'give options, or scale = "…" with a scale of this file',
}
_UNTAGGED = re.compile(r"Unable to extract tag using discriminator '(type|kind)'")
_MEND_TAG = {
    "type": 'say which type of item, such as type = "graded"',
    "kind": 'say how it is computed, such as kind = "max"',
}


def load_instrument(source: Path | str, name: str = "") -> Instrument:
    """The instrument in a TOML file (`Path`) or text (`str`), checked as a whole.

    Raises Invalid with every problem: first those of shape (unknown keys, wrong types), and once
    the shape is right those of meaning (gates, translations, scores).
    """
    text, file = _read(source, name)
    instrument, place = _parse(text, file)
    findings = check(instrument)
    if findings:
        raise Invalid([finding.problem(place) for finding in findings])
    return instrument


def reload_published(text: str, name: str = "") -> Instrument:
    """The instrument in a TOML text that was checked when it was published.

    A check that came later must not make an old version unreadable. What we merged ourselves is
    kept as canonical JSON. Raises Invalid for the shape.
    """
    if text.startswith("{"):
        return Instrument.model_validate_json(text)
    return _parse(text, name or "instrument")[0]


def _read(source: Path | str, name: str) -> tuple[str, str]:
    if isinstance(source, str):
        return source, name or "instrument"
    try:
        # some editors put a mark before the first letter
        return source.read_text(encoding="utf-8-sig"), name or source.name
    except (OSError, UnicodeDecodeError) as error:
        mend = "give a TOML file in UTF-8"
        raise Invalid(Problem(str(source), f"cannot be read: {error}", mend)) from error


def _parse(text: str, file: str) -> tuple[Instrument, Source]:
    """The content by its shape, and where its keys stand."""
    try:
        raw = read_toml(text, file)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(file, f"not TOML: {error}", "mend the syntax there")) from error
    source = source_of(text, file)
    content, findings = expand(raw)
    problems = [finding.problem(source) for finding in findings]
    try:
        instrument = validate(Instrument, content, source)
    except Invalid as error:
        problems += [_with_mend(problem) for problem in error.problems]
    if problems:
        raise Invalid(problems)
    return instrument, source


def _with_mend(problem: Problem) -> Problem:
    """The problem with how to mend it, and in few words where Pydantic quotes a whole table."""
    untagged = _UNTAGGED.match(problem.what)
    if untagged:
        tag = untagged.group(1)
        return replace(problem, what=f"`{tag}` is missing", mend=_MEND_TAG[tag])
    return replace(problem, mend=problem.mend or _MEND.get(problem.what, ""))
