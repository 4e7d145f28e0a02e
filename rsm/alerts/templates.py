"""Placeholders in the texts of a pack: which there are, and filling them in."""

from string import Formatter

REASON_FIELDS = frozenset({"symptom", "item", "now", "previous", "first", "maximum", "rise"})
ADVICE_FIELDS = frozenset({"clinic_phone", "emergency_number"})


def check_fields(text: str, known: frozenset[str]) -> str:
    """`text` itself; raises ValueError for a placeholder that nobody fills in."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None and (name not in known or spec or conversion):
            names = ", ".join(f"{{{word}}}" for word in sorted(known))
            raise ValueError(f"unknown placeholder {{{name}}}; there are {names}")
    return text


def fill(text: str, **values: object) -> str:
    """`text` with its placeholders filled in. Values are never read as templates."""
    return text.format_map(values)
