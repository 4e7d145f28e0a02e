"""What synthetic patients answer to each type of item: the more, the worse they feel."""

from datetime import date, timedelta

from rsm.instruments.branching import days
from rsm.instruments.items import (
    BodyAreaItem,
    DateItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    PickItem,
    RatedItem,
    SingleChoiceItem,
    TextItem,
    VisualScaleItem,
)
from rsm.instruments.numbers import span
from rsm.instruments.reading import picked_answer
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.schedules.model import OccurrenceView
from rsm.simulate.draws import Draws
from rsm.simulate.people import Person

_NOT_MEASURED = 0.4
_SAYS_YES = 3  # a grade that somebody calls a clear yes
_WRITES = 0.25
_WORST = 4  # of the grades that a course is made of
_SAID = ("A little more tired than last week.", "The nausea comes mostly in the morning.")


def answer_of(person: Person, item: Item, survey: OccurrenceView) -> Answer:
    """Her answer to an item that is asked, as her course has it on that day."""
    felt = person.course.grade(
        item.symptom or item.code, item.attribute or "severity", survey.local_date
    )
    if not isinstance(item, RatedItem):
        draws = Draws.of(person.seed, item.code, survey.local_date)
        return _ungraded(item, felt, draws, survey.local_date)
    if item.type == "yes_no":
        return answered(int(felt >= _SAYS_YES))
    if item.asked_when is not None:
        felt = max(felt, 1)  # she has just said that it is there
    return answered(min(felt, item.options[-1].value))


def _ungraded(item: Item, felt: int, draws: Draws, today: date) -> Answer:
    """To a number, a line, options without an order, a date or an open question."""
    match item:
        case NumberItem():
            return _number(draws, item, felt)
        case MultipleChoiceItem() | BodyAreaItem():
            return _several(draws, item, felt)
        case DateItem():
            return answered(_day(item, today))
        case VisualScaleItem():
            return answered(_point(item, felt))
        case SingleChoiceItem():
            return answered(draws.pick(item.options).value)
    writes = isinstance(item, TextItem) and draws.chance(_WRITES)
    text = draws.pick(_SAID)[: item.max_length] if isinstance(item, TextItem) else ""
    return Answer(AnswerStatus.ANSWERED, 1, text=text) if writes else SKIPPED


def _point(item: VisualScaleItem, felt: int) -> int:
    steps = (item.maximum - item.minimum) // item.step
    return item.minimum + item.step * round(steps * min(felt, _WORST) / _WORST)


def _number(draws: Draws, item: NumberItem, felt: int) -> Answer:
    """Somewhat above the middle the worse she feels; many have not measured it."""
    if item.may_not_apply and draws.chance(_NOT_MEASURED):
        return Answer(AnswerStatus.NOT_APPLICABLE)
    low, high = span(item)
    share = 0.44 + 0.025 * felt + 0.01 * draws.normal()
    return answered(max(low, min(high, round(low + (high - low) * share))))


def _several(draws: Draws, item: PickItem, felt: int) -> Answer:
    """As many as she feels bad, beginning anywhere; if well "none of these", if there is that."""
    alone = [option.value for option in item.options if option.exclusive]
    if felt == 0 and alone:
        return picked_answer(item, alone[:1])
    several = [option.value for option in item.options if not option.exclusive]
    most = item.at_most or len(several)
    first, count = several.index(draws.pick(several)), max(item.at_least, min(felt, most))
    around = (several + several)[first : first + min(count, len(several))]
    return picked_answer(item, around)


def _day(item: DateItem, today: date) -> int:
    """A few days ago, as far as that can be given."""
    day = today if item.not_before_today else today - timedelta(days=3)
    day = max(day, item.earliest or day)
    return days(min(day, item.latest or day))
