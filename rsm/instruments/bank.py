"""The item bank: every question of the questionnaires at hand, once, with where it is asked.

Pure. Which questions are the same is said by `rsm.instruments.sharing`, as merging says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from rsm.instruments.draft_text import Data
from rsm.instruments.items import Item, options_of
from rsm.instruments.model import Instrument
from rsm.instruments.sharing import Shared
from rsm.kernel.errors import Conflict, Invalid, Problem


@dataclass(frozen=True)
class BankItem:
    """A question. `others` ask the same: theirs is asked once together with this one."""

    instrument: Instrument
    item: Item
    others: tuple[tuple[Instrument, str], ...] = ()  # with the code that it has there

    @property
    def ref(self) -> str:
        """What names it in a form: `weekly-symptoms@1.0.0/pain.severity`."""
        return f"{self.instrument.key}@{self.instrument.version}/{self.item.code}"


@dataclass(frozen=True)
class Wanted:
    """What is looked for; all that is given must fit."""

    words: str = ""
    symptom: str = ""
    type: str = ""
    language: str = ""


def same_question(one: tuple[Instrument, Item], other: tuple[Instrument, Item]) -> bool:
    """Whether two questionnaires ask this in the same words, with one scale and one look-back,
    and their licences let it be asked once for both."""
    (first, item), (second, repeated) = one, other
    shared = Shared(set(first.languages) & set(second.languages))
    if not set(first.languages) & set(second.languages):
        return False
    shared.same_as(first, item.model_copy(update={"code": "first"}))
    return shared.same_as(second, repeated.model_copy(update={"code": "second"})) == "first"


def bank(instruments: Iterable[Instrument]) -> tuple[BankItem, ...]:
    """Every question that has words, at its first place; the same questions are one."""
    found: list[BankItem] = []
    by_words: dict[str, list[int]] = {}
    for instrument in instruments:
        for item in instrument.items:
            if not item.text or item.code in instrument.hidden_codes or item.same_as:
                continue
            near = by_words.setdefault(_near(item), [])
            place = next((n for n in near if _repeats(found[n], instrument, item)), None)
            if place is None:
                near.append(len(found))
                found.append(BankItem(instrument, item))
            else:
                first = found[place]
                others = (*first.others, (instrument, item.code))
                found[place] = BankItem(first.instrument, first.item, others)
    return tuple(found)


def search(items: Iterable[BankItem], wanted: Wanted) -> tuple[BankItem, ...]:
    """Those that fit: every word stands in the question, its short name, its code or an option."""
    words = wanted.words.casefold().split()
    return tuple(
        each
        for each in items
        if wanted.type in {"", each.item.type}
        and (not wanted.language or wanted.language in each.item.text)
        and wanted.symptom in {"", each.item.symptom}
        and all(word in _all_words(each) for word in words)
    )


def added(content: Mapping[str, object], chosen: BankItem) -> Data:
    """A draft's data with this question at its end, in the languages that the draft speaks.

    A condition on what the draft does not ask is left out. Raises `Conflict` when the draft asks
    it already, `Invalid` where its licence keeps it in its own questionnaire.
    """
    if not chosen.instrument.may_share:
        what = f"{chosen.instrument.licence.name} keeps it in its questionnaire"
        raise Invalid(Problem("bank", what, "ask that questionnaire as a whole"))
    items = listed(content, "items")
    codes = {item.get("code") for item in items}
    if chosen.item.code in codes:
        raise Conflict(f"{chosen.item.code} is asked already")
    raw = chosen.item.model_dump(mode="json", exclude_defaults=True, exclude={"section", "picture"})
    gate = chosen.item.asked_when
    if gate is not None and not set(named(raw["asked_when"])) <= codes:
        del raw["asked_when"]
    tags = _tags(content)
    if "recall" not in raw and not _looks_back_as(content, chosen.instrument, tags):
        spoken = chosen.instrument.languages
        raw["recall"] = {tag: language.recall for tag, language in spoken.items()}
    result = dict(content)
    result["items"] = [*items, _in_languages(raw, tags)]
    result.update(_drawn(content, chosen, tags))
    return result


def _looks_back_as(content: Mapping[str, object], other: Instrument, tags: set[str]) -> bool:
    """Whether the draft looks back over as many days as the other one, and in the same words."""
    languages = content.get("languages")
    if content.get("recall_days") != other.recall_days or not isinstance(languages, Mapping):
        return False
    said = {tag: languages[tag] for tag in tags & other.languages.keys()}
    return all(
        isinstance(words, Mapping) and words.get("recall") == other.languages[tag].recall
        for tag, words in said.items()
    )


def named(asked_when: object) -> list[str]:
    """The codes that a condition, as data, looks at."""
    match asked_when:
        case {"item": str(code)}:
            return [code]
        case {"every": list(tests)} | {"any": list(tests)}:
            return [str(t["item"]) for t in tests if isinstance(t, dict) and "item" in t]
    return []


def listed(content: Mapping[str, object], key: str) -> list[Data]:
    """The tables of a draft's data under that name."""
    found = content.get(key)
    return (
        [cast("Data", each) for each in found if isinstance(each, dict)]
        if isinstance(found, list)
        else []
    )


def _drawn(content: Mapping[str, object], chosen: BankItem, tags: set[str]) -> Data:
    """The symptom and the pictures that the question needs, where the draft lacks them."""
    result: Data = {}
    symptom = chosen.instrument.symptom_by_key.get(chosen.item.symptom or "")
    symptoms = listed(content, "symptoms")
    if symptom is not None and symptom.key not in {each.get("key") for each in symptoms}:
        raw = symptom.model_dump(mode="json", exclude_defaults=True)
        result["symptoms"] = [*symptoms, _in_languages(raw, tags)]
    names = {option.picture for option in options_of(chosen.item) if option.picture}
    pictures = content.get("pictures")
    known = dict(pictures) if isinstance(pictures, Mapping) else {}
    for name in sorted(names - known.keys()):
        raw = chosen.instrument.pictures[name].model_dump(mode="json")
        known[name] = _in_languages(raw, tags)
    return result | ({"pictures": known} if known else {})


_TEXTS = frozenset(
    ("text", "short", "recall", "label", "hint", "low", "high", "not_applicable", "name", "alt")
)


def _in_languages(raw: object, tags: set[str]) -> object:
    """The same without words in a language that the draft does not speak."""
    if isinstance(raw, list):
        return [_in_languages(each, tags) for each in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: {tag: text for tag, text in value.items() if tag in tags}
        if key in _TEXTS and isinstance(value, dict)
        else _in_languages(value, tags)
        for key, value in raw.items()
    }


def _tags(content: Mapping[str, object]) -> set[str]:
    languages = content.get("languages")
    return set(languages) if isinstance(languages, Mapping) else set()


def _near(item: Item) -> str:
    """What the same questions have in common: a first look, so that few are compared."""
    return f"{item.type} {item.text.get('en') or min(item.text.values())}"


def _repeats(first: BankItem, instrument: Instrument, item: Item) -> bool:
    return same_question((first.instrument, first.item), (instrument, item))


def _all_words(each: BankItem) -> str:
    item = each.item
    texts = [*item.text.values(), *item.short.values(), item.code, item.symptom or ""]
    for option in options_of(item):
        texts += option.label.values()
    return " ".join(texts).casefold()
