"""Licensed wording, loaded from a site's own file onto a structure that we ship, unchanged.

A file is CSV or TOML and holds one text per line: of which item, which part of it, for an option
which value, and the text in each language. In CSV the columns are `item`, `part`, `value` and one
per language (`en`, `es`); the README of this room shows both forms.

| part | item | value |
|---|---|---|
| `title`, `recall`, `notice`, `reviewed_by`, `reviewed_on`, `licence` | empty | empty |
| `symptom` | key of a symptom | empty |
| `question`, `short`, `not_applicable` | code of an item, ours or the publisher's | empty |
| `option` | the same, or `*.severity` for all items of that attribute, or `*` | the stored code |
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from rsm.instruments.checks import check
from rsm.instruments.items import options_of
from rsm.instruments.model import Instrument, Item
from rsm.instruments.wording_files import Line, read_lines
from rsm.kernel.documents import Source, nearest, path_text
from rsm.kernel.errors import Invalid, Problem

_BY_SYMPTOM = "pro-ctcae"  # of which a site chooses symptoms, each with all its attributes
_NUMERIC = 7  # a scale of so many values or more reads as its numbers where it has no words
_OF_LANGUAGE = ("title", "recall", "notice", "reviewed_by", "reviewed_on")
_OF_ITEM = ("question", "short", "not_applicable")
_PARTS = (*_OF_LANGUAGE, "licence", "symptom", *_OF_ITEM, "option")

Json = dict[str, object]


@dataclass(frozen=True)
class Permission:
    """What the site says of its right to show the wording; without a licence it is not shown."""

    licence: str = ""  # such as "EORTC licence 2026-0417 for this hospital, e-version"
    version: str = ""  # of the instrument with its wording; empty: the structure's
    reviewed_by: str = ""
    reviewed_on: str = ""


def load_wording(
    structure: Instrument, text: str, name: str, permission: Permission | None = None
) -> Instrument:
    """The structure with the wording of the file; of PRO-CTCAE the symptoms that it words.

    Raises `Invalid` with every problem, each with its line and how to mend it.
    """
    lines = read_lines(text, name)
    loading = _Loading(structure, name)
    for line in lines:
        loading.take(line)
    if loading.problems:
        raise Invalid(loading.problems)
    loading.complete()
    if loading.problems:
        raise Invalid(loading.problems)
    return loading.instrument(permission or Permission())


@dataclass
class _Loading:
    """The texts of a file by what they are of, while it is read."""

    structure: Instrument
    name: str
    problems: list[Problem] = field(default_factory=list)
    # (part, item, value) → language → text
    _texts: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)

    # --- line by line ------------------------------------------------------------------------

    def take(self, line: Line) -> None:
        """Put one line where it belongs, or note what is wrong with it."""
        if line.part not in _PARTS:
            mend = nearest(line.part, _PARTS) or f"there are {', '.join(_PARTS)}"
            self._refuse(line, f"unknown part {line.part!r}", mend)
        elif self._is_known(line):
            item = self._code(line.item) if line.part in {*_OF_ITEM, "option"} else line.item
            texts = self._texts.setdefault((line.part, item, line.value), {})
            if line.language in texts:
                what = f"a second text of {line.part} {line.item} {line.value}".rstrip()
                self._refuse(line, f"{what} in {line.language}", "keep one of them")
            texts[line.language] = line.text

    def _is_known(self, line: Line) -> bool:
        """Whether the item and the value are this structure's."""
        match line.part:
            case "symptom":
                return self._is_one_of(line, "symptom", self.structure.symptom_by_key)
            case "question" | "short" | "not_applicable":
                return self._is_one_of(line, "item", self._codes)
            case "option":
                return self._is_option(line)
            case _ if line.item:
                self._refuse(line, f"{line.part} is of the whole, not of {line.item!r}", "empty it")
                return False
        return True

    def _is_one_of(self, line: Line, what: str, known: Collection[str]) -> bool:
        if line.item in known:
            return True
        self._refuse(
            line,
            f"{self.structure.key} has no {what} {line.item!r}",
            nearest(line.item, known) or f"give the code of one of its {what}s",
        )
        return False

    def _is_option(self, line: Line) -> bool:
        items = self._meant(line.item)
        if not items:
            return self._is_one_of(line, "item", self._codes)
        if any(line.value in _values(item) for item in items):
            return True
        values = ", ".join(_values(items[0])) or "none"
        self._refuse(line, f"no option has the value {line.value!r}", f"its values are {values}")
        return False

    def _refuse(self, line: Line, what: str, mend: str) -> None:
        self.problems.append(Problem(f"{self.name}:{line.number}", what, mend))

    # --- items -------------------------------------------------------------------------------

    @property
    def _codes(self) -> Mapping[str, str]:
        """Our code of an item by every code that it is known by."""
        found = {code: item.code for item in self.structure.items for code in item.codes.values()}
        return found | {item.code: item.code for item in self.structure.items}

    def _code(self, given: str) -> str:
        return self._codes.get(given, given)

    def _meant(self, given: str) -> Sequence[Item]:
        """The items that an option's line is of."""
        if given == "*":
            return self.structure.items
        if given.startswith("*."):
            return [item for item in self.structure.items if item.attribute == given[2:]]
        code = self._codes.get(given)
        return [self.structure.item_by_code[code]] if code else []

    # --- whether it is all there -------------------------------------------------------------

    def complete(self) -> None:
        """Note every text that is missing: a language is offered only if it is complete."""
        chosen, languages = self._chosen(), self._languages()
        if not chosen or not languages:
            mend = "add lines with part question, and a column per language"
            self.problems.append(Problem(self.name, "words no question", mend))
        for language in languages:
            for part in ("title", "recall"):
                self._want(part, "", "", language)
            for item in chosen:
                self._want_item(item, language)
            for key in dict.fromkeys(item.symptom for item in chosen if item.symptom):
                self._want("symptom", key, "", language)

    def _want_item(self, item: Item, language: str) -> None:
        self._want("question", item.code, "", language)
        if item.may_not_apply:
            self._want("not_applicable", item.code, "", language)
        for value in _values(item):
            if self._label(item, value, language) is None:
                self._miss(f"option {value} of {item.code}", language)

    def _want(self, part: str, item: str, value: str, language: str) -> None:
        if language not in self._texts.get((part, item, value), {}):
            self._miss(f"{part} of {item}" if item else part, language)

    def _miss(self, what: str, language: str) -> None:
        mend = f"add it, or leave {language} out"
        self.problems.append(Problem(self.name, f"no {what} in {language}", mend))

    def _chosen(self) -> list[Item]:
        """All items; of PRO-CTCAE those of symptoms of which anything is asked."""
        if self.structure.key != _BY_SYMPTOM:
            return list(self.structure.items)
        worded = {item for part, item, _ in self._texts if part == "question"}
        symptoms = {item.symptom for item in self.structure.items if item.code in worded}
        return [item for item in self.structure.items if item.symptom in symptoms]

    def _languages(self) -> list[str]:
        found: dict[str, None] = {}
        for (part, _, _), texts in self._texts.items():
            if part in {"question", "option", "title"}:
                found |= dict.fromkeys(texts)
        return list(found)

    def _label(self, item: Item, value: str, language: str) -> str | None:
        """An option's words: the item's own, its attribute's, everybody's, or the number."""
        for given in (item.code, f"*.{item.attribute}", "*"):
            texts = self._texts.get(("option", given, value), {})
            if language in texts:
                return texts[language]
        return value if len(_values(item)) >= _NUMERIC else None

    # --- the whole ---------------------------------------------------------------------------

    def instrument(self, permission: Permission) -> Instrument:
        """The structure with its words. Raises `Invalid` for what makes it unsound."""
        chosen = self._chosen()
        codes, names = {item.code for item in chosen}, {item.symptom for item in chosen}
        dump = self.structure.model_dump(mode="json", exclude_defaults=True)
        content = {
            **dump,
            "version": permission.version or self.structure.version,
            "wording": "official",
            "licence": self._licence(dump["licence"], permission),
            "languages": {tag: self._language(tag, permission) for tag in self._languages()},
            "symptoms": [
                {**each, "name": self._of("symptom", each["key"])}
                for each in dump.get("symptoms", ())
                if each["key"] in names
            ],
            "items": [self._item(each) for each in dump["items"] if each["code"] in codes],
            "scores": [
                self._score(each) for each in dump.get("scores", ()) if codes >= set(_items(each))
            ],
        }
        try:
            found = Instrument.model_validate_json(json.dumps(content))
        except ValidationError as error:
            wrong = [path_text(detail["loc"]) + ": " + detail["msg"] for detail in error.errors()]
            raise Invalid([Problem(self.name, each, "mend the line") for each in wrong]) from None
        if findings := check(found):
            raise Invalid([finding.problem(Source(self.name)) for finding in findings])
        return found

    def _licence(self, licence: Json, permission: Permission) -> Json:
        """May be shown once the site has said by which right."""
        stated = permission.licence or next(iter(self._of("licence").values()), "")
        if not stated:
            return licence
        terms = f"{str(licence.get('terms', '')).strip()}\n\nThis site: {stated}"
        return {**licence, "terms": terms, "display": True}

    def _language(self, tag: str, permission: Permission) -> Json:
        given = {name: self._of(name).get(tag, "") for name in _OF_LANGUAGE}
        given["reviewed_by"] = given["reviewed_by"] or permission.reviewed_by
        given["reviewed_on"] = given["reviewed_on"] or permission.reviewed_on
        return {name: text for name, text in given.items() if text}

    def _item(self, dump: Json) -> Json:
        item = self.structure.item_by_code[str(dump["code"])]
        question = self._of("question", item.code)
        content = {**dump, "text": question, "short": question | self._of("short", item.code)}
        if item.may_not_apply:
            content["not_applicable"] = self._of("not_applicable", item.code)
        options = [
            {"value": int(value), "label": self._labels(item, value)} for value in _values(item)
        ]
        return {**content, "options": options} if options else content

    def _score(self, score: Json) -> Json:
        """Names of its bands are ours, in our languages: kept where they are in all of these."""
        cut_offs = score.get("cut_offs")
        if not isinstance(cut_offs, dict):
            return score
        labels = [band.get("label", {}) for band in cut_offs["bands"]]
        if all(tag in label for tag in self._languages() for label in labels):
            return score
        bare = [{key: band[key] for key in band if key != "label"} for band in cut_offs["bands"]]
        return {**score, "cut_offs": {**cut_offs, "bands": bare}}

    def _labels(self, item: Item, value: str) -> dict[str, str]:
        return {
            language: label
            for language in self._languages()
            if (label := self._label(item, value, language)) is not None
        }

    def _of(self, part: str, item: str = "", value: str = "") -> dict[str, str]:
        return self._texts.get((part, item, value), {})


def _values(item: Item) -> list[str]:
    return [str(option.value) for option in options_of(item)]


def _items(score: Json) -> list[str]:
    items = score.get("items", ())
    return [str(each) for each in items] if isinstance(items, list) else []
