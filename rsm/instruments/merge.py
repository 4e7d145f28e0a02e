"""Several instruments that fall due together become one survey: asked in order, nothing twice.

The merged instrument is an instrument like any other, published with its own pin, which names the
versions that it was made of. So answers, scores and alerts follow it without knowing of the parts.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import TypeVar

from rsm.instruments.model import (
    Instrument,
    Item,
    Language,
    LanguageTag,
    Licence,
    MergedPart,
    Note,
    Section,
    Symptom,
    Texts,
)
from rsm.instruments.renaming import Names
from rsm.instruments.sharing import Shared
from rsm.kernel.errors import Invalid, Problem

Thing = TypeVar("Thing")
_KEY_LENGTH = 80
_VERSION = "1.0.0"  # of this way of merging: the key names the versions that went in
_SHARING = "1.2.0"  # where one question stands for items of two codes
_REWORDED = "1.3.0"  # where as many days are looked back over in other words


def merge(parts: Sequence[Instrument]) -> Instrument:
    """One instrument that asks all of `parts`, in their order.

    An item that two of them share, word for word and with the same look-back, is asked once and
    feeds the scores of both: under one code, or under two where the licences permit it
    (`rsm.instruments.sharing`). Raises `Invalid` when two parts mean different things by one code,
    have an item in common that a licence wants asked whole, or share no language.
    """
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    renamed = [_renamed(parts, place) for place in range(len(parts))]
    problems = [*_conflicts(renamed), *_no_common_language(parts)]
    if problems:
        raise Invalid(problems)
    items = _items(renamed)
    sections = _used(renamed, items)
    return Instrument(
        key=_key(parts),
        version=_version(renamed, items),
        wording="own" if all(part.wording == "own" for part in parts) else "official",
        validated=all(part.validated for part in parts),
        licence=_licence(parts),
        recall_days=first.recall_days,
        min_age=max(part.min_age for part in parts),
        page="section" if any(part.page == "section" for part in parts) else "question",
        languages=_languages(parts),
        symptoms=_once(symptom for part in parts for symptom in part.symptoms),
        sections=tuple(sections.values()),
        pictures={name: each for part in renamed for name, each in part.pictures.items()},
        notes=_notes(renamed, sections),
        items=tuple(items.values()),
        scores=tuple(formula for part in parts for formula in part.scores),
        merged_from=tuple(
            MergedPart(key=part.key, version=part.version, hash=part.pin.hash) for part in parts
        ),
    )


def _version(parts: Sequence[Instrument], items: Mapping[str, Item]) -> str:
    """Of the way in which these are merged: what was published before stays as it is."""
    first = parts[0]
    alike = [part for part in parts if part.recall_days == first.recall_days]
    if any(_look_back(part, first) != _look_back(first, part) for part in alike):
        return _REWORDED
    return _SHARING if any(item.same_as for item in items.values()) else _VERSION


def _notes(parts: Sequence[Instrument], sections: Mapping[str, Section]) -> tuple[Note, ...]:
    """Those whose place is left."""
    places = {None, *sections}
    return tuple(
        note
        for part in parts
        for note in part.notes
        if {note.before_section, note.end_of} <= places
    )


def _items(parts: Sequence[Instrument]) -> dict[str, Item]:
    """By code, in order; one whose part looks back over another time, or says it in other words,
    says so itself."""
    first, found = parts[0], dict[str, Item]()
    shared = Shared(_languages(parts))
    for part in parts:
        own = {} if _look_back(part, first) == _look_back(first, part) else _recalls(part)
        for item in part.items:
            if item.code in found:
                continue
            changes: dict[str, object] = {"recall": own} if own and not item.recall else {}
            if (same := shared.same_as(part, item)) is not None:
                changes["same_as"] = same
            found[item.code] = item.model_copy(update=changes) if changes else item
    return found


def _used(parts: Sequence[Instrument], items: Mapping[str, Item]) -> dict[str, Section]:
    """The sections that are left: one whose items were all asked before has gone."""
    named = {item.section for item in items.values()}
    found: dict[str, Section] = {}
    for part in parts:
        kept = {
            one.key for key in part.section_by_key if key in named for one in part.ancestry(key)
        }
        found |= {section.key: section for section in part.sections if section.key in kept}
    return found


def _renamed(parts: Sequence[Instrument], place: int) -> Instrument:
    """The part, with names of its own for sections, notes and pictures that an earlier one has."""
    part, earlier = parts[place], parts[:place]
    taken = {name for one in earlier for name in (*one.section_by_key, *_note_codes(one))}
    taken |= {code for one in parts for code in one.item_by_code}
    drawn = {name: each for one in earlier for name, each in one.pictures.items()}
    names = Names(
        part.key,
        sections={key for key in part.section_by_key if key in taken},
        notes={code for code in _note_codes(part) if code in taken},
        pictures={name for name, each in part.pictures.items() if drawn.get(name, each) != each},
    )
    return names.in_part(part)


def _note_codes(part: Instrument) -> list[str]:
    return [note.code for note in part.notes]


def _look_back(part: Instrument, other: Instrument, item: Item | None = None) -> tuple[object, ...]:
    """Over how many days, and in which words of the languages that the other one speaks too."""
    said = (item.recall if item is not None else None) or _recalls(part)
    spoken = {tag: words for tag, words in said.items() if tag in other.languages}
    return part.recall_days, spoken


def _recalls(part: Instrument) -> Texts:
    return {tag: language.recall for tag, language in part.languages.items()}


def _languages(parts: Sequence[Instrument]) -> dict[LanguageTag, Language]:
    """Only what every part speaks: no screen mixes languages."""
    return {
        tag: _language([part.languages[tag] for part in parts])
        for tag in parts[0].languages
        if all(tag in part.languages for part in parts)
    }


def _language(spoken: Sequence[Language]) -> Language:
    reviews = [each.reviewed_on for each in spoken if each.reviewed_on is not None]
    return Language(
        title=" · ".join(_once(each.title for each in spoken)),
        recall=spoken[0].recall,
        notice=" ".join(_once(each.notice for each in spoken if each.notice)),
        reviewed_by=", ".join(_once(each.reviewed_by for each in spoken))
        if all(each.reviewed_by.strip() for each in spoken)
        else "",
        reviewed_on=min(reviews) if len(reviews) == len(spoken) else None,
    )


def _licence(parts: Sequence[Instrument]) -> Licence:
    licences = _once(part.licence for part in parts)
    return Licence(
        name="; ".join(_once(each.name for each in licences)),
        holder="; ".join(_once(each.holder for each in licences)),
        terms=" ".join(_once(each.terms for each in licences if each.terms)),
        display=all(each.display for each in licences),
    )


def _conflicts(parts: Sequence[Instrument]) -> Iterable[Problem]:
    """Codes of items, symptoms and scores by which two parts mean different things."""
    yield from _item_conflicts(parts)
    symptoms: dict[str, tuple[Instrument, Symptom]] = {}
    scores: dict[str, Instrument] = {}
    for part in parts:
        for symptom in part.symptoms:
            other, known = symptoms.setdefault(symptom.key, (part, symptom))
            if known != symptom:
                yield _conflict(other, part, f"call `{symptom.key}` by different names")
        for formula in part.scores:
            other = scores.setdefault(formula.name, part)
            if other is not part:
                yield _conflict(other, part, f"both have a score `{formula.name}`")


def _item_conflicts(parts: Sequence[Instrument]) -> Iterable[Problem]:
    items: dict[str, tuple[Instrument, Item]] = {}
    for part in parts:
        for item in part.items:
            other, seen = items.setdefault(item.code, (part, item))
            if other is not part and (what := _item_conflict((other, seen), (part, item))):
                yield _conflict(other, part, what)


def _item_conflict(one: tuple[Instrument, Item], again: tuple[Instrument, Item]) -> str | None:
    """Why two parts cannot have this code in common; None where it is the same question."""
    (other, seen), (part, item) = one, again
    same = seen == item.model_copy(update={"section": seen.section})
    if not same or _look_back(other, part, seen) != _look_back(part, other, item):
        return f"ask `{item.code}` in different words"
    if _when(other, item.code) != _when(part, item.code):
        return f"ask `{item.code}` after different answers"
    if not (item.hidden or (other.may_share and part.may_share)):
        return f"both ask `{item.code}`, and their licences do not say that once is enough"
    return None


def _when(part: Instrument, code: str) -> tuple[object, ...]:
    """What the sections of the item say of when it is asked."""
    return part.section_tests.get(code, ()), code in part.hidden_codes


def _conflict(one: Instrument, other: Instrument, what: str) -> Problem:
    mend = "let the plan ask them on different days"
    return Problem("asks", f"{one.key} and {other.key} {what}", mend)


def _no_common_language(parts: Sequence[Instrument]) -> list[Problem]:
    shared: set[str] = reduce(set.intersection, (set(part.languages) for part in parts))
    if shared:
        return []
    names = " and ".join(part.key for part in parts)
    return [Problem("asks", f"{names} share no language", "load the wording that is missing")]


def _key(parts: Sequence[Instrument]) -> str:
    pins = "+".join(f"{part.pin.key}@{part.pin.version}:{part.pin.hash}" for part in parts)
    digest = hashlib.sha256(pins.encode()).hexdigest()[:12]
    return f"{'-and-'.join(part.key for part in parts)[:_KEY_LENGTH].rstrip('-')}-{digest}"


def _once(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Each of them at its first place."""
    found: list[Thing] = []
    for thing in things:
        if thing not in found:
            found.append(thing)
    return tuple(found)
