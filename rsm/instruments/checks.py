"""What a well-formed instrument must also be: gates that lead forward, complete languages,
options that no opt-out word can be mistaken for, scores over items that exist.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from rsm.instruments.findings import Finding
from rsm.instruments.model import ChoiceItem, Instrument, Item, NumberItem, Texts
from rsm.instruments.number_checks import check_numbers
from rsm.instruments.score_checks import check_scores
from rsm.kernel import keywords
from rsm.kernel.documents import Loc, nearest


def check(instrument: Instrument) -> list[Finding]:
    """Everything that is wrong with the instrument's meaning; empty when it is sound."""
    return [
        *_doubles(instrument),
        *_symptoms(instrument),
        *_gates(instrument),
        *_options(instrument),
        *check_numbers(instrument),
        *_wording(instrument),
        *_translations(instrument),
        *check_scores(instrument),
    ]


def _doubles(instrument: Instrument) -> Iterator[Finding]:
    named = (
        ("symptoms", "key", [symptom.key for symptom in instrument.symptoms]),
        ("items", "code", [item.code for item in instrument.items]),
        ("scores", "name", [score.name for score in instrument.scores]),
    )
    for part, field, names in named:
        for place, name in enumerate(names):
            first = names.index(name)
            if first < place:
                what = f"{name!r} is used before, by {part}[{first}]"
                yield Finding((part, place, field), what, f"give each its own {field}")


def _symptoms(instrument: Instrument) -> Iterator[Finding]:
    for place, item in enumerate(instrument.items):
        if item.symptom is not None and item.symptom not in instrument.symptom_by_key:
            mend = nearest(item.symptom, instrument.symptom_by_key) or "add it under [[symptoms]]"
            yield Finding(("items", place), f"unknown symptom {item.symptom!r}", mend)


def _gates(instrument: Instrument) -> Iterator[Finding]:
    places = {item.code: place for place, item in enumerate(instrument.items)}
    for place, item in enumerate(instrument.items):
        gate = item.asked_when
        if gate is None:
            continue
        loc = ("items", place, "asked_when")
        if gate.item not in places:
            mend = nearest(gate.item, places) or "name an item of this instrument"
            yield Finding(loc, f"unknown item {gate.item!r}", mend)
        elif places[gate.item] >= place:
            yield _backwards(instrument.item_by_code, item, loc)
        elif isinstance(instrument.item_by_code[gate.item], NumberItem):
            what = f"{gate.item} is a number: a gate is a grade"
            yield Finding(loc, what, "ask without condition, or after a yes-no question")
        elif gate.at_least > (highest := _highest(instrument.item_by_code[gate.item])):
            what = f"{gate.item} never reaches {gate.at_least}"
            yield Finding(loc, what, f"its highest value is {highest}")


def _backwards(items: Mapping[str, Item], item: Item, loc: Loc) -> Finding:
    """The item waits for a later one: a loop if that one waits, however indirectly, for it."""
    chain = [item.code]
    while (gate := items[chain[-1]].asked_when) is not None and gate.item in items:
        chain.append(gate.item)
        if gate.item in chain[:-1]:
            break
    if len(chain) > 1 and chain[-1] in chain[:-1]:
        return Finding(
            loc, f"branch loop: {' → '.join(chain)}", "let one of them be asked without condition"
        )
    return Finding(loc, f"{chain[1]!r} is asked only later", f"put it before {item.code!r}")


def _highest(item: Item) -> int:
    return 0 if isinstance(item, NumberItem) else max(option.value for option in item.options)


def _choices(instrument: Instrument) -> Iterator[tuple[int, ChoiceItem]]:
    for place, item in enumerate(instrument.items):
        if not isinstance(item, NumberItem):
            yield place, item


def _options(instrument: Instrument) -> Iterator[Finding]:
    for place, item in _choices(instrument):
        values = [option.value for option in item.options]
        # published codes stay as they are: EORTC and EQ-5D begin at 1
        first = 1 if instrument.wording != "own" and values[:1] == [1] else 0
        if values != list(range(first, first + len(values))):
            mend = f"number them 0 to {len(values) - 1} in order"
            yield Finding(("items", place, "options"), f"values are {values}", mend)
        for number, option in enumerate(item.options):
            yield from _reserved(("items", place, "options", number, "label"), option.label)
        yield from _same_labels(place, item)


def _reserved(loc: Loc, label: Texts) -> Iterator[Finding]:
    """An answer by text must never be taken for STOP, nor STOP for an answer (P8)."""
    for language, text in label.items():
        keyword = keywords.classify(text)
        if keyword is not None:
            what = f"the option {text!r} reads like {keyword.name}, a command of text messages"
            yield Finding((*loc, language), what, "use another label, such as a longer one")


def _same_labels(place: int, item: ChoiceItem) -> Iterator[Finding]:
    languages = {language for option in item.options for language in option.label}
    for language in sorted(languages):
        labels = Counter(option.label.get(language, "").casefold() for option in item.options)
        for label, times in labels.items():
            if label and times > 1:
                what = f"{times} options read {label!r} in {language}"
                yield Finding(("items", place, "options"), what, "tell them apart")


def _wording(instrument: Instrument) -> Iterator[Finding]:
    if instrument.wording == "none" and instrument.licence.display:
        what = "says that the wording may be shown, but there is none"
        yield Finding(("licence", "display"), what, "say display = false")
    if instrument.wording != "none" and not instrument.languages:
        what = "no language is offered"
        yield Finding(("languages",), what, 'add [languages.<tag>], or say wording = "none"')
    for tag, language in instrument.languages.items():
        if not instrument.validated and not language.notice:
            what = "an instrument that is not validated must say so"
            yield Finding(("languages", tag, "notice"), what, f"add a notice in {tag}")


def _translations(instrument: Instrument) -> Iterator[Finding]:
    """A language is offered only if it is complete: no screen mixes two."""
    offered = sorted(instrument.languages)
    for loc, texts in _all_texts(instrument):
        for language in offered:
            if language not in texts:
                what = f"no text in {language}"
                yield Finding(loc, what, f"add {loc[-1]}.{language}, or do not offer {language}")


def _all_texts(instrument: Instrument) -> Iterator[tuple[Loc, Texts]]:
    for place, symptom in enumerate(instrument.symptoms):
        yield ("symptoms", place, "name"), symptom.name
    for place, item in enumerate(instrument.items):
        loc = ("items", place)
        yield (*loc, "text"), item.text
        yield (*loc, "short"), item.short
        if item.not_applicable:
            yield (*loc, "not_applicable"), item.not_applicable
        if isinstance(item, NumberItem):
            if item.hint:
                yield (*loc, "hint"), item.hint
            continue
        for number, option in enumerate(item.options):
            yield (*loc, "options", number, "label"), option.label
            if option.hint:  # none is needed, but one language's needs the others'
                yield (*loc, "options", number, "hint"), option.hint
