"""Answers as rows (long), and as the columns of their survey (wide).

Missing is not zero (P7): an item without a value has an empty cell, and beside it stands why. A
structural zero is 0, and says so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rsm.instruments.model import (
    BodyAreaItem,
    DateItem,
    Instrument,
    Item,
    MultipleChoiceItem,
    NumberItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.numbers import as_number
from rsm.kernel.answers import Answer, Answers
from rsm.kernel.words import Pin
from rsm.reports.export_columns import ABSENT, NO_REPORT, NOT_ASKED, NOT_IN_SURVEY, STATUSES
from rsm.reports.export_model import Code, Column, Kind, Record

Instruments = Mapping[Pin, Instrument]
Found = list[tuple[Pin, Item]]
_EPOCH = date(1970, 1, 1)
_STATUS = ".status"
_WITHOUT = "empty: no value, and never a zero; the column `.status` beside it says why"


# --- long ------------------------------------------------------------------------------------


def answer_records(
    survey: Record, answers: Answers, instrument: Instrument, texts: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    """A record for each answer of a report; `texts` are the answers in words, opened."""
    for code, item in instrument.item_by_code.items():
        if (answer := answers.get(code)) is None:
            continue
        yield {
            "patient_id": survey["patient_id"],
            "survey_id": survey["survey_id"],
            "instrument_key": instrument.key,
            "instrument_version": instrument.version,
            "item": code,
            "symptom": item.symptom,
            "attribute": item.attribute,
            "unit": item.unit if isinstance(item, NumberItem) else None,
            "text": texts.get(code),
            "status": answer.status,
            **_given(item, answer),
        }


def _given(item: Item, answer: Answer) -> dict[str, object]:
    """The value as it is read: a day as a day, words as nothing but that there are some."""
    if answer.value is None or isinstance(item, TextItem):
        return {}
    if isinstance(item, DateItem):
        return {"date": _EPOCH + timedelta(days=answer.value)}
    number = as_number(item, answer.value)
    value = answer.value if number is None else number
    return {"value": value, "picked": answer.picked}


# --- wide ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ItemColumn:
    """One item of the instruments that have it: what it is called, and what it holds."""

    name: str
    code: str
    item: Item
    asked_in: frozenset[Pin]

    @property
    def columns(self) -> tuple[Column, Column]:
        """The value, and why there is none."""
        words = f"Answer to the item `{self.code}`"
        missing = _WITHOUT
        if isinstance(self.item, TextItem):
            words, missing = f"What was written in answer to `{self.code}`", "empty: nothing"
        value = Column(
            self.name,
            _kind(self.item),
            words,
            codes=codes_of(self.item, "en") if not isinstance(self.item, PickItem) else (),
            unit=self.item.unit if isinstance(self.item, NumberItem) else "",
            source="response",
            missing=missing,
            identified=isinstance(self.item, TextItem),
        )
        why = f"Why `{self.code}` has a value, or none"
        status = Column(
            self.name + _STATUS, Kind.CODE, why, (*STATUSES, *ABSENT), source="response"
        )
        return value, status


def item_columns(instruments: Instruments, taken: Collection[str] = ()) -> tuple[ItemColumn, ...]:
    """One for each item, in the order of the questionnaires; none is called as one of `taken`.

    A code that means other things in two of them is named with its questionnaire (`pain@key`),
    and one that changed from version to version with its version besides.
    """
    of_code: dict[str, Found] = defaultdict(list)
    for pin, instrument in sorted(instruments.items(), key=lambda each: _order(each[0])):
        for item in instrument.items:
            if item.code not in instrument.hidden_codes:
                of_code[item.code].append((pin, item))
    named = [each for code, found in of_code.items() for each in _named(code, found)]
    return tuple(_apart(named, set(taken)))


def _apart(named: list[ItemColumn], taken: set[str]) -> Iterator[ItemColumn]:
    """Each with names that no other column has: an item may be called `language`."""
    for each in named:
        name = each.name
        while not taken.isdisjoint({name, name + _STATUS}):
            name += "_item"
        taken |= {name, name + _STATUS}
        yield replace(each, name=name)


def _named(code: str, found: Found) -> Iterator[ItemColumn]:
    for parts in range(3):
        groups: dict[str, Found] = defaultdict(list)
        for pin, item in found:
            groups["@".join((code, *(pin.key, pin.version)[:parts]))].append((pin, item))
        if all(len({_meaning(item) for _, item in group}) == 1 for group in groups.values()):
            break
    for name, group in groups.items():
        yield ItemColumn(name, code, group[0][1], frozenset(pin for pin, _ in group))


def _meaning(item: Item) -> tuple[object, ...]:
    """What two items must have in common to stand in one column."""
    unit = (item.unit, item.decimals) if isinstance(item, NumberItem) else ()
    ends = (item.minimum, item.maximum) if isinstance(item, VisualScaleItem) else ()
    return (item.type, tuple(option.value for option in options_of(item)), unit, ends)


def _order(pin: Pin) -> tuple[str, tuple[int, ...]]:
    return pin.key, tuple(int(part) for part in pin.version.split(".") if part.isdigit())


def item_values(
    items: Collection[ItemColumn], pin: Pin | None, answers: Answers, texts: Mapping[str, str]
) -> dict[str, object]:
    """The items' part of a survey's record. `pin` is what was answered; None: nothing was."""
    record: dict[str, object] = {}
    for each in items:
        answer = answers.get(each.code)
        here = pin in each.asked_in
        record[each.name + _STATUS] = _status(pin, answer if here else None, here=here)
        if here and answer is not None:
            record[each.name] = _wide(each.item, answer, texts.get(each.code))
    return record


def _status(pin: Pin | None, answer: Answer | None, *, here: bool) -> str:
    if pin is None:
        return NO_REPORT
    if not here:
        return NOT_IN_SURVEY
    return answer.status.value if answer is not None else NOT_ASKED


def _wide(item: Item, answer: Answer, text: str | None) -> object:
    if isinstance(item, TextItem):
        return text
    given = _given(item, answer)
    if isinstance(item, PickItem):
        return given.get("picked")
    return given.get("date", given.get("value"))


def _kind(item: Item) -> Kind:
    match item:
        case NumberItem():
            return Kind.NUMBER
        case DateItem():
            return Kind.DAY
        case TextItem() | MultipleChoiceItem() | BodyAreaItem():
            return Kind.TEXT
        case _:
            return Kind.INTEGER


# --- words -----------------------------------------------------------------------------------


def codes_of(item: Item, language: str) -> tuple[Code, ...]:
    """The item's stored codes with its own labels, in a language that it has."""
    return tuple(Code(option.value, spoken(option.label, language)) for option in options_of(item))


def spoken(texts: Mapping[str, str], language: str) -> str:
    """In that language, else in English, else in whichever there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
