"""A language is offered only if everything is said in it; the others' texts are kept."""

import json
from collections.abc import Iterator, Mapping

from integrations.fhir.context import Content, Context
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.questionnaire import Json

_TITLES = f"{PREFIX}titles"
_TEXTS = frozenset({"text", "short", "label", "title", "low", "high", "not_applicable", "hint"})


def offer(content: Content, context: Context) -> None:
    """Leave among `languages` only those that are complete, and say which are not."""
    languages = content.get("languages")
    if not isinstance(languages, Mapping):
        return
    offered = dict(languages)
    for tag in context.languages:
        if tag == context.language:
            continue
        first = "title" if tag not in offered else _first_without(content, tag)
        if first:
            _keep_title(content, tag, offered.pop(tag, None))
            context.unstated[:] = [each for each in context.unstated if each != f"languages.{tag}"]
            context.keeper.remarks.append(f"{tag} is not offered: {first} has no text in it")
    content["languages"] = offered


def _keep_title(content: Content, tag: str, language: Json | None) -> None:
    """The title in a language that is not offered has no place but among what is kept."""
    metadata = content.get("metadata")
    if isinstance(language, Mapping) and isinstance(metadata, dict):
        titles = json.loads(metadata.get(_TITLES, "{}"))
        metadata[_TITLES] = as_json({**titles, tag: language["title"]})


def _first_without(content: Content, tag: str) -> str:
    return next((path for path, texts in _all(content, "") if tag not in texts), "")


def _all(value: Json, path: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Every text of sections, items and notes with the code of what it is said of."""
    if isinstance(value, Mapping):
        name = str(value.get("code", value.get("key", path)))
        for key, inner in value.items():
            if key in _TEXTS and isinstance(inner, Mapping) and inner:
                yield f"{name}.{key}", inner
            elif key in {"sections", "items", "notes", "options"}:
                yield from _all(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for each in value:
            yield from _all(each, path)
