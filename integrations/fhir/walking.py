"""The tree of a Questionnaire becomes sections, items and notes, in the order of the form."""

from collections.abc import Mapping, Sequence

from integrations.fhir.addresses import HIDDEN, OURS, SDC
from integrations.fhir.choices import once
from integrations.fhir.conditions import Known, read_branch
from integrations.fhir.conditions_out import write_branch
from integrations.fhir.context import Content, Context
from integrations.fhir.items import controls_of, read_codes, read_item
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.languages import read_texts
from integrations.fhir.options import objects
from integrations.fhir.ours import ours_of, put
from integrations.fhir.questionnaire import Json, JsonObject, Node

_CALCULATED = f"{SDC}calculatedExpression"
_ENDS = {"lower": "low", "upper": "high"}  # controls of a slider's words → our fields


class Walk:
    """Goes over a form once; what an enableWhen names is looked up when all items are known."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.sections: list[Content] = []
        self.items: list[Content] = []
        self.notes: list[Content] = []
        self.paths: dict[tuple[str, int], str] = {}  # part and position in ours → path in the form
        self._seen: set[str] = set()
        self._conditions: list[tuple[Content, Node]] = []
        self._waiting: list[Content] = []  # notes that do not know yet what they stand before

    @property
    def content(self) -> Content:
        return {"sections": self.sections, "items": self.items, "notes": self.notes}

    def over(self, nodes: Sequence[Node], parent: str | None = None) -> None:
        """These elements in order, within the group `parent`."""
        for node in nodes:
            code = self._code(node)
            if _is_unasked(node):
                self._unasked(node, code, parent)
            elif node.rest.get("type") == "group":
                self._group(node, code, parent)
            elif node.rest.get("type") == "display":
                self._waiting.append(self._note(node, code))
            else:
                self._question(node, code, parent)
        if parent is not None:
            self._settle("end_of", parent)

    def resolve(self) -> None:
        """Read every enableWhen, now that the items are known."""
        items = {str(item["code"]): item for item in self.items}
        known = Known(items, self.context.language)
        for content, node in self._conditions:
            written = dict(node.rest)
            branch = read_branch(node, known)
            ours = content.get("asked_when")
            if isinstance(ours, Mapping):
                if not _names(ours) <= items.keys() or write_branch(ours, known) != written:
                    what = "was changed since we wrote it, and our own tests beside it were not"
                    node.refuse("enableWhen", what, f"take the extension {OURS} out")
            elif branch is not None:
                content["asked_when"] = branch
                metadata = content.get("metadata")
                if write_branch(branch, known) != written and isinstance(metadata, dict):
                    metadata[f"{PREFIX}enableWhen"] = as_json(written)

    def reorder(self, order: Json | None) -> None:
        """Put sections and notes in the order of the file that the form was made from."""
        for part, name in (("sections", "key"), ("notes", "code")):
            wanted = order.get(part) if isinstance(order, Mapping) else None
            listed: list[Content] = getattr(self, part)
            if not isinstance(wanted, list):
                continue
            ranks = {code: rank for rank, code in enumerate(map(str, wanted))}
            ranked = [(ranks.get(str(one[name]), -1), place) for place, one in enumerate(listed)]
            places = [place for _, place in sorted(ranked)]
            self.paths |= {(part, new): self.paths[part, old] for new, old in enumerate(places)}
            listed[:] = [listed[place] for place in places]

    def _code(self, node: Node) -> str:
        code = node.text("linkId")
        if not code:
            node.refuse("linkId", "is missing", "give every item a linkId of its own")
        elif len(code.split()) != 1 or code.split()[0] != code:
            node.refuse(
                "linkId", f"{code!r} holds blanks", "write it without, as a name of answers"
            )
        elif code in self._seen:
            node.refuse("linkId", f"{code!r} is there twice", "give every item one of its own")
        self._seen.add(code)
        return code

    def _add(self, part: str, content: Content, node: Node) -> None:
        listed: list[Content] = getattr(self, part)
        self.paths[part, len(listed)] = node.path
        listed.append(content)
        conditions = _taken(node)
        if conditions or "asked_when" in content:
            self._conditions.append((content, Node(conditions, node.path, node.problems)))

    def _settle(self, where: str, code: str) -> None:
        """The notes that were waiting stand there."""
        for note in self._waiting:
            note.setdefault(where, code)
        self._waiting.clear()

    # --- each kind -------------------------------------------------------------------------

    def _group(self, node: Node, code: str, parent: str | None) -> None:
        self._settle("before_section", code)
        node.text("type")
        ours = ours_of(node)
        children = node.nodes("item")
        content: Content = {"key": code, "title": dict(_texts(node, self.context))}
        _take_hidden(node, content)
        if parent is not None:
            content["parent"] = parent
        if prefix := node.text("prefix"):
            content["prefix"] = prefix
        content["codes"] = dict(read_codes(node))
        once(node)
        if node.flag("repeats"):
            what = "a group that is filled in several times"
            node.refuse("repeats", what, "ask for one, or make a group for each")
        self._add("sections", content, node)
        metadata = self.context.keeper.keep(node, "group")
        before = len(self.items)
        self.over(children, code)
        if len(self.items) == before:
            node.refuse("item", "asks nothing", "put its words beside a question, or leave it out")
        content["metadata"] = dict(metadata)
        put(content, ours)

    def _note(self, node: Node, code: str) -> Content:
        node.text("type")
        ours = ours_of(node)
        text = _texts(node, self.context)
        if not text:
            node.refuse("text", "is missing: there is nothing to show", "give it words")
        content: Content = {"code": code, "text": dict(text)}
        _take_hidden(node, content)
        if prefix := node.text("prefix"):
            content["prefix"] = prefix
        self._add("notes", content, node)
        for child in node.nodes("item"):
            child.refuse("", "stands within words that are only shown", "put it beside them")
        if node.flag("repeats"):
            node.refuse("repeats", "words that are shown cannot repeat", "leave it out")
        content["metadata"] = dict(self.context.keeper.keep(node, "display"))
        put(content, ours)
        return content

    def _question(self, node: Node, code: str, parent: str | None) -> None:
        self._settle("before", code)
        ours = ours_of(node)
        children = node.nodes("item")
        conditions = _taken(node)
        hidden: Content = {}
        _take_hidden(node, hidden)
        unstated = list(self.context.unstated)
        content = read_item(node, self.context, code)
        if "options" in ours:  # their words are said there
            self.context.unstated[:] = unstated
        if parent is not None:
            content["section"] = parent
        content |= hidden
        self._ends(content, children)
        put(content, ours)
        node.rest |= conditions
        self._add("items", content, node)
        for child in children:
            self._beside(child, code)

    def _ends(self, content: Content, children: list[Node]) -> None:
        """The words at both ends of a line, which FHIR writes as elements within the question."""
        for child in list(children):
            name = next((_ENDS[each] for each in controls_of(child) if each in _ENDS), None)
            if name is None or content["type"] != "visual_scale" or name in content:
                continue
            children.remove(child)
            content[name] = dict(_texts(child, self.context))
            if isinstance(metadata := content["metadata"], dict):
                metadata[f"{PREFIX}{name}"] = as_json(dict(child.rest))
            self._code(child)

    def _beside(self, child: Node, code: str) -> None:
        linked = self._code(child)
        if child.rest.get("type") != "display":
            what = "a question within a question"
            child.refuse("", what, "put it after, with an enableWhen that says exists")
            return
        self._note(child, linked)["beside"] = code

    def _unasked(self, node: Node, code: str, parent: str | None) -> None:
        """What is never shown is kept whole, with all that is in it."""
        self._settle("before", code)
        whole = as_json(dict(node.rest))
        text = _texts(node.look(), self.context)
        words: dict[str, Json] = {
            tag: text.get(tag, code) for tag in self.context.languages if not self.context.is_bare
        }
        content: Content = {
            "type": "text",
            "code": code,
            "hidden": True,
            "text": words,
            "short": words,
            "metadata": {f"{PREFIX}item": whole},
        }
        if parent is not None:
            content["section"] = parent
        remark = "is kept and never asked"
        if _is_computed(node):
            remark = "computes its answer; it is kept, never asked, and not computed here"
            if "calculatedExpression" not in self.context.said.keep:
                self.context.unstated.append(f"{code}.score")
        self.context.keeper.remarks.append(f"{node.path}: {remark}")
        node.rest.clear()
        self._add("items", content, node)


def _take_hidden(node: Node, content: Content) -> None:
    hidden = node.extension(HIDDEN)
    if hidden is not None and hidden.flag("valueBoolean"):
        content["hidden"] = True


def _taken(node: Node) -> dict[str, Json]:
    """When the element is shown: looked at when all items are known."""
    names = ("enableWhen", "enableBehavior")
    return {name: node.rest.pop(name) for name in names if name in node.rest}


def _texts(node: Node, context: Context) -> dict[str, str]:
    return read_texts(node, "text", context.language)


def _is_computed(node: Node) -> bool:
    """Whether its answer is computed from others."""
    extensions = objects(node.rest.get("extension", ()))
    return any(each.get("url") == _CALCULATED for each in extensions)


def _is_unasked(node: Node) -> bool:
    """Whether no person answers it: it is hidden, computed, or filled by software."""
    extensions = objects(node.rest.get("extension", ()))
    if any(each.get("url") == OURS for each in extensions):
        return False
    if any(each.get("url") == HIDDEN and each.get("valueBoolean") is True for each in extensions):
        return True
    is_question = node.rest.get("type") not in ("group", "display")
    return is_question and (node.rest.get("readOnly") is True or _is_computed(node))


def _names(asked_when: JsonObject) -> set[str]:
    if "item" in asked_when:
        return {str(asked_when["item"])}
    return {
        str(test["item"])
        for key in ("every", "any")
        for test in objects(asked_when.get(key, ()))
        if "item" in test
    }
