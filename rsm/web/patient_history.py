"""The patient's own last weeks as a simple picture: shown only once the birth date was confirmed.

What is ordered from none to most can be drawn: grades, yes and no, a point on a line. A number has
no such end, and names, days, words and parts of the body have no height: they are left out. A week
without a report stays empty.
"""

from collections.abc import Iterable

from rsm.flow.outcome import Outcome
from rsm.instruments.items import GradedItem, Item, VisualScaleItem, YesNoItem
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.words import Reporter
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.web import item_words, when
from rsm.web.charts import Span, WeekBar, WeekState
from rsm.web.how_bad import by_worst
from rsm.web.item_words import worded
from rsm.web.patient_visit import Visit
from rsm.web.views.patient import HistoryView

WEEKS = 12
SYMPTOMS = 3
_RECENT = 3 * WEEKS  # reports of her own accord stand between the weeks
Drawn = GradedItem | YesNoItem | VisualScaleItem


def histories(visit: Visit, outcome: Outcome) -> tuple[HistoryView, ...]:
    """The symptoms that raised the alert, else the worst ones, week by week; the newest last."""
    items = _items(visit, outcome)
    if not items:
        return ()
    weeks = _weeks(visit)
    found = responses.of_occurrences(visit.tx, [each.id for each in weeks])
    reports = [(_label(visit, each), found.get(each.id)) for each in weeks]
    return tuple(_history(visit, item, reports) for item in items)


def _weeks(visit: Visit) -> list[OccurrenceView]:
    """The last weeks that were planned, and this report, the oldest first."""
    recent = schedules.recent(visit.tx, visit.survey.patient_id, _RECENT)
    shown = [each for each in recent if each.scheduled or each.id == visit.survey.id]
    return sorted(shown, key=lambda each: (each.opens_at, each.id))[-WEEKS:]


def _label(visit: Visit, week: OccurrenceView) -> str:
    return when.short_date(week.opens_at, visit.patient.zone, visit.language)


def _items(visit: Visit, outcome: Outcome) -> list[Drawn]:
    """One item per symptom: of those that raised the alert, else of the worst answers."""
    items = visit.instrument.item_by_code
    drawn = {code: item for code, item in items.items() if isinstance(item, Drawn)}
    codes = outcome.items or by_worst(drawn, outcome.response.answers, drawn)
    chosen: dict[str, Drawn] = {}
    for code in codes:
        if code in drawn:
            chosen.setdefault(drawn[code].symptom or code, drawn[code])
    return list(chosen.values())[:SYMPTOMS]


# --- one picture ---------------------------------------------------------------------------------


def _history(
    visit: Visit, item: Drawn, reports: Iterable[tuple[str, ResponseView | None]]
) -> HistoryView:
    weeks = tuple(_bar(visit, item, report, label) for label, report in reports)
    symptom = visit.instrument.symptom_by_key.get(item.symptom or "")
    names = symptom.name if symptom else item.short or item.text
    return HistoryView(
        symptom=worded(names, visit.language) or item.code,
        scale=_scale(visit, item),
        weeks=weeks,
        note=_note(visit, item),
    )


def _bar(visit: Visit, item: Item, report: ResponseView | None, label: str) -> WeekBar:
    counts = report is not None and report.is_final and report.quarantined_at is None
    answer = report.answers.get(item.code) if report is not None and counts else None
    if report is None or answer is None:
        return WeekBar(label, None, WeekState.NO_REPORT)
    if answer.value is None:
        refused = answer.status is AnswerStatus.REFUSED
        return WeekBar(label, None, WeekState.REFUSED if refused else WeekState.NO_REPORT)
    shown = item_words.shown(item, answer, visit.language) or ""
    by_other = report.reporter is Reporter.PROXY
    return WeekBar(label, answer.value, shown=shown, by_other=by_other)


def _scale(visit: Visit, item: Drawn) -> Span:
    """What stands at which height."""
    if isinstance(item, VisualScaleItem):
        ends = (item.minimum, item.maximum)
        return Span(*ends, tuple((each, str(each)) for each in ends))
    names = sorted((each.value, worded(each.label, visit.language)) for each in item.options)
    return Span(names[0][0], names[-1][0], [(value, name or str(value)) for value, name in names])


def _note(visit: Visit, item: Drawn) -> str:
    """What is drawn, where a symptom has more than one question; of a line, what its ends mean."""
    name = worded(item.short, visit.language) or worded(item.text, visit.language)
    if not isinstance(item, VisualScaleItem):
        return name
    ends = ((item.minimum, item.low), (item.maximum, item.high))
    said = ((value, worded(words, visit.language)) for value, words in ends)
    return " · ".join([name, *(f"{value}: {words}" for value, words in said if words)])
