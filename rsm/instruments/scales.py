"""The shorthand of instrument files: options written once, and used by many items."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from rsm.instruments.findings import Finding
from rsm.kernel.documents import Loc, nearest

_SYMPTOM_ATTRIBUTE = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)")
# Stands in for options that could not be made, so that only the cause is reported.
_UNKNOWN_OPTIONS: list[object] = [{"value": 0}, {"value": 1}]

JsonObject = dict[str, object]
Changes = Mapping[str, Mapping[str, str]]  # language → value (a TOML key, so text) → words


class Scale(BaseModel):
    """Options in order: `values`, and beside them labels and hints per language, and pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[int, ...]
    labels: Mapping[str, tuple[str, ...]]
    hints: Mapping[str, tuple[str, ...]] = {}
    pictures: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _as_many_words_as_values(self) -> Self:
        pictures = (self.pictures,) if self.pictures else ()
        for words in (*self.labels.values(), *self.hints.values(), *pictures):
            if len(words) != len(self.values):
                raise ValueError(f"{len(self.values)} values, but {len(words)} texts: {words}")
        return self


def expand(raw: Mapping[str, object]) -> tuple[JsonObject, list[Finding]]:
    """The file's content without shorthand, ready to be validated, and what was wrong with it."""
    content = dict(raw)
    scales, findings = _scales(content.pop("scales", {}))
    items = content.get("items")
    if isinstance(items, list):
        expansion = _Expansion(scales, findings)
        content["items"] = [expansion.item(place, item) for place, item in enumerate(items)]
    return content, findings


def _scales(raw: object) -> tuple[dict[str, Scale | None], list[Finding]]:
    """The scales by name; None for one that is broken, which is reported once, not per item."""
    if not isinstance(raw, Mapping):
        return {}, [Finding(("scales",), "is not a table", "write [scales.<name>]")]
    scales: dict[str, Scale | None] = {}
    findings: list[Finding] = []
    for name, body in raw.items():
        try:
            scales[name] = Scale.model_validate(body)
        except ValidationError as error:
            scales[name] = None
            findings += _findings(("scales", name), error)
    return scales, findings


def _findings(path: Loc, error: ValidationError) -> list[Finding]:
    return [
        Finding((*path, *detail["loc"]), detail["msg"], f"a scale has {', '.join(_SCALE_KEYS)}")
        for detail in error.errors()
    ]


_SCALE_KEYS = tuple(Scale.model_fields)
_CHANGES = TypeAdapter(Changes)


@dataclass(frozen=True)
class _Expansion:
    scales: Mapping[str, Scale | None]
    findings: list[Finding]

    def item(self, place: int, raw: object) -> object:
        """The item with its options spelled out. What is no table is left for the model."""
        if not isinstance(raw, Mapping):
            return raw
        item = _with_parts(raw)
        if "scale" not in item:
            return item
        path = ("items", place)
        if "options" in item:
            self._find((*path, "options"), "scale and options are both given", "keep one of them")
        scale = self._scale((*path, "scale"), item.pop("scale"))
        changes = {key: self._changes((*path, key), item.pop(key, {})) for key in _WORDS}
        if scale is None:
            return item | {"options": _UNKNOWN_OPTIONS}
        for key in _WORDS:
            self._refuse_unknown_values((*path, key), changes[key], scale)
        return item | {"options": _options(scale, changes["labels"], changes["hints"])}

    def _scale(self, path: Loc, name: object) -> Scale | None:
        if isinstance(name, str) and name in self.scales:
            return self.scales[name]
        known = ", ".join(self.scales) or "none"
        mend = nearest(str(name), self.scales) or f"scales of this file: {known}"
        self._find(path, f"unknown scale {name!r}", mend)
        return None

    def _changes(self, path: Loc, raw: object) -> Changes:
        try:
            return _CHANGES.validate_python(raw)
        except ValidationError:
            what = "must be words by language and value"
            self._find(path, what, f'such as {path[-1]}.en.0 = "None"')
            return {}

    def _refuse_unknown_values(self, path: Loc, changes: Changes, scale: Scale) -> None:
        values = {str(value) for value in scale.values}
        for language, words in changes.items():
            for value in sorted(words.keys() - values):
                what = f"the scale has no value {value}"
                self._find((*path, language, value), what, f"it has {', '.join(sorted(values))}")

    def _find(self, path: Loc, what: str, mend: str) -> None:
        self.findings.append(Finding(path, what, mend))


_WORDS = ("labels", "hints")


def _with_parts(raw: Mapping[str, object]) -> JsonObject:
    """`symptom` and `attribute` as the code says them, unless the file says otherwise."""
    item = dict(raw)
    code = item.get("code")
    parts = _SYMPTOM_ATTRIBUTE.fullmatch(code) if isinstance(code, str) else None
    if parts:
        item.setdefault("symptom", parts.group(1))
        item.setdefault("attribute", parts.group(2))
    for part in ("symptom", "attribute"):
        if item.get(part) == "":  # so that a code such as "1.2" can be without
            del item[part]
    return item


def _options(scale: Scale, labels: Changes, hints: Changes) -> list[JsonObject]:
    return [
        {
            "value": value,
            "label": _words(scale.labels, labels, index, str(value)),
            "hint": _words(scale.hints, hints, index, str(value)),
            **({"picture": scale.pictures[index]} if scale.pictures else {}),
        }
        for index, value in enumerate(scale.values)
    ]


def _words(
    common: Mapping[str, tuple[str, ...]], changes: Changes, index: int, value: str
) -> dict[str, str]:
    """Language → the words of one option: the item's own, else the scale's."""
    own = {language: words[value] for language, words in changes.items() if value in words}
    return {language: words[index] for language, words in common.items()} | own
