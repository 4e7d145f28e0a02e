"""What is tried, and what an answer reads like: shared by the trials of every way."""

from dataclasses import dataclass

from rsm.flow import voice_items
from rsm.instruments.drafts import DraftView
from rsm.instruments.items import Item, PickItem, TextItem
from rsm.instruments.model import Instrument
from rsm.instruments.pilots import Pilot
from rsm.instruments.reading import date_of
from rsm.kernel.answers import Answer
from rsm.sites.model import SiteView
from rsm.web.instrument_words import InstrumentWords


@dataclass(frozen=True)
class Piloted:
    """The pilot that a trial is, and the draft of which it is one."""

    draft: DraftView
    pilot: Pilot


@dataclass(frozen=True)
class Tried:
    """A questionnaire in one language, one of the ways, and the page it is tried from (`back`).

    `piloted` where the trial is a pilot: then it has but that language.
    """

    instrument: Instrument
    language: str
    way: str
    back: str
    site: SiteView
    piloted: Piloted | None = None

    @property
    def url(self) -> str:
        return self.in_language(self.language)

    def in_language(self, tag: str) -> str:
        pilot = f"&pilot={self.piloted.pilot.id}" if self.piloted else ""
        return f"{self.back}/try/{self.way}?lang={tag}{pilot}"

    @property
    def others(self) -> tuple[str, ...]:
        """The other languages in which it can be tried from here."""
        spoken = () if self.piloted else self.instrument.languages
        return tuple(tag for tag in spoken if tag != self.language)


def answer_words(item: Item, answer: Answer, language: str, words: InstrumentWords) -> str:
    """An answer as staff read it, its options in the `language` that was tried."""
    if answer.value is None:
        return str(getattr(words.t, f"status_{answer.status}"))
    if isinstance(item, TextItem):
        return answer.text
    if isinstance(item, PickItem):
        chosen = (each for each in item.options if each.value in answer.picked)
        return ", ".join(each.label.get(language, str(each.value)) for each in chosen)
    if item.type == "date":
        return str(date_of(answer))
    return voice_items.answer_said(item, answer, language)
