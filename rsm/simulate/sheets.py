"""A whole survey as a synthetic patient fills it in, and who does."""

from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument
from rsm.kernel.answers import SKIPPED, Answer
from rsm.kernel.words import Relation, Reporter
from rsm.responses.model import Author
from rsm.schedules.model import OccurrenceView
from rsm.simulate.answering import answer_of
from rsm.simulate.draws import Draws
from rsm.simulate.people import Person

_SKIPS = 0.01


def fill_in(person: Person, instrument: Instrument, survey: OccurrenceView) -> dict[str, Answer]:
    """Her answers, asked as the page asks: item after item, closed branches left out."""
    sheet: dict[str, Answer] = {}
    draws = Draws.of(person.seed, "skips", survey.local_date)
    while (item := next_item(instrument, sheet)) is not None:
        skips = item.asked_when is None and draws.chance(_SKIPS) and not item.required
        sheet[item.code] = SKIPPED if skips else answer_of(person, item, survey)
    return sheet


def author(person: Person) -> Author:
    """Who fills in her survey."""
    reporter = Reporter.PROXY if person.fate.proxy else Reporter.SELF
    relation = Relation.CHILD if person.fate.proxy else None
    return Author(reporter=reporter, language=person.entry.language, relation=relation)
