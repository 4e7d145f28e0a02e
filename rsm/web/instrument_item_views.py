"""The form of one question of a draft, filled: languages side by side, what is missing marked."""

from collections.abc import Mapping

from rsm.instruments.bank import listed, named
from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.instruments.drawings import DRAWINGS
from rsm.kernel.errors import Problem
from rsm.web import instrument_faults, instrument_views
from rsm.web.auth import Desk
from rsm.web.instrument_draft_views import tags_of
from rsm.web.instrument_item_form import FIXED, MOST, NUMBERS, TICKS, WITH_OPTIONS, texts_of
from rsm.web.instrument_words import InstrumentWords, words_for
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, Link
from rsm.web.views.instrument_editor import Gate, ItemFormView, OptionRow, TextRow

_BLANK_ROWS = 3
_NEEDED = frozenset(("text", "short", "low", "high"))


def page(
    desk: Desk,
    draft: DraftView,
    shown: tuple[Data, Data, str],
    problems: tuple[Problem, ...] = (),
) -> ItemFormView:
    """`shown`: the draft's data, the question, and its place (`new` for one more)."""
    content, item, place = shown
    here = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    tags, kind, words = tags_of(content), str(item.get("type", "")), words_for(desk)
    heading = words.d.item_new if place == "new" else words.d.item_old
    texts = tuple(_row(words, name, item, tags) for name in texts_of(kind))
    numbers = tuple(_number(words, name, item) for name, _ in NUMBERS.get(kind, ()))
    return ItemFormView(
        frame=instrument_views.frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link(words.w.back_draft, here),
        action=f"{here}/items/{place}",
        heading=heading.format(kind=words.kind(kind).lower()),
        revision=draft.revision,
        fields=(Field("kind", kind),),
        type=kind,
        code=str(item.get("code", "")),
        languages=tuple(Choice(tag, words.tongue(tag)) for tag in tags),
        texts=texts,
        options=tuple(_options(item, kind, tags)),
        pictures=tuple(_pictures(words, content)),
        drawings=tuple((name, one.svg, _alt(words, name)) for name, one in DRAWINGS.items()),
        numbers=numbers,
        unit=str(item.get("unit", "")) if kind == "number" else None,
        ticks=tuple(
            (name, getattr(words.d, name), bool(item.get(name)))
            for name in ("required", "may_not_apply", *TICKS.get(kind, ()))
        ),
        earlier=tuple(_earlier(content, place)),
        operators=words.operators,
        gate=_gate(item),
        problems=instrument_faults.said(problems, words.language, _labels(words, numbers)),
    )


def _labels(words: InstrumentWords, numbers: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    """What the fields are called in a list of what is wrong."""
    rows = {f"option:{row}:value": words.d.answer.format(number=row + 1) for row in range(MOST)}
    own = {"code": words.d.code, "when:value": words.d.when_one}
    return rows | own | {name: label for name, label, _ in numbers}


def _number(words: InstrumentWords, name: str, item: Data) -> tuple[str, str, str]:
    return name, str(getattr(words.d, name)), str(item.get(name, ""))


def _row(words: InstrumentWords, name: str, item: Data, tags: list[str]) -> TextRow:
    label, hint = str(getattr(words.d, name)), getattr(words.d, f"{name}_hint", "")
    texts = item.get(name)
    known = texts if isinstance(texts, Mapping) else {}
    cells = tuple((tag, f"{name}:{tag}", str(known.get(tag, ""))) for tag in tags)
    needed = name in _NEEDED or any(value for _, _, value in cells)
    return TextRow(label, cells, long=name == "text", hint=hint, needed=needed)


def _options(item: Data, kind: str, tags: list[str]) -> list[OptionRow]:
    if kind not in WITH_OPTIONS:
        return []
    known = listed(item, "options")
    blank = 0 if kind in FIXED else _BLANK_ROWS if known else _BLANK_ROWS + 2
    return [_option(number, option, tags) for number, option in enumerate([*known, *[{}] * blank])]


def _option(number: int, option: Data, tags: list[str]) -> OptionRow:
    label = option.get("label")
    texts = label if isinstance(label, Mapping) else {}
    return OptionRow(
        number=number,
        value=str(option.get("value", "")),
        cells=tuple((t, f"option:{number}:label:{t}", str(texts.get(t, ""))) for t in tags),
        picture=str(option.get("picture", "")),
        exclusive=bool(option.get("exclusive")),
        is_blank=not option,
    )


def _alt(words: InstrumentWords, name: str) -> str:
    alt = DRAWINGS[name].alt
    return alt.get(words.language, alt["en"])


def _pictures(words: InstrumentWords, content: Data) -> list[Choice]:
    """Drawings of ours by what they show, then those that the draft has besides."""
    own = content.get("pictures")
    besides = [name for name in own if name not in DRAWINGS] if isinstance(own, Mapping) else []
    ours = [Choice(name, _alt(words, name)) for name in DRAWINGS]
    return [*ours, *(Choice(name, name) for name in besides)]


def _earlier(content: Data, place: str) -> list[Choice]:
    """The questions before it: only these can open or close it."""
    items = listed(content, "items")
    before = items if place == "new" else items[: int(place)]
    return [
        Choice(str(each.get("code")), str(each.get("code"))) for each in before if each.get("code")
    ]


def _gate(item: Data) -> Gate:
    """Item, operator and value of a plain condition; else what it looks at, which is kept."""
    match item.get("asked_when"):
        case None:
            return Gate()
        case {"item": code, **rest}:
            return Gate(str(code), "gate", str(rest.get("at_least", 1)))
        case {"every": [{"item": code, "operator": operator, **rest}]} if not (
            operator == "exists" and rest.get("value", True) is not True
        ):
            return Gate(str(code), str(operator), str(rest.get("value", "")))
        case other:
            return Gate(kept=", ".join(named(other)))
