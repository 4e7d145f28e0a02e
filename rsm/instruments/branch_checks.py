"""What gates and tests must be: about earlier items, without a ring, and able to hold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from rsm.instruments.bounds import item_bounds, plain
from rsm.instruments.conditions import AnswerTest, Branch, Condition, Operator, named_items
from rsm.instruments.findings import Finding
from rsm.instruments.formulas import exact
from rsm.instruments.items import (
    DateItem,
    Item,
    NumberItem,
    OneOfItem,
    PickItem,
    RatedItem,
    TextItem,
    YesNoItem,
    options_of,
)
from rsm.instruments.model import Instrument, Note
from rsm.kernel.documents import Loc, nearest

_SAME = frozenset((Operator.EQUALS, Operator.DIFFERS))


def check_branches(instrument: Instrument) -> Iterator[Finding]:
    """Everything that is wrong with when items, sections and notes are shown."""
    places = {item.code: place for place, item in enumerate(instrument.items)}
    look = _Look(instrument, places)
    for place, item in enumerate(instrument.items):
        yield from look.item(item, place)
    for place, section in enumerate(instrument.sections):
        inside = _inside(instrument, section.key)
        first = min((places[code] for code in inside), default=len(places))
        loc: Loc = ("sections", place, "asked_when")
        yield from look.branch(section.asked_when, loc, first, f"section {section.key!r}")
    for place, note in enumerate(instrument.notes):
        loc = ("notes", place, "asked_when")
        before = _place_of(instrument, note, places)
        yield from look.branch(note.asked_when, loc, before, f"note {note.code!r}")


def _inside(instrument: Instrument, key: str) -> list[str]:
    return [
        code
        for code, sections in instrument.sections_of.items()
        if any(section.key == key for section in sections)
    ]


def _place_of(instrument: Instrument, note: Note, places: Mapping[str, int]) -> int:
    """Before which item the note is read."""
    everything = len(places)
    if note.before is not None:
        return places.get(note.before, everything)
    if note.beside is not None:
        return places.get(note.beside, everything)
    if note.before_section is not None:
        inside = _inside(instrument, note.before_section)
        return min((places[code] for code in inside), default=everything)
    if note.end_of is not None:
        inside = _inside(instrument, note.end_of)
        return max((places[code] + 1 for code in inside), default=everything)
    return everything


class _Look:
    def __init__(self, instrument: Instrument, places: Mapping[str, int]) -> None:
        self._instrument = instrument
        self._places = places

    def item(self, item: Item, place: int) -> Iterator[Finding]:
        loc: Loc = ("items", place, "asked_when")
        match item.asked_when:
            case Condition():
                wrong = self._not_before(item.asked_when.item, loc, place, item.code)
                yield from [wrong] if wrong else self._gate(item.asked_when, loc)
            case Branch():
                yield from self.branch(item.asked_when, loc, place, repr(item.code))

    def branch(self, branch: Branch | None, loc: Loc, place: int, who: str) -> Iterator[Finding]:
        """Tests, each of an item that stands before `place`."""
        if branch is None:
            return
        key = "every" if branch.every else "any"
        for number, test in enumerate(branch.tests):
            here = (*loc, key, number)
            code = self._instrument.items[place].code if loc[0] == "items" else ""
            wrong = self._not_before(test.item, here, place, code, who)
            yield from [wrong] if wrong else self._test(test, here)

    def _not_before(
        self, named: str, loc: Loc, place: int, code: str, who: str = ""
    ) -> Finding | None:
        """What is wrong with looking at that item from there; `code`: whose gate it is, if any."""
        if named not in self._places:
            mend = nearest(named, self._places) or "name an item of this instrument"
            return Finding(loc, f"unknown item {named!r}", mend)
        if self._places[named] >= place:
            ring = self._ring(code, named) if code else ()
            if ring:
                what = f"branch loop: {' → '.join(ring)}"
                return Finding(loc, what, "let one of them be asked without condition")
            mend = f"put it before {who or repr(code)}"
            return Finding(loc, f"{named!r} is asked only later", mend)
        if named in self._instrument.hidden_codes:
            return Finding(loc, f"{named!r} is hidden and never has an answer", "name another")
        return None

    def _ring(self, start: str, through: str) -> tuple[str, ...]:
        """The way from an item over what it waits for back to itself, if there is one."""
        ways: list[tuple[str, ...]] = [(start, through)]
        seen = {through}
        while ways:
            way = ways.pop()
            if way[-1] == start:
                return way
            for code in self._waits_for(way[-1]):
                if code == start or code not in seen:
                    seen.add(code)
                    ways.append((*way, code))
        return ()

    def _waits_for(self, code: str) -> Sequence[str]:
        item = self._instrument.item_by_code.get(code)
        if item is None:
            return ()
        sections = self._instrument.sections_of.get(code, ())
        outer = [named for one in sections for named in named_items(one.asked_when)]
        return (*named_items(item.asked_when), *outer)

    def _gate(self, gate: Condition, loc: Loc) -> Iterator[Finding]:
        item = self._instrument.item_by_code[gate.item]
        bounds = item_bounds(item)
        if not isinstance(item, RatedItem) or bounds is None:
            what = f"{gate.item} is a {item.type.replace('_', ' ')}: a gate is a grade"
            mend = "ask without condition, after a yes-no question, or by `every` or `any`"
            yield Finding(loc, what, mend)
        elif gate.at_least > bounds.highest:
            what = f"{gate.item} never reaches {gate.at_least}"
            yield Finding(loc, what, f"its highest value is {plain(bounds.highest)}")

    def _test(self, test: AnswerTest, loc: Loc) -> Iterator[Finding]:
        item = self._instrument.item_by_code[test.item]
        loc = (*loc, "value")
        if test.operator is Operator.EXISTS:
            if not isinstance(test.value, bool):
                yield Finding(loc, f"`exists` is true or false, not {test.value}", "say which")
        elif isinstance(item, TextItem):
            what = f"{test.item} is answered in words, which cannot be compared"
            yield Finding(loc, what, 'use operator = "exists"')
        else:
            yield from self._comparison(item, test, loc)

    def _comparison(self, item: Item, test: AnswerTest, loc: Loc) -> Iterator[Finding]:
        is_date, wants_date = isinstance(test.value, date), isinstance(item, DateItem)
        is_truth = isinstance(test.value, bool) and not isinstance(item, YesNoItem)
        if is_truth or is_date is not wants_date:
            mend = "a date such as 2026-11-21" if wants_date else "a number, or a code of its scale"
            yield Finding(loc, f"{test.item} is not compared with {test.value}", f"give {mend}")
        elif not isinstance(test.value, date):
            is_name = not isinstance(item, RatedItem | PickItem) and isinstance(item, OneOfItem)
            if is_name and test.operator not in _SAME:
                what = f"the options of {test.item} have no order"
                yield Finding(loc, what, 'use operator = "equals", "differs" or "exists"')
            else:
                yield from self._reach(item, test, loc)

    def _reach(self, item: Item, test: AnswerTest, loc: Loc) -> Iterator[Finding]:
        """A value that no answer can have never holds, or always: nobody means that."""
        value = exact(test.value) if not isinstance(test.value, date) else 0
        codes = [option.value for option in options_of(item)]
        if codes and test.operator in _SAME:
            if value not in codes:
                what = f"{test.item} never is {test.value}"
                yield Finding(loc, what, f"its codes are {', '.join(map(str, codes))}")
            return
        bounds = item_bounds(item)
        ends = (bounds.lowest, bounds.highest) if bounds else ()
        if isinstance(item, NumberItem):
            ends = (exact(item.minimum), exact(item.maximum))
        if ends and not ends[0] <= value <= ends[1]:
            what = f"{test.item} never is {test.value}"
            yield Finding(loc, what, f"it goes from {plain(ends[0])} to {plain(ends[1])}")
