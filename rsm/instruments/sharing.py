"""Questions that two questionnaires ask in the same words: asked once, they feed both.

The same are two items of one type with one wording, one scale and one look-back, in every language
that both speak, asked under the same condition, under the same words of sections and notes ("How
often?" under "Pain" is not "How often?" under "Nausea"). Their licences must permit it
(`Instrument.may_share`): the order of its items is part of a validated instrument.
"""

import json
from collections.abc import Collection, Mapping

from rsm.instruments.conditions import Condition
from rsm.instruments.items import Item
from rsm.instruments.model import Instrument, LanguageTag

_NAMES = frozenset(
    ("code", "symptom", "attribute", "codes", "short", "section", "prefix", "metadata", "required")
)
_TEXTS = frozenset(("text", "label", "hint", "low", "high", "not_applicable"))
_Sign = str


class Shared:
    """What was asked so far, by its wording; `same_as` finds the item that an item repeats."""

    def __init__(self, languages: Collection[LanguageTag]) -> None:
        self._languages = languages
        self._asked: dict[_Sign, str] = {}
        self._answered_by: dict[str, str] = {}

    def same_as(self, part: Instrument, item: Item) -> str | None:
        """The code of the earlier item that asks the same, or None; then this one is kept."""
        sign = self._sign(part, item) if part.may_share and not item.hidden else None
        earlier = self._asked.setdefault(sign, item.code) if sign is not None else item.code
        self._answered_by[item.code] = earlier
        return earlier if earlier != item.code else None

    def _sign(self, part: Instrument, item: Item) -> _Sign | None:
        """All that whoever answers can see of it; None where its condition is not a plain one."""
        if item.same_as is not None or any(
            section.asked_when is not None for section in part.sections_of.get(item.code, ())
        ):
            return None
        gate = item.asked_when
        if gate is not None and not isinstance(gate, Condition):
            return None
        when = None
        if gate is not None:
            when = (self._answered_by.get(gate.item, gate.item), gate.at_least)
        recall = item.recall or {tag: one.recall for tag, one in part.languages.items()}
        content = item.model_dump(mode="json", exclude={*_NAMES, "asked_when", "recall"})
        seen = [self._narrowed(content), self._spoken(recall), when, self._around(part, item)]
        return json.dumps(seen, sort_keys=True, ensure_ascii=False)

    def _around(self, part: Instrument, item: Item) -> list[dict[str, str]]:
        """The words that it is read with: of its sections, and of the notes at it."""
        texts = [text for one in part.ancestry(item.section) for text in (one.title, one.text)]
        texts += [note.text for note in part.notes if item.code in {note.before, note.beside}]
        return [spoken for text in texts if (spoken := self._spoken(text))]

    def _narrowed(self, content: object) -> object:
        if isinstance(content, list):
            return [self._narrowed(each) for each in content]
        if not isinstance(content, Mapping):
            return content
        return {
            key: self._spoken(each) if key in _TEXTS else self._narrowed(each)
            for key, each in content.items()
            if key not in {"codes", "metadata"}
        }

    def _spoken(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {tag: text for tag, text in texts.items() if tag in self._languages}
