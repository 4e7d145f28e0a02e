"""The questions of a form that staff fill in: what is chosen, what is typed, and by which key."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rsm.instruments.conditions import Condition
from rsm.instruments.items import (
    DateItem,
    NumberItem,
    OneOfItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.model import Item
from rsm.web import item_fields, number_field
from rsm.web.entry_form import Asking, Typed
from rsm.web.item_fields import part_of, why_of
from rsm.web.item_words import ends, worded
from rsm.web.staff_words import section
from rsm.web.views.calls import EntryField, EntryItem, EntryOption

_ENGLISH = "en"
_PARTS = (("day", 2), ("month", 2), ("year", 4))


def entry_items(
    asking: Asking, given: Typed, origins: Mapping[str, str] | None = None
) -> Iterator[EntryItem]:
    """All that may be asked, with what was filled in; `origins` says who answered before."""
    known = origins or {}
    for number, item in enumerate(asking.items, start=1):
        fields = given.fields(item)
        standing = asking.standing.get(item.code)
        if standing is not None and not fields.is_filled and not fields.why:
            fields = item_fields.typed_of(item, standing, _ENGLISH)
        gate = item.asked_when
        shown = EntryItem(
            code=item.code,
            number=number,
            text=worded(item.text, asking.language),
            meaning=meaning(item.text, asking.language),
            reasons=tuple(_reasons(item, fields)),
            gate=(gate.item, gate.at_least) if isinstance(gate, Condition) else None,
            depends=gate is not None and not isinstance(gate, Condition),
            recall=worded(item.recall, asking.language),
            of_herself=item.code in asking.of_herself,
            given=known.get(item.code, "") if standing is not None else "",
        )
        yield _with_answers(shown, item, fields, asking)


def _with_answers(
    shown: EntryItem, item: Item, fields: item_fields.Typed, asking: Asking
) -> EntryItem:
    if isinstance(item, OneOfItem | PickItem):
        options = tuple(_options(item, fields, asking.language))
        return replace(shown, options=options, several=isinstance(item, PickItem))
    return replace(shown, fields=tuple(_fields(item, fields, asking)))


def _options(
    item: OneOfItem | PickItem, fields: item_fields.Typed, language: str
) -> Iterator[EntryOption]:
    several = isinstance(item, PickItem)
    for option in options_of(item):
        value = str(option.value)
        yield EntryOption(
            name=part_of(item, option.value) if several else item.code,
            value=value,
            label=worded(option.label, language),
            meaning=meaning(option.label, language),
            key=value if len(value) == 1 else "",
            checked=option.value in fields.picked if several else fields.text == value,
        )


def _reasons(item: Item, fields: item_fields.Typed) -> Iterator[EntryOption]:
    words = section("entry")
    not_hers = item.not_applicable.get(_ENGLISH, "") or words.not_applicable
    offered = [("refused", words.refused, "R"), ("skipped", words.skipped, "N")]
    if item.required:
        del offered[1]
    if item.may_not_apply:
        offered.append(("not_applicable", not_hers, "X"))
    one = isinstance(item, OneOfItem)
    name, chosen = (item.code, fields.text) if one else (why_of(item), fields.why)
    for value, label, key in offered:
        yield EntryOption(name, value, label, key=key, checked=chosen == value)


def _fields(item: Item, fields: item_fields.Typed, asking: Asking) -> Iterator[EntryField]:
    words = section("entry")
    match item:
        case NumberItem():
            unit = number_field.units(item, _ENGLISH)
            yield EntryField(item.code, words.number_label, fields.text, unit)
        case VisualScaleItem():
            unit = ends(item, asking.language)
            yield EntryField(item.code, words.number_label, fields.text, unit)
        case DateItem():
            for part, size in _PARTS:
                typed = getattr(fields, part)
                yield EntryField(part_of(item, part), getattr(words, part), typed, size=size)
        case TextItem():
            long = EntryField(item.code, words.words_label, fields.text, long=True, decimal=False)
            yield long


def meaning(texts: Mapping[str, str], language: str) -> str:
    """The English, where the text is in another language."""
    return "" if language == _ENGLISH else texts.get(_ENGLISH, "")
