"""The questions of a patient's page, as its template shows them: of every type of item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rsm.instruments import body
from rsm.instruments.decide import asked_items
from rsm.instruments.items import (
    AreaOption,
    BodyAreaItem,
    DateItem,
    GradedItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    OneOfItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.items import Option as ItemOption
from rsm.instruments.model import Instrument, Note
from rsm.instruments.pages import notes_of, titles_of
from rsm.instruments.reading import date_bounds
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.web import number_field
from rsm.web.item_fields import Reader, Typed, Wrong, part_of, typed_of, why_of
from rsm.web.item_words import not_applicable, to_mend, worded
from rsm.web.views.question import (
    FieldView,
    Kind,
    NoteView,
    Option,
    PictureView,
    Question,
    Shape,
)

FIRST = "first"  # the id of a page's first field
_BARS = frozenset({"severity", "frequency", "amount", "interference"})
_KINDS: tuple[tuple[type, Kind], ...] = (
    (MultipleChoiceItem, Kind.SOME),
    (BodyAreaItem, Kind.BODY),
    (NumberItem, Kind.NUMBER),
    (VisualScaleItem, Kind.SCALE),
    (DateItem, Kind.DATE),
    (TextItem, Kind.TEXT),
)


@dataclass(frozen=True)
class Form:
    """What a page of questions is made from: `given` and `wrong` of a form that came back."""

    instrument: Instrument
    answers: Answers  # all, for what is asked and said
    shown: Mapping[str, Answer]  # those that this browser may see
    reader: Reader
    given: Mapping[str, Typed] = field(default_factory=dict)
    wrong: Mapping[str, Wrong] = field(default_factory=dict)


def questions(form: Form, items: Sequence[Item]) -> tuple[Question, ...]:
    """The questions of a page, in order."""
    return tuple(_question(form, item, FIRST if not n else f"f{n}") for n, item in enumerate(items))


@dataclass(frozen=True)
class Head:
    """What stands above a page of questions: its section's title, and what its sections say."""

    title: str
    texts: tuple[str, ...]


def head(form: Form, item: Item) -> Head:
    """The innermost title above the item; the words of the sections that begin with it."""
    asked = asked_items(form.instrument, form.answers)
    place = asked.index(item) if item in asked else 0
    before = form.instrument.sections_of.get(asked[place - 1].code, ()) if place else ()
    inside = titles_of(form.instrument, item)
    titles = [_in(form, one.prefix, one.title) for one in inside if one.title]
    texts = [worded(one.text, form.reader.language) for one in inside if one not in before]
    return Head(titles[-1] if titles else "", tuple(filter(None, texts)))


def notes(form: Form, found: Sequence[Note]) -> tuple[NoteView, ...]:
    """Notes in the language of the page."""
    return tuple(
        NoteView(_in(form, note.prefix, note.text), _picture(form, note.picture)) for note in found
    )


def _question(form: Form, item: Item, place: str) -> Question:
    answer = form.shown.get(item.code)
    language = form.reader.language
    typed = form.given.get(item.code) or typed_of(item, answer, language)
    read_with = notes_of(form.instrument, form.answers, item)
    wrong = form.wrong.get(item.code)
    shown = Question(
        id=place,
        code=item.code,
        kind=_kind(item),
        text=_in(form, item.prefix, item.text),
        options=_options(form, item, typed),
        instead=_instead(form, item, typed),
        recall=worded(item.recall, language),
        bars=isinstance(item, GradedItem) and (item.attribute or "severity") in _BARS,
        wrong=to_mend(item, typed, wrong, form.reader) if wrong else "",
        notes=notes(form, read_with.before),
        help=notes(form, read_with.beside),
        picture=_picture(form, item.picture),
        field=_field(form, item, typed),
    )
    return _drawn(shown) if isinstance(item, BodyAreaItem) else shown


def _kind(item: Item) -> Kind:
    return next((kind for type_, kind in _KINDS if isinstance(item, type_)), Kind.ONE)


def _in(form: Form, prefix: str, texts: Mapping[str, str]) -> str:
    return f"{prefix} {worded(texts, form.reader.language)}".strip()


def _picture(form: Form, name: str | None) -> PictureView | None:
    picture = form.instrument.pictures.get(name) if name else None
    if picture is None:
        return None
    return PictureView(picture.svg, worded(picture.alt, form.reader.language))


# --- what can be chosen --------------------------------------------------------------------------


def _options(form: Form, item: Item, typed: Typed) -> tuple[Option, ...]:
    """The answers of an item that is answered by choosing."""
    if isinstance(item, PickItem):
        return tuple(_one_of_several(form, item, each, typed) for each in item.options)
    return tuple(
        _option(form, each, item.code, checked=str(each.value) == typed.text)
        for each in options_of(item)
    )


def _one_of_several(form: Form, item: PickItem, option: ItemOption, typed: Typed) -> Option:
    name, checked = part_of(item, option.value), option.value in typed.picked
    area = option.area if isinstance(option, AreaOption) else None
    return replace(
        _option(form, option, name, checked=checked),
        alone=getattr(option, "exclusive", False),
        area=area.value if area else "",
    )


def _option(form: Form, option: ItemOption, name: str, *, checked: bool) -> Option:
    language = form.reader.language
    return Option(
        name=name,
        value=str(option.value),
        label=worded(option.label, language),
        detail=worded(option.hint, language),
        checked=checked,
        picture=_picture(form, option.picture),
    )


def _instead(form: Form, item: Item, typed: Typed) -> tuple[Option, ...]:
    """Why there may be no answer: chosen in the place of an option, or of what is typed."""
    is_one = isinstance(item, OneOfItem)
    name, chosen = (item.code, typed.text) if is_one else (why_of(item), typed.why)
    reasons = {AnswerStatus.REFUSED: ""}  # worded by the page
    if item.may_not_apply:
        applies_not = not_applicable(item, form.reader.language)
        reasons = {AnswerStatus.NOT_APPLICABLE: applies_not, **reasons}
    return tuple(
        Option(name, status.value, label, checked=chosen == status.value)
        for status, label in reasons.items()
    )


# --- what is typed -------------------------------------------------------------------------------


def _field(form: Form, item: Item, typed: Typed) -> FieldView | None:
    language = form.reader.language
    label = worded(item.short, language) or worded(item.text, language)
    match item:
        case NumberItem():
            unit = number_field.units(item, language)
            hint = worded(item.hint, language)
            return FieldView(label, typed.text, hint, unit=unit)
        case VisualScaleItem():
            return _scale(item, label, typed, language)
        case DateItem():
            return _date(form, item, label, typed)
        case TextItem():
            hint = worded(item.hint, language)
            return FieldView(label, typed.text, hint, longest=item.max_length, long=item.long)
    return None


def _scale(item: VisualScaleItem, label: str, typed: Typed, language: str) -> FieldView:
    return FieldView(
        label,
        typed.text,
        low=worded(item.low, language),
        high=worded(item.high, language),
        minimum=str(item.minimum),
        maximum=str(item.maximum),
        step=item.step,
    )


def _date(form: Form, item: DateItem, label: str, typed: Typed) -> FieldView:
    first, last = date_bounds(item, form.reader.today)
    return FieldView(
        label,
        hint=worded(item.hint, form.reader.language),
        minimum=first.isoformat() if first else "",
        maximum=last.isoformat() if last else "",
        day=typed.day[:2],
        month=typed.month[:2],
        year=typed.year[:4],
    )


def _drawn(question: Question) -> Question:
    """The same with the drawing of a body; what is no option is drawn, and cannot be chosen."""
    areas = {option.area: option for option in question.options if option.area}

    def shapes(side: body.Side) -> tuple[Shape, ...]:
        return tuple(
            Shape(path, areas[area].name, areas[area].checked) if area in areas else Shape(path)
            for area, path in body.outlines(side)
        )

    return replace(question, front=shapes("front"), back=shapes("back"))
