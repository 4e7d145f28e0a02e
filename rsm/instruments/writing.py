"""`Instrument` to TOML: what `load_instrument` reads back as the very same content."""

import re
from collections.abc import Mapping

from rsm.instruments.model import Instrument

_SYMPTOM_ATTRIBUTE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")


def write_instrument(instrument: Instrument) -> str:
    """The instrument as a file of TOML; fields at their default are left out.

    Options are written out with each item: shorthand such as `[scales]` is for people's own files.
    """
    import tomli_w

    content = instrument.model_dump(exclude_defaults=True)
    content["items"] = [_item(item) for item in content["items"]]
    written: str = tomli_w.dumps(_plain_first(content))
    return written


def _item(item: Mapping[str, object]) -> dict[str, object]:
    """A code of the form `symptom.attribute` names both, unless the file says that it does not."""
    named = {"symptom", "attribute"} if _SYMPTOM_ATTRIBUTE.fullmatch(str(item["code"])) else set()
    return {"type": item["type"], **item, **dict.fromkeys(sorted(named - item.keys()), "")}


def _plain_first(content: Mapping[str, object]) -> dict[str, object]:
    """Key, version and the like before the tables, as people look for them."""
    first = ("key", "version", "wording", "validated", "recall_days", "min_age", "page")
    return {name: content[name] for name in first if name in content} | dict(content)
