"""What is left of an element after reading: kept as it came, or refused by name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from integrations.fhir.addresses import KEPT, NEVER, NOT_DONE, PREFILLING, RICH_TEXT
from integrations.fhir.questionnaire import Json, JsonObject, Node
from rsm.kernel.errors import Invalid, Problem

PREFIX = "fhir."  # of the names in our metadata

_ANYWHERE = frozenset({"id"})
# Elements that say nothing about what is asked.
_KEPT_ELEMENTS = {
    "questionnaire": frozenset(
        {
            *("meta", "text", "url", "identifier", "name", "status", "experimental", "date"),
            *("subjectType", "contact", "description", "useContext", "jurisdiction", "purpose"),
            *("approvalDate", "lastReviewDate", "effectivePeriod", "code", "derivedFrom"),
            *("contained", "copyrightLabel", "versionAlgorithmString", "versionAlgorithmCoding"),
        }
    ),
    "item": frozenset({"definition", "code", "disabledDisplay"}),
    "group": frozenset({"definition", "code", "readOnly", "required"}),
    "display": frozenset({"definition", "code", "required", "readOnly"}),
    "option": frozenset(),
    "coding": frozenset({"version", "userSelected"}),
}
# An answer that nobody gave. Missing is not zero, so that nothing is chosen beforehand here.
_PRESET = {"initial": ("item",), "initialSelected": ("option",)}
_REFUSED_ELEMENTS = {
    "implicitRules": ("the form follows rules that stand elsewhere", "leave implicitRules out"),
    "modifierExtension": (
        "changes the meaning of what it stands in",
        "leave it out, if the form means the same without it",
    ),
    "option": ("is FHIR STU3", "convert the form to R4: option is answerOption there"),
    "options": ("is FHIR STU3", "convert the form to R4: options is answerValueSet there"),
    "maxLength": ("is no limit of this type of item", "leave it out"),
    "answerConstraint": ("is FHIR R5", "convert the form to R4"),
}


@dataclass
class Keeper:
    """Keeps what may be kept; `wished` are the names that whoever imports wants kept unread."""

    wished: frozenset[str] = frozenset()
    remarks: list[str] = field(default_factory=list)

    def keep(self, node: Node, kind: str) -> dict[str, str]:
        """Metadata of all that nobody took of the node; problems for what cannot be kept."""
        kept: dict[str, str] = {}
        for key, value in node.rest.items():
            if key == "extension" or key.startswith("_"):
                self._beside(node, key, value)
            elif key in _PRESET and kind in _PRESET[key]:
                self.remarks.append(
                    f"{node.path}: {key} is kept, and no answer is given beforehand"
                )
            elif key not in _KEPT_ELEMENTS[kind] | _ANYWHERE:
                what, mend = _REFUSED_ELEMENTS.get(key, _UNKNOWN)
                node.refuse(key, what, mend)
            kept[PREFIX + key] = as_json(value)
        return kept

    def _beside(self, node: Node, key: str, value: Json) -> None:
        """Extensions of the element, or of a bare value such as `_text`."""
        if key == "extension":
            self._extensions(node, key, value)
        elif isinstance(value, Mapping):
            for inner, each in value.items():
                if inner == "extension":
                    self._extensions(node, f"{key}.{inner}", each)
                elif inner != "id":
                    node.refuse(f"{key}.{inner}", *_UNKNOWN)
        else:
            node.refuse(key, *_UNKNOWN)

    def _extensions(self, node: Node, key: str, value: Json) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str):
            node.refuse(key, "is not a list", "mend the file: FHIR R4 says so")
            return
        for place, each in enumerate(value):
            self._extension(node, f"{key}[{place}]", each)

    def _extension(self, node: Node, key: str, value: Json) -> None:
        url = value.get("url") if isinstance(value, Mapping) else None
        if not isinstance(value, Mapping) or not isinstance(url, str):
            node.refuse(key, "has no url", "mend the file: FHIR R4 says so")
            return
        name = url.rsplit("/", 1)[-1].removeprefix("sdc-questionnaire-")
        if value.get("valueBoolean") is False and url in {*NEVER, *NOT_DONE}:
            return
        if url in NEVER:
            what, mend = NEVER[url]
            node.refuse(key, f"{name} {what}", mend)
        elif url in KEPT or _says_the_same(value, url, node):
            return
        elif url in PREFILLING or name in self.wished:
            self.remarks.append(f"{node.path or 'the form'}: {name} is kept and not acted upon")
        else:
            what = NOT_DONE.get(url, "is an extension that is not known here")
            mend = f"leave it out, or say --keep {name}: kept as it came, and not acted upon"
            node.refuse(key, f"{name} {what}", mend)


_UNKNOWN = ("is no element of this kind that is known here", "leave it out")


def as_json(value: Json) -> str:
    """One spelling for one content."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def kept_of(metadata: Mapping[str, str]) -> dict[str, Json]:
    """What was kept of an element, as it is written again. Raises Invalid for what is no JSON."""
    kept = {name: text for name, text in metadata.items() if name.startswith(PREFIX)}
    try:
        return {name.removeprefix(PREFIX): json.loads(text) for name, text in kept.items()}
    except (ValueError, RecursionError):
        names = ", ".join(kept)
        what = f"one of {names} is no JSON: an import has not written it"
        raise Invalid(Problem("metadata", what, f"take what begins with `{PREFIX}` out")) from None


def _says_the_same(extension: JsonObject, url: str, node: Node) -> bool:
    """Whether richly set words are those of the plain text, so that only looks are lost."""
    if url not in RICH_TEXT:
        return False
    shown = _Shown()
    shown.feed(str(extension.get("valueString", extension.get("valueMarkdown", ""))))
    plain = {_letters(text) for text in node.read_before}
    return not shown.has_more and _letters("".join(shown.words)) in plain


def _letters(text: str) -> str:
    """What is left of a text without blanks and marks."""
    return "".join(char for char in text if char.isalnum()).casefold()


class _Shown(HTMLParser):
    """The words that a piece of XHTML shows, and whether it shows anything besides."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.has_more = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.has_more |= tag in {"img", "svg", "a", "video", "audio", "object", "input", "script"}
