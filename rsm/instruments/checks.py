"""What a well-formed instrument must also be: gates that lead forward, complete languages,
options that no opt-out word can be mistaken for, scores over items that exist.
"""

from collections.abc import Iterator

from rsm.instruments.branch_checks import check_branches
from rsm.instruments.field_checks import check_fields
from rsm.instruments.findings import Finding
from rsm.instruments.layout_checks import check_layout
from rsm.instruments.model import (
    DateItem,
    Instrument,
    Item,
    NumberItem,
    TextItem,
    Texts,
    VisualScaleItem,
)
from rsm.instruments.number_checks import check_numbers
from rsm.instruments.option_checks import check_options
from rsm.instruments.score_checks import check_scores
from rsm.kernel.documents import Loc, nearest


def check(instrument: Instrument) -> list[Finding]:
    """Everything that is wrong with the instrument's meaning; empty when it is sound."""
    return [
        *_doubles(instrument),
        *check_fields(instrument),
        *_symptoms(instrument),
        *check_branches(instrument),
        *check_layout(instrument),
        *check_options(instrument),
        *check_numbers(instrument),
        *_wording(instrument),
        *_translations(instrument),
        *check_scores(instrument),
    ]


def _doubles(instrument: Instrument) -> Iterator[Finding]:
    named = (
        ("symptoms", "key", [symptom.key for symptom in instrument.symptoms]),
        ("items", "code", [item.code for item in instrument.items]),
        ("sections", "key", [section.key for section in instrument.sections]),
        ("notes", "code", [note.code for note in instrument.notes]),
        ("scores", "name", [score.name for score in instrument.scores]),
    )
    for part, field, names in named:
        for place, name in enumerate(names):
            first = names.index(name)
            if first < place:
                what = f"{name!r} is used before, by {part}[{first}]"
                yield Finding((part, place, field), what, f"give each its own {field}")
    items = instrument.item_by_code  # FHIR knows all of them by one kind of name
    others = (
        ("sections", instrument.section_by_key),
        ("notes", [n.code for n in instrument.notes]),
    )
    for part, others_named in others:
        for place, name in enumerate(others_named):
            if name in items:
                field = "key" if part == "sections" else "code"
                yield Finding((part, place, field), f"{name!r} is an item as well", "rename it")


def _symptoms(instrument: Instrument) -> Iterator[Finding]:
    for place, item in enumerate(instrument.items):
        if item.symptom is not None and item.symptom not in instrument.symptom_by_key:
            mend = nearest(item.symptom, instrument.symptom_by_key) or "add it under [[symptoms]]"
            yield Finding(("items", place), f"unknown symptom {item.symptom!r}", mend)


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
    for place, section in enumerate(instrument.sections):
        yield from _given(("sections", place), title=section.title, text=section.text)
    for place, note in enumerate(instrument.notes):
        if not note.hidden:
            yield ("notes", place, "text"), note.text
    for name, picture in instrument.pictures.items():
        yield ("pictures", name, "alt"), picture.alt
    for place, item in enumerate(instrument.items):
        if item.code not in instrument.hidden_codes:
            yield from _item_texts(item, ("items", place))


def _item_texts(item: Item, loc: Loc) -> Iterator[tuple[Loc, Texts]]:
    yield (*loc, "text"), item.text
    yield (*loc, "short"), item.short
    yield from _given(loc, not_applicable=item.not_applicable, recall=item.recall)
    match item:
        case NumberItem() | DateItem() | TextItem():
            yield from _given(loc, hint=item.hint)
        case VisualScaleItem():
            yield (*loc, "low"), item.low
            yield (*loc, "high"), item.high
        case _:
            for number, option in enumerate(item.options):
                yield (*loc, "options", number, "label"), option.label
                yield from _given((*loc, "options", number), hint=option.hint)


def _given(loc: Loc, **texts: Texts) -> Iterator[tuple[Loc, Texts]]:
    """Texts of which none is needed, but one language's needs the others'."""
    for name, text in texts.items():
        if text:
            yield (*loc, name), text
