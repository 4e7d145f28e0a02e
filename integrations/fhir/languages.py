"""Texts in several languages: FHIR writes one, with translations beside it as extensions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from integrations.fhir.addresses import TRANSLATION
from integrations.fhir.questionnaire import Json, Node

_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Words:
    """What FHIR leaves to the software, in one language."""

    no: str
    yes: str
    recall: str  # where the form does not say how far back the questions look
    notice: str  # of an instrument that nobody says is validated


_WORDS = {
    "en": Words("No", "Yes", "As each question says", "Not known to be a validated instrument."),
    "es": Words(
        "No", "Sí", "Según diga cada pregunta", "No consta que sea un instrumento validado."
    ),
    "ar": Words("لا", "نعم", "كما يذكر كل سؤال", "لا يُعرف أن هذا الاستبيان معتمد."),
    "de": Words(
        *("Nein", "Ja", "Wie in der Frage angegeben"),
        "Nicht bekannt, ob dies ein validiertes Instrument ist.",
    ),
    "fr": Words(
        *("Non", "Oui", "Comme indiqué dans chaque question"),
        "On ne sait pas si cet instrument est validé.",
    ),
    "it": Words(
        *("No", "Sì", "Come dice ogni domanda"),
        "Non è noto se questo strumento sia validato.",
    ),
    "nl": Words(
        *("Nee", "Ja", "Zoals bij elke vraag staat"),
        "Niet bekend of dit een gevalideerd instrument is.",
    ),
    "pt": Words(
        *("Não", "Sim", "Como diz cada pergunta"),
        "Não se sabe se este é um instrumento validado.",
    ),
}


def words(language: str) -> Words:
    """The words of that language, or the English ones where we have none."""
    return _WORDS.get(language.split("-", maxsplit=1)[0], _WORDS["en"])


def has_words(language: str) -> bool:
    return language.split("-", maxsplit=1)[0] in _WORDS


def read_texts(node: Node, key: str, language: str) -> dict[str, str]:
    """Language → text of `key`; what else is said of it (`_key`) stays in the node's rest."""
    texts = {language: plain} if (plain := node.text(key).strip()) else {}
    beside = node.node(f"_{key}")
    if beside is None:
        return texts
    for each in beside.extensions(TRANSLATION):
        tag, content = _translation(each)
        if not _TAG.fullmatch(tag) or not content:
            each.refuse("", "names no language and text", "give lang (such as es) and content")
        elif tag in texts:
            each.refuse("", f"is a second text in {tag}", "keep one of them")
        else:
            texts[tag] = content
    if beside.rest:
        node.rest[f"_{key}"] = beside.rest
    return texts


def _translation(node: Node) -> tuple[str, str]:
    """The language and the text of one translation."""
    node.text("url")
    tag = content = ""
    for part in node.nodes("extension"):
        match part.text("url"):
            case "lang":
                tag = part.text("valueCode") or part.text("valueString")
            case "content":
                content = part.text("valueString") or part.text("valueMarkdown")
    return tag, content.strip()


def write_texts(texts: Mapping[str, str], key: str, language: str) -> dict[str, Json]:
    """`{key: text, _key: translations}`; without the form's own language there is no plain one."""
    written: dict[str, Json] = {}
    if language in texts:
        written[key] = texts[language]
    if others := [translation(tag, text) for tag, text in texts.items() if tag != language]:
        written[f"_{key}"] = {"extension": others}
    return written


def translation(tag: str, text: str) -> dict[str, Json]:
    return {
        "url": TRANSLATION,
        "extension": [
            {"url": "lang", "valueCode": tag},
            {"url": "content", "valueString": text},
        ],
    }


def languages_in(value: object) -> Iterator[str]:
    """The languages of all translations that stand anywhere in the JSON."""
    if isinstance(value, Mapping):
        if value.get("url") == TRANSLATION:
            tag, _ = _translation(Node(dict(value), ""))
            yield from [tag] if _TAG.fullmatch(tag) else []
        for inner in value.values():
            yield from languages_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from languages_in(inner)
