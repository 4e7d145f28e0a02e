"""What the alert room needs to know of an instrument, taken from the instruments' room."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from rsm.alerts.model import InstrumentSpec, ItemSpec, NumberSpec, ScoreSpec
from rsm.alerts.schema import InstrumentRange, RulePack
from rsm.instruments.bounds import item_bounds, part_bounds
from rsm.instruments.formulas import ProctcaeComposite, Profile
from rsm.instruments.library import shipped
from rsm.instruments.model import Instrument, Item, NumberItem, RatedItem
from rsm.kernel.documents import nearest

_KEPT = 32
_specs: OrderedDict[str, InstrumentSpec] = OrderedDict()
# By the identity of both, which are held, so that no other object can have it.
_wide: OrderedDict[tuple[int, int], tuple[InstrumentSpec, RulePack, InstrumentSpec]] = OrderedDict()


def spec_of(instrument: Instrument) -> InstrumentSpec:
    """Codes, symptoms and scales of an instrument. An item of no symptom is its own symptom.

    The same content gives the same object, so that a pack is made ready for it only once.
    """
    content = instrument.pin.hash
    if content not in _specs:
        _specs[content] = _spec(instrument)
        while len(_specs) > _KEPT:
            _specs.popitem(last=False)
    return _specs.get(content) or _spec(instrument)


def _spec(instrument: Instrument) -> InstrumentSpec:
    symptoms = {item.code: _symptom(item) for item in instrument.items}
    return InstrumentSpec(
        instrument.key,
        instrument.version,
        tuple(_item(item) for item in instrument.items if isinstance(item, RatedItem)),
        tuple(filter(None, map(_number, instrument.items))),
        scores=_scores(instrument, symptoms),
        parts=tuple((part.key, part.version) for part in instrument.merged_from),
    )


def _item(item: RatedItem) -> ItemSpec:
    values = [option.value for option in item.options]
    return ItemSpec(
        code=item.code,
        symptom=_symptom(item),
        maximum=max(values),
        labels=_labels([(option.value, option.label.get("en", "")) for option in item.options]),
        minimum=min(values),
    )


def _number(item: Item) -> NumberSpec | None:
    """What rules read as a number (`rsm.instruments.numbers.split`): also a point on a line, and
    how many of several options were chosen. None for what they do not see."""
    bounds = item_bounds(item)
    if isinstance(item, NumberItem):
        span = (float(item.minimum), float(item.maximum))
        return NumberSpec(item.code, _symptom(item), *span, unit=item.unit)
    if bounds is None or isinstance(item, RatedItem):
        return None
    return NumberSpec(item.code, _symptom(item), float(bounds.lowest), float(bounds.highest))


def _symptom(item: Item) -> str:
    return item.symptom or item.code.split(".", maxsplit=1)[0]


def _scores(instrument: Instrument, symptoms: Mapping[str, str]) -> tuple[ScoreSpec, ...]:
    bounds = part_bounds(instrument)
    found = []
    for formula in instrument.scores:
        ends = bounds.get(formula.name)
        about = {symptoms.get(code, "") for code in formula.items}
        change = formula.important_change
        found.append(
            ScoreSpec(
                name=formula.name,
                symptom=about.pop() if len(about) == 1 else formula.name.split(".", maxsplit=1)[0],
                items=formula.items,
                minimum=float(ends.lowest) if ends else 0,
                maximum=float(ends.highest) if ends else None,
                important=float(change.worse) if change and change.worse else None,
                falling_is_worse=formula.higher_is == "better",
                is_composite=isinstance(formula, ProctcaeComposite),
                is_profile=isinstance(formula, Profile),
            )
        )
    return tuple(found)


def _labels(options: list[tuple[int, str]]) -> tuple[str, ...]:
    """The words of a scale from 0 up without a gap, in lower case; else none."""
    ordered = sorted(options)
    if [value for value, _ in ordered] != list(range(len(ordered))):
        return ()
    words = tuple(word[:1].lower() + word[1:] for _, word in ordered)
    return words if all(words) else ()


def with_needs(instrument: InstrumentSpec, pack: RulePack) -> InstrumentSpec:
    """The instrument, and with it what the pack's optional rules look at: for worked cases and
    questions to the pack, which are not bound to what one questionnaire asks.

    The same two give the same object, as in `spec_of`.
    """
    key = (id(instrument), id(pack))
    kept = _wide.get(key)
    if kept is None:
        while len(_wide) >= _KEPT:
            _wide.popitem(last=False)
        kept = _wide[key] = (instrument, pack, _with_needs(instrument, pack))
    return kept[2]


def _with_needs(instrument: InstrumentSpec, pack: RulePack) -> InstrumentSpec:
    codes = {item.code for item in instrument.items} | {each.code for each in instrument.numbers}
    more = [need for need in pack.needs if need.code not in codes]
    if not more:
        return instrument
    items = [ItemSpec(need.code, need.symptom, int(need.maximum)) for need in more if not need.unit]
    numbers = [
        NumberSpec(need.code, need.symptom, need.minimum, need.maximum, need.unit)
        for need in more
        if need.unit
    ]
    return replace(
        instrument,
        items=(*instrument.items, *items),
        numbers=(*instrument.numbers, *numbers),
    )


def nearest_shipped(wanted: InstrumentRange) -> str:
    """What a pack for an instrument that was not found may have meant."""
    if wanted.key in shipped():
        return f"the shipped {wanted.key} is version {shipped()[wanted.key].version}"
    return nearest(wanted.key, shipped()) or f"there are {', '.join(shipped())}"


def find_shipped(wanted: InstrumentRange) -> InstrumentSpec | None:
    """The shipped instrument in this range, or None: a `FindInstrument` without a database."""
    instrument = shipped().get(wanted.key)
    if instrument is None or not wanted.covers(instrument.key, instrument.version):
        return None
    return spec_of(instrument)
