"""A draft's text as plain data and back: TOML that people read, and that our checks have lines of.

What is written here reads back as the same data; comments and the shorthand of scales are lost.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date

from rsm.instruments.load import load_instrument
from rsm.instruments.scales import expand
from rsm.kernel.documents import read_toml, source_of
from rsm.kernel.errors import Invalid, Problem

NAME = "draft"  # how problems call the text: `draft:12: items[0].code`
Data = dict[str, object]
_KEY = re.compile(r"[a-z0-9-]{1,100}")
_EMPTY: tuple[object, ...] = (None, {}, [])


def read(body: str) -> Data:
    """The text's data, its scales spelled out. Raises `Invalid` for what is no TOML."""
    try:
        raw = read_toml(body, NAME)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(NAME, f"not TOML: {error}", "mend the syntax there")) from error
    content, findings = expand(raw)
    if findings:
        source = source_of(body, NAME)
        raise Invalid([finding.problem(source) for finding in findings])
    return content


def key_of(body: str) -> str:
    """The key that the text gives itself; empty for none, or for what is none."""
    try:
        key = read_toml(body, NAME).get("key")
    except (tomllib.TOMLDecodeError, Invalid):
        return ""
    return key if isinstance(key, str) and _KEY.fullmatch(key) else ""


def write(content: Mapping[str, object]) -> str:
    """The data as TOML; what is empty is left out. Instruments that are whole are written by
    `rsm.instruments.writing`: a draft need not be one yet."""
    import tomli_w

    written: str = tomli_w.dumps(_filled(content))
    return written


def with_value(body: str, name: str, value: str) -> str:
    """The text with another `key` or `version`; its comments stay where that is a line of its own.

    Raises `Invalid` for what is no TOML.
    """
    content = read(body)
    lines, number = body.splitlines(), source_of(body, NAME).lines.get((name,))
    if number is not None:
        lines[number - 1] = f"{name} = {json.dumps(value)}"
        edited = "\n".join(lines) + "\n"
        try:
            if read(edited) == {**content, name: value}:
                return edited
        except Invalid:
            pass
    return write({name: value, **content} | {name: value})


def with_reviews(body: str, reviewers: Mapping[str, str], day: date) -> str:
    """The text with who has read each language, in place of what it said of that before.

    The rest of it stays as it was written, as far as its languages are tables.
    """
    wanted = _reviewed(read(body), reviewers, day)
    edited = _edited(body, reviewers, day)
    try:
        if load_instrument(edited, NAME) == load_instrument(write(wanted), NAME):
            return edited
    except Invalid:
        pass
    return write(wanted)


def _reviewed(content: Data, reviewers: Mapping[str, str], day: date) -> Data:
    languages = content.get("languages")
    if not isinstance(languages, Mapping):
        return content
    changed = {
        tag: {**said, "reviewed_by": reviewers[tag], "reviewed_on": day.isoformat()}
        if tag in reviewers
        else said
        for tag, said in languages.items()
    }
    return content | {"languages": changed}


def _edited(body: str, reviewers: Mapping[str, str], day: date) -> str:
    places = source_of(body, NAME).lines
    gone = {
        places.get(("languages", tag, key))
        for tag in reviewers
        for key in ("reviewed_by", "reviewed_on")
    }
    heads = {places.get(("languages", tag)): name for tag, name in reviewers.items()}
    lines: list[str] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if number not in gone:
            lines.append(line)
        if number in heads:
            lines += [
                f"reviewed_by = {json.dumps(heads[number], ensure_ascii=False)}",
                f"reviewed_on = {day.isoformat()}",
            ]
    return "\n".join(lines) + "\n"


def _filled(content: Mapping[str, object]) -> Data:
    """Without what is empty: neither lists, tables nor words say anything then."""
    return {key: found for key, value in content.items() if (found := _value(value)) not in _EMPTY}


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return _filled(value)
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    return value
