"""What sections, notes, pictures, dates and lines must be."""

from collections.abc import Iterable, Iterator

from rsm.instruments.findings import Finding
from rsm.instruments.items import DateItem, Item, VisualScaleItem, options_of
from rsm.instruments.model import Instrument
from rsm.instruments.pictures import svg_faults
from rsm.kernel.documents import Loc, nearest


def check_layout(instrument: Instrument) -> Iterator[Finding]:
    """Everything that is wrong with how the items are laid out and shown."""
    yield from _sections(instrument)
    yield from _together(instrument)
    yield from _notes(instrument)
    yield from _pictures(instrument)
    yield from _same(instrument)
    for place, item in enumerate(instrument.items):
        loc: Loc = ("items", place)
        if isinstance(item, DateItem):
            yield from _dates(item, loc)
        if isinstance(item, VisualScaleItem):
            yield from _ends(item, loc)


def _unknown(loc: Loc, kind: str, name: str, known: Iterable[str]) -> Finding:
    names = list(known)
    mend = nearest(name, names) or f"there are {', '.join(names) or 'none'}"
    return Finding(loc, f"unknown {kind} {name!r}", mend)


def _sections(instrument: Instrument) -> Iterator[Finding]:
    known = instrument.section_by_key
    used = {section.key for sections in instrument.sections_of.values() for section in sections}
    for place, section in enumerate(instrument.sections):
        loc: Loc = ("sections", place)
        if section.parent is not None and section.parent not in known:
            yield _unknown((*loc, "parent"), "section", section.parent, known)
        elif section.parent is not None and _is_ring(instrument, section.key):
            what = f"section loop: {section.key} lies in itself"
            yield Finding((*loc, "parent"), what, "leave out one of the parents")
        elif section.key not in used:
            what = f"no item is in section {section.key!r}"
            yield Finding((*loc, "key"), what, f'say section = "{section.key}" in an item')
    for place, item in enumerate(instrument.items):
        if item.section is not None and item.section not in known:
            yield _unknown(("items", place, "section"), "section", item.section, known)


def _is_ring(instrument: Instrument, key: str) -> bool:
    """Whether its parents lead back to it."""
    seen, parent = {key}, instrument.section_by_key[key].parent
    while parent is not None and parent in instrument.section_by_key:
        if parent in seen:
            return parent == key
        seen.add(parent)
        parent = instrument.section_by_key[parent].parent
    return False


def _together(instrument: Instrument) -> Iterator[Finding]:
    """The items of a section follow one another: it has one title, and is not returned to."""
    left: set[str] = set()
    before: frozenset[str] = frozenset()
    for place, item in enumerate(instrument.items):
        inside = frozenset(one.key for one in instrument.sections_of.get(item.code, ()))
        left |= before - inside
        for key in sorted(inside & left):
            what = f"section {key!r} was left before {item.code!r}"
            yield Finding(("items", place, "section"), what, "put its items one after another")
        before = inside


def _notes(instrument: Instrument) -> Iterator[Finding]:
    for place, note in enumerate(instrument.notes):
        for key, name in (("before", note.before), ("beside", note.beside)):
            if name is not None and name not in instrument.item_by_code:
                yield _unknown(("notes", place, key), "item", name, instrument.item_by_code)
        for key, name in (("before_section", note.before_section), ("end_of", note.end_of)):
            if name is not None and name not in instrument.section_by_key:
                yield _unknown(("notes", place, key), "section", name, instrument.section_by_key)


def _pictures(instrument: Instrument) -> Iterator[Finding]:
    for name, picture in instrument.pictures.items():
        for fault in svg_faults(picture.svg):
            mend = "keep to plain shapes: paths, circles, lines and their colours"
            yield Finding(("pictures", name, "svg"), f"the picture {fault}", mend)
        if not picture.alt:
            what = "has no alternative text"
            yield Finding(("pictures", name, "alt"), what, 'such as alt.en = "A smiling face"')
    for loc, named in _named(instrument):
        if named not in instrument.pictures:
            yield _unknown(loc, "picture", named, instrument.pictures)


def _named(instrument: Instrument) -> Iterator[tuple[Loc, str]]:
    for place, item in enumerate(instrument.items):
        yield from _of_item(item, ("items", place))
    for place, note in enumerate(instrument.notes):
        if note.picture is not None:
            yield ("notes", place, "picture"), note.picture


def _of_item(item: Item, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if item.picture is not None:
        yield (*loc, "picture"), item.picture
    for number, option in enumerate(options_of(item)):
        if option.picture is not None:
            yield (*loc, "options", number, "picture"), option.picture


def _same(instrument: Instrument) -> Iterator[Finding]:
    """One question under two codes: the first is asked, and both are answered alike."""
    places = {item.code: place for place, item in enumerate(instrument.items)}
    for place, item in enumerate(instrument.items):
        if item.same_as is None:
            continue
        loc: Loc = ("items", place, "same_as")
        asked = instrument.item_by_code.get(item.same_as)
        if asked is None:
            yield _unknown(loc, "item", item.same_as, places)
        elif places[asked.code] >= place or asked.same_as is not None:
            what = f"{item.same_as!r} is not asked before {item.code!r}"
            yield Finding(loc, what, "name an earlier item that is asked itself")
        elif asked.type != item.type or _codes(asked) != _codes(item):
            what = f"{item.same_as!r} is answered otherwise than {item.code!r}"
            yield Finding(loc, what, "only one question is asked once: ask both")


def _codes(item: Item) -> list[int]:
    return [option.value for option in options_of(item)]


def _dates(item: DateItem, loc: Loc) -> Iterator[Finding]:
    if item.earliest and item.latest and item.earliest > item.latest:
        what = f"no day is from {item.earliest} to {item.latest}"
        yield Finding((*loc, "latest"), what, "give a latest day after the earliest")
    if item.not_after_today and item.not_before_today:
        what = "only today could be given"
        yield Finding((*loc, "not_before_today"), what, "keep one of them")


def _ends(item: VisualScaleItem, loc: Loc) -> Iterator[Finding]:
    if item.minimum >= item.maximum:
        what = f"the line from {item.minimum} to {item.maximum} holds nothing"
        yield Finding((*loc, "maximum"), what, "give a maximum above the minimum")
    elif (item.maximum - item.minimum) % item.step:
        what = f"steps of {item.step} do not end at {item.maximum}"
        yield Finding((*loc, "step"), what, "choose a step that divides the line")
