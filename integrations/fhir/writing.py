"""An instrument becomes a FHIR R4 Questionnaire; read again it is the same instrument.

What FHIR has no place for stands in one extension of ours beside each element (`ours`).
"""

import json
from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from integrations.fhir.addresses import HIDDEN
from integrations.fhir.conditions import Known, read_branch
from integrations.fhir.conditions_out import write_branch
from integrations.fhir.context import Context, Said
from integrations.fhir.headings import IN_FHIR, NOT_STATED
from integrations.fhir.items import read_item
from integrations.fhir.items_out import write_ends, write_head, write_item
from integrations.fhir.keeping import PREFIX, Keeper, as_json, kept_of
from integrations.fhir.languages import write_texts
from integrations.fhir.options import objects
from integrations.fhir.options_out import merged, texts_of
from integrations.fhir.ours import Fields, difference, extension, with_extensions
from integrations.fhir.questionnaire import Json, JsonObject, Node
from integrations.fhir.tree import Branch, order_of, tree_of
from rsm.instruments.model import Instrument, Item, Note, Section
from rsm.kernel.documents import Strict

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
# Of a section or a note: said by FHIR's own elements, or by where it stands.
_PLACED = frozenset(
    {
        *("key", "code", "parent", "asked_when", "codes", "prefix", "metadata"),
        *("before", "beside", "before_section", "end_of"),
    }
)
_ELSEWHERE = frozenset({"section", "asked_when"})  # the tree says the one, enableWhen the other


def write_questionnaire(instrument: Instrument) -> JsonObject:
    """The Questionnaire as JSON holds it."""
    return _Writer(instrument).questionnaire()


def _dump(model: Strict) -> dict[str, Json]:
    found: dict[str, Json] = model.model_dump(mode="json", exclude_defaults=True)
    return found


def first_language(instrument: Instrument) -> str:
    """The language that the form is written in; the others are translations."""
    return next(iter(instrument.languages), "en")


class _Writer:
    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._tree = tree_of(instrument)
        self._kept = kept_of(instrument.metadata)
        language = first_language(instrument)
        others = [tag for tag in _tags(instrument) if tag != language]
        self._context = Context(
            Said(),
            language,
            (language, *others),
            is_bare=instrument.wording == "none",
            value_sets={
                str(each["id"]): each
                for each in objects(self._kept.get("contained", ()))
                if "id" in each
            },
            keeper=Keeper(),
            unstated=list(instrument.unstated),
        )
        items = {item.code: _dump(item) for item in instrument.items}
        self._known = Known(items, language)

    def questionnaire(self) -> JsonObject:
        """The heading, and under it everything in order."""
        instrument, kept = self._instrument, dict(self._kept)
        made = [] if "status" in kept else ["status"]
        titles = {tag: each.title for tag, each in instrument.languages.items()}
        titles |= texts_of(kept.pop("titles", {}))
        if "title" in instrument.unstated:
            titles.clear()
        written: dict[str, Json] = {"resourceType": "Questionnaire"}
        if "language" not in instrument.unstated:
            written["language"] = self._context.language
        written |= {"version": kept.pop("version", instrument.version), "status": "draft"}
        written |= write_texts(titles, "title", self._context.language)
        if instrument.licence.holder != NOT_STATED:
            written["publisher"] = instrument.licence.holder
        if instrument.licence.terms:
            written["copyright"] = instrument.licence.terms
        heading = with_extensions(merged({**written, **kept}, {}), extension(self._own(made)))
        return {**heading, "item": [self._element(each) for each in self._tree.within]}

    def _own(self, made: list[str]) -> Fields:
        """All of the heading that no element of FHIR holds."""
        dump = _dump(self._instrument)
        own: Fields = {key: dump[key] for key in dump if key not in IN_FHIR}
        licence = _dump(self._instrument.licence)
        own["licence"] = {key: licence[key] for key in licence if key != "terms"}
        if others := _not_of_fhir(self._instrument.metadata):
            own["metadata"] = others
        own["languages"] = {
            tag: {key: value for key, value in _dump(each).items() if key != "title"}
            for tag, each in self._instrument.languages.items()
        }
        if made:
            own["made"] = list(made)
        return own | self._order()

    def _order(self) -> Fields:
        """In which order our file has sections and notes, where the form has another."""
        instrument, form = self._instrument, order_of(self._tree)
        listed: dict[str, list[str]] = {
            "sections": [section.key for section in instrument.sections],
            "notes": [note.code for note in instrument.notes],
        }
        return {} if listed == form else {"order": {key: list(listed[key]) for key in listed}}

    def _element(self, branch: Branch) -> JsonObject:
        element = branch.element
        if isinstance(element, Section):
            written = self._other(element, "group", "title")
        elif isinstance(element, Note):
            written = self._other(element, "display", "text")
        elif element is not None:
            written = self._item(element)
        children = [self._element(each) for each in branch.within]
        if isinstance(element, Section | Note) or element is None:
            return {**written, "item": children} if children else written
        ends = write_ends(_dump(element), self._context)
        within: list[Json] = [*ends, *children]
        return {**written, "item": within} if within else written

    # --- sections and notes ------------------------------------------------------------------

    def _other(self, element: Section | Note, kind: str, words_in: str) -> dict[str, Json]:
        dump = _dump(element)
        code = element.key if isinstance(element, Section) else element.code
        kept = kept_of(element.metadata)
        kept.pop("enableWhen", None)
        written: dict[str, Json] = {"linkId": code, "type": kind}
        written |= write_head(dump, words_in, self._context.language)
        own: Fields = {key: dump[key] for key in dump if key not in {*_PLACED, words_in}}
        if _not_of_fhir(element.metadata):
            own["metadata"] = dict(element.metadata)
        if element.hidden:
            written["extension"] = [{"url": HIDDEN, "valueBoolean": True}]
        tests, own_tests = self._tests(dump)
        return with_extensions(merged({**written, **tests}, kept), extension({**own, **own_tests}))

    # --- items -------------------------------------------------------------------------------

    def _item(self, item: Item) -> dict[str, Json]:
        dump = _dump(item)
        written = write_item(dump, self._context)
        if "fhir.item" in item.metadata:
            return written
        tests, own_tests = self._tests(dump)
        own = self._own_of(dump, written)
        if item.hidden:
            own["hidden"] = True
        return with_extensions({**written, **tests}, extension({**own, **own_tests}))

    def _tests(self, dump: JsonObject) -> tuple[dict[str, Json], Fields]:
        """enableWhen, and our own tests where these would be read as others."""
        asked_when = dump.get("asked_when")
        if not isinstance(asked_when, dict):
            return {}, {}
        tests = write_branch(asked_when, self._known)
        kept = kept_of(texts_of(dump.get("metadata"))).get("enableWhen")
        if isinstance(kept, dict) and read_branch(Node(dict(kept), ""), self._known) == asked_when:
            tests = kept
        read = read_branch(Node(dict(tests), ""), self._known)
        return tests, {} if read == asked_when else {"asked_when": asked_when}

    def _own_of(self, dump: JsonObject, written: dict[str, Json]) -> Fields:
        """What reading this question would not give back."""
        ours = {key: value for key, value in dump.items() if key not in _ELSEWHERE}
        read = self._read_again(written, str(dump["code"]))
        for name in ("low", "high"):  # written within the question
            if name in ours:
                read[name] = ours[name]
        options, found = ours.pop("options", None), read.pop("options", None)
        own = difference(ours, read)
        own.pop("hidden", None)
        if options != found and not self._own_options(options, found, written):
            own["options"] = options
        return own

    def _read_again(self, written: JsonObject, code: str) -> dict[str, Json]:
        context = Context(
            Said(),
            self._context.language,
            self._context.languages,
            is_bare=True,
            value_sets=self._context.value_sets,
        )
        node = Node(json.loads(as_json(written)), "")
        node.rest.pop("linkId", None)
        try:
            return _dump(_ITEM.validate_json(json.dumps(read_item(node, context, code))))
        except ValidationError:
            return {}

    def _own_options(
        self, options: Json | None, found: Json | None, written: dict[str, Json]
    ) -> bool:
        """Put what options differ in beside each of them; false where they cannot be paired."""
        listed = objects(written.get("answerOption", ()))
        pairs = list(zip(objects(options or ()), objects(found or ()), strict=False))
        if len(pairs) != len(objects(options or ())) or len(listed) != len(pairs):
            return False
        written["answerOption"] = [
            with_extensions(each, extension(difference(ours, read)))
            for each, (ours, read) in zip(listed, pairs, strict=True)
        ]
        return True


def _not_of_fhir(metadata: Mapping[str, str]) -> dict[str, Json]:
    return {name: text for name, text in metadata.items() if not name.startswith(PREFIX)}


def _tags(instrument: Instrument) -> Iterator[str]:
    """All languages in which anything is said, those that are offered first."""
    yield from instrument.languages
    for item in instrument.items:
        yield from item.text
