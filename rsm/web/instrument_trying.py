"""What is tried, and what an answer reads like: shared by the trials of every way."""

from dataclasses import dataclass

from rsm.flow import voice_items
from rsm.instruments.items import Item, PickItem, TextItem
from rsm.instruments.model import Instrument
from rsm.instruments.reading import date_of
from rsm.kernel.answers import Answer
from rsm.sites.model import SiteView


@dataclass(frozen=True)
class Tried:
    """A questionnaire in one language, one of the ways, and the page it is tried from (`back`)."""

    instrument: Instrument
    language: str
    way: str
    back: str
    site: SiteView

    @property
    def url(self) -> str:
        return self.in_language(self.language)

    def in_language(self, tag: str) -> str:
        return f"{self.back}/try/{self.way}?lang={tag}"


def answer_words(item: Item, answer: Answer, language: str) -> str:
    """An answer as staff read it."""
    if answer.value is None:
        return answer.status.value.replace("_", " ")
    if isinstance(item, TextItem):
        return answer.text
    if isinstance(item, PickItem):
        chosen = (each for each in item.options if each.value in answer.picked)
        return ", ".join(each.label.get(language, str(each.value)) for each in chosen)
    if item.type == "date":
        return str(date_of(answer))
    return voice_items.answer_said(item, answer, language)
