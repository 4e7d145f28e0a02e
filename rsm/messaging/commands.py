"""`rsm sms parse`: what we make of a reply, asked beforehand and without a database."""

from collections.abc import Mapping, Sequence

from rsm.instruments.model import Item, MultipleChoiceItem, NumberItem, TextItem
from rsm.instruments.numbers import number
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging.item_replies import parse_item
from rsm.messaging.parse import Choice, Reply, parse_reply


def parse_document(
    asked: Sequence[Choice] | Item, document: Mapping[str, object]
) -> dict[str, object]:
    """`{"text", "lang"}` → `{"kind", "value", "tell_staff"}`; raises `Invalid` for other shapes.

    The value of an item that asks for a number is that number (38.2), of one where several options
    can be chosen their codes, of free text the words that would be kept.
    """
    problems = [
        Problem(name, f"must be a text, got {document.get(name)!r}")
        for name in ("text", "lang")
        if not isinstance(document.get(name), str)
    ]
    problems += [
        Problem(name, "unknown key", "the keys are `text` and `lang`")
        for name in sorted(document.keys() - {"text", "lang"})
    ]
    if problems:
        raise Invalid(problems)
    text, language = str(document["text"]), str(document["lang"])
    if isinstance(asked, Sequence):
        reply = parse_reply(asked, text, language)
        value: object = reply.value
    else:
        reply = parse_item(asked, text, language)
        value = _value(asked, reply)
    return {"kind": reply.kind.value, "value": value, "tell_staff": reply.tell_staff}


def _value(item: Item, reply: Reply) -> object:
    """The answer as people would write it down; None where there is none."""
    if reply.value is None:
        return None
    match item:
        case NumberItem():
            return number(item, reply.value)
        case MultipleChoiceItem():
            return list(reply.picked)
        case TextItem():
            return reply.text
        case _:
            return reply.value
