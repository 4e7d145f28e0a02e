"""The patient's own last weeks as bars: shown only once the birth date was confirmed."""

from rsm.flow.outcome import Outcome
from rsm.instruments.model import ChoiceItem, Item, NumberItem
from rsm.kernel.answers import AnswerStatus
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.web import when
from rsm.web.charts import WeekBar, WeekState
from rsm.web.patient_visit import Visit
from rsm.web.views.patient import HistoryView

WEEKS = 12
SYMPTOMS = 3


def histories(visit: Visit, outcome: Outcome) -> tuple[HistoryView, ...]:
    """The symptoms that raised the alert, else the worst ones, week by week; the newest last."""
    recent = [
        each
        for each in reversed(schedules.recent(visit.tx, visit.survey.patient_id, WEEKS))
        if each.scheduled or each.id == visit.survey.id
    ]
    found = responses.of_occurrences(visit.tx, [each.id for each in recent])
    views = []
    for item in _items(visit, outcome):
        weeks = tuple(
            _bar(
                item,
                found.get(each.id),
                when.short_date(each.opens_at, visit.patient.zone, visit.language),
            )
            for each in recent[-WEEKS:]
        )
        views.append(HistoryView(_name(visit, item), _scale(visit, item), weeks))
    return tuple(views)


def _items(visit: Visit, outcome: Outcome) -> list[ChoiceItem]:
    """One item per symptom: of those that raised the alert, else of the worst answers."""
    answers = outcome.response.answers
    codes = outcome.items or sorted(
        (code for code, answer in answers.items() if answer.value),
        key=lambda code: -(answers[code].value or 0),
    )
    chosen: dict[str, ChoiceItem] = {}
    for code in codes:
        item = visit.instrument.item_by_code.get(code)
        if item is not None and not isinstance(item, NumberItem):  # a number is no grade
            chosen.setdefault(item.symptom or item.code, item)
    return list(chosen.values())[:SYMPTOMS]


def _bar(item: Item, response: ResponseView | None, label: str) -> WeekBar:
    counts = response is not None and response.is_final and response.quarantined_at is None
    answer = response.answers.get(item.code) if response is not None and counts else None
    if answer is None:
        return WeekBar(label, None, WeekState.NO_REPORT)
    if answer.value is None:
        refused = answer.status is AnswerStatus.REFUSED
        return WeekBar(label, None, WeekState.REFUSED if refused else WeekState.NO_REPORT)
    return WeekBar(label, answer.value)


def _name(visit: Visit, item: Item) -> str:
    symptom = visit.instrument.symptom_by_key.get(item.symptom or "")
    names = symptom.name if symptom else item.short or item.text
    return names.get(visit.language) or next(iter(names.values()), item.code)


def _scale(visit: Visit, item: ChoiceItem) -> tuple[str, ...]:
    return tuple(
        option.label.get(visit.language) or next(iter(option.label.values()), str(option.value))
        for option in sorted(item.options, key=lambda option: option.value)
    )
