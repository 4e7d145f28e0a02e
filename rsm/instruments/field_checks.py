"""Codes that a form could not tell apart: the pages' own fields, and the fields of another item.

An item is posted under its code, and under its code with a part of its own after a colon
(`rsm.web.item_fields`): so no other may be called that.
"""

from collections.abc import Iterator

from rsm.instruments.findings import Finding
from rsm.instruments.items import Item, options_of
from rsm.instruments.model import Instrument

# What the pages themselves send along with an answer; of staff's forms all that begins with `_`.
OF_THE_PAGES = frozenset({"csrf", "lang", "go", "asked", "answers"})
OF_STAFF = "_"
_PARTS = ("why", "day", "month", "year")


def check_fields(instrument: Instrument) -> Iterator[Finding]:
    """Each code that is the name of another field."""
    taken = {name: item.code for item in instrument.items for name in _parts_of(item)}
    for place, item in enumerate(instrument.items):
        if item.code in OF_THE_PAGES or item.code.startswith(OF_STAFF):
            what = f"{item.code!r} is the name of a field of our own pages"
            yield Finding(("items", place, "code"), what, "give it another code")
        elif item.code in taken:
            what = f"{item.code!r} is the name of a part of {taken[item.code]!r}"
            yield Finding(("items", place, "code"), what, "give it another code")


def _parts_of(item: Item) -> Iterator[str]:
    for part in (*_PARTS, *(option.value for option in options_of(item))):
        yield f"{item.code}:{part}"
