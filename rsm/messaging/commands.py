"""`rsm sms parse`: what we make of a reply, asked beforehand and without a database."""

from collections.abc import Mapping, Sequence

from rsm.kernel.errors import Invalid, Problem
from rsm.messaging.parse import Choice, parse_reply


def parse_document(
    choices: Sequence[Choice], document: Mapping[str, object]
) -> dict[str, str | int | bool | None]:
    """`{"text", "lang"}` → `{"kind", "value", "tell_staff"}`; raises `Invalid` for other shapes."""
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
    reply = parse_reply(choices, str(document["text"]), str(document["lang"]))
    return {"kind": reply.kind.value, "value": reply.value, "tell_staff": reply.tell_staff}
