"""`rsm sms parse`: what we make of a reply, asked beforehand and without a database."""

from collections.abc import Mapping, Sequence

from rsm.instruments.model import NumberItem
from rsm.instruments.numbers import number
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging.parse import Choice, parse_number, parse_reply


def parse_document(
    asked: Sequence[Choice] | NumberItem, document: Mapping[str, object]
) -> dict[str, str | float | bool | None]:
    """`{"text", "lang"}` → `{"kind", "value", "tell_staff"}`; raises `Invalid` for other shapes.

    The value of an item that asks for a number is that number (38.2).
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
    value: float | None
    if isinstance(asked, NumberItem):
        reply = parse_number(asked, text, language)
        value = None if reply.value is None else number(asked, reply.value)
    else:
        reply = parse_reply(asked, text, language)
        value = reply.value
    return {"kind": reply.kind.value, "value": value, "tell_staff": reply.tell_staff}
