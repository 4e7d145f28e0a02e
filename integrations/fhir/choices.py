"""A question with options: one of a scale, one of several names, or several of them."""

from collections.abc import Sequence

from integrations.fhir.addresses import MAX_OCCURS, MIN_OCCURS, OURS
from integrations.fhir.context import Content, Context
from integrations.fhir.keeping import PREFIX, as_json
from integrations.fhir.options import ReadOption, is_scale, read_options, with_codes
from integrations.fhir.options_out import texts_of
from integrations.fhir.ours import parse_ours, put
from integrations.fhir.questionnaire import Node

ALLOWS_WORDS = ("allows words beside its options", "make it a choice, and ask in a text item")


def once(node: Node) -> None:
    """Once is what an item without repeats is."""
    for url in (MIN_OCCURS, MAX_OCCURS):
        extension = node.extension(url)
        if extension is not None and extension.whole("valueInteger") not in {None, 1}:
            extension.refuse("", "is not once, and repeats is not true", "ask it once")


def read_choice(node: Node, context: Context, kind: str, metadata: dict[str, str]) -> Content:
    if kind != "choice":
        metadata[f"{PREFIX}type"] = as_json(kind)
    _keep_source(node, metadata)
    options = read_options(node, context)
    node.rest.pop("answerValueSet", None)
    several = bool(node.flag("repeats"))
    if len(options) == 1:
        node.refuse("answerOption", "is only one option", "a choice has two; or make it a boolean")
    content: Content = {"type": "graded" if is_scale(options) else "choice"}
    if several:
        content = {"type": "choices", **_how_many(node)}
    else:
        once(node)
    coded = with_codes(options)
    for option in coded:
        _put_ours(option, several)
    if content["type"] != "graded":
        _note_numbers(node, options, context)
    return {**content, "options": coded}


def _put_ours(option: Content, several: bool) -> None:
    """Our own fields over what FHIR says; being exclusive means something only among several."""
    if isinstance(ours := option.pop(OURS, None), str):
        put(option, parse_ours(ours) or {})
    if not several and "exclusive" in option:
        del option["exclusive"]
        option["metadata"] = {f"{PREFIX}exclusive": "true", **texts_of(option["metadata"])}


def _note_numbers(node: Node, options: Sequence[ReadOption], context: Context) -> None:
    if any(option.number is not None for option in options):
        what = "the options' numbers are kept, but are no grades 0, 1, 2 … in order: not scored"
        context.keeper.remarks.append(f"{node.path}: {what}")


def _how_many(node: Node) -> Content:
    """How many of several options: FHIR counts answers, and so do we."""
    content: Content = {}
    for url, name in ((MIN_OCCURS, "at_least"), (MAX_OCCURS, "at_most")):
        extension = node.extension(url)
        count = extension.whole("valueInteger") if extension is not None else None
        if count is not None and (count > 1 or url == MAX_OCCURS):
            content[name] = count
    return content


def _keep_source(node: Node, metadata: dict[str, str]) -> None:
    """Whether words are allowed besides (R5), and in which value set the options stand."""
    constraint = node.text("answerConstraint")
    if constraint:
        metadata[f"{PREFIX}answerConstraint"] = as_json(constraint)
    if constraint not in {"", "optionsOnly"}:
        node.refuse("answerConstraint", *ALLOWS_WORDS)
    if isinstance(address := node.rest.get("answerValueSet"), str):
        metadata[f"{PREFIX}answerValueSet"] = as_json(address)
