"""What a form says of itself: name, version, whose it is; and what we must know besides."""

import re

from integrations.fhir.context import Content, Context
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.languages import has_words, read_texts, words
from integrations.fhir.ours import Fields, ours_of
from integrations.fhir.questionnaire import Json, JsonObject, Node
from rsm.instruments.model import Instrument

NOT_STATED = "not stated"
# What FHIR's own elements hold of an instrument; all else stands in the heading's extension.
IN_FHIR = frozenset({"version", "licence", "languages", "sections", "notes", "items", "metadata"})
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_SHORT_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))?")
_ADULT = 18


def read_heading(root: Node, context: Context) -> Content:
    """All of an instrument but its sections, items and notes."""
    ours = ours_of(root)
    context.is_bare = ours.get("wording") == "none"
    metadata: dict[str, str] = {}
    names = [_last(root, key) for key in ("name", "url", "id")]
    version = _version(root, context, metadata)
    title = read_texts(root, "title", context.language)
    content: Content = {
        "key": context.said.key or next((slug for slug in map(_slug, names) if slug), "form"),
        "version": version,
        "wording": "official",
        "validated": context.said.validated,
        "licence": _licence(root, context, ours),
        **_asked_of(context, bool(ours)),
    }
    content["languages"] = _languages(context, title or _untitled(names, context), ours)
    fields = Instrument.model_fields.keys() - IN_FHIR
    content |= {key: value for key, value in ours.items() if key in fields and value is not None}
    context.order = ours.get("order")
    made = ours.get("made", ())
    for key in made if isinstance(made, list) else ():
        root.rest.pop(str(key), None)
    others = ours.get("metadata")
    metadata |= context.keeper.keep(root, "questionnaire")
    content["metadata"] = {**metadata, **(others if isinstance(others, dict) else {})}
    return content


def _last(root: Node, key: str) -> str:
    """The last part of an address, or a plain name; it stays in the node's rest."""
    value = root.rest.get(key, "")
    return value.rstrip("/").rsplit("/", 1)[-1] if isinstance(value, str) else ""


def _slug(name: str) -> str:
    """`PHQ9_v2` as a key: `phq9-v2`."""
    return "-".join(re.findall(r"[a-z0-9]+", name.casefold()))[:100].strip("-")


def _untitled(names: list[str], context: Context) -> dict[str, str]:
    if context.is_bare:
        return {}
    context.unstated.append("title")
    return {context.language: next((name for name in names if name), "form")}


def _version(root: Node, context: Context, metadata: dict[str, str]) -> str:
    """Three numbers; what the form itself says is kept where it is spelled otherwise."""
    stated = root.text("version")
    if _VERSION.fullmatch(stated) and not context.said.version:
        return stated
    if stated:
        metadata[f"{PREFIX}version"] = as_json(stated)
    if context.said.version:
        return context.said.version
    if short := _SHORT_VERSION.fullmatch(stated):
        return f"{short[1]}.{short[3] or 0}.0"
    if stated:
        context.unstated.append("version")
    return "1.0.0"


def _licence(root: Node, context: Context, ours: Fields) -> JsonObject:
    """Whose the words are, as the form says; whether we may show them is for a person to say."""
    publisher, terms = root.text("publisher").strip(), root.text("copyright")
    own = ours.get("licence")
    own = own if isinstance(own, dict) else {}
    if not own and not context.said.licence:
        context.unstated.append("licence")
    stated: dict[str, Json] = {
        "name": context.said.licence or NOT_STATED,
        "holder": publisher or NOT_STATED,
        "terms": terms,
        "display": context.said.display,
    }
    return {**stated, **own}


def _asked_of(context: Context, is_ours: bool) -> Content:
    said = context.said
    for name in ("min_age", "recall_days"):
        if getattr(said, name) is None and not is_ours:
            context.unstated.append(name)
    return {
        "min_age": _ADULT if said.min_age is None else said.min_age,
        "recall_days": said.recall_days or 0,
    }


def _languages(context: Context, title: dict[str, str], ours: Fields) -> JsonObject:
    """Every language with a title; those that are not complete are taken away later."""
    own = ours.get("languages")
    own = own if isinstance(own, dict) else {}
    found: dict[str, Json] = {}
    for tag, text in title.items():
        if isinstance(told := own.get(tag), dict):
            found[tag] = {"title": text, **told}
            continue
        said, is_first = context.said, tag == context.language
        if not has_words(tag) and f"languages.{tag}" not in context.unstated:
            context.unstated.append(f"languages.{tag}")
        language: dict[str, Json] = {
            "title": text,
            "recall": said.recall if said.recall and is_first else words(tag).recall,
            "notice": "" if said.validated else words(tag).notice,
        }
        if said.reviewer and is_first:
            language |= {"reviewed_by": said.reviewer, "reviewed_on": said.reviewed_on}
        found[tag] = language
    return found
