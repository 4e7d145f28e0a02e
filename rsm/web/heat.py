"""Symptoms by week as a table: surveys and their reports to cells. Missing is not zero (P7)."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from rsm.instruments.items import (
    Item,
    NumberItem,
    PickItem,
    RatedItem,
    TextItem,
    VisualScaleItem,
)
from rsm.instruments.model import Instrument
from rsm.instruments.numbers import shown, typed
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.words import Reporter
from rsm.responses.model import ResponseView
from rsm.schedules.model import OccurrenceView
from rsm.web import item_words, when
from rsm.web.views.symptoms import (
    NO_REPORT,
    NOT_ANSWERED,
    REFUSED,
    SKIPPED,
    CellKind,
    HeatCell,
    HeatColumn,
    HeatRow,
    HeatTable,
    column_roles,
    graded,
)

_WITHOUT_VALUE = {
    AnswerStatus.REFUSED: REFUSED,
    AnswerStatus.SKIPPED: SKIPPED,
    AnswerStatus.NOT_APPLICABLE: HeatCell(CellKind.NOT_APPLICABLE),
}
Cell = Callable[[ResponseView | None], HeatCell]


# What the reports were asked with, by content hash, the newest report's first.
Asked = Mapping[str, Instrument]


def heat_table(
    asked: Asked,
    surveys: Sequence[OccurrenceView],
    reports: Mapping[UUID, ResponseView],
    zone: str,
) -> HeatTable:
    """One column a survey, the oldest first; one row a symptom, with its worst answer.

    `reports` are final, by survey. A symptom without any answer in these weeks has no row; one
    that the newest report was not asked about has one, since another week was.
    """
    inside = sorted(surveys, key=lambda survey: survey.opens_at)
    roles = column_roles(len(inside))
    columns = tuple(
        HeatColumn(when.short_date(survey.local_date, zone), role)
        for survey, role in zip(inside, roles, strict=True)
    )
    found = [reports.get(survey.id) for survey in inside]
    rows = [HeatRow(name, tuple(map(cell, found)), unit=unit) for name, unit, cell in _rows(asked)]
    return HeatTable(columns, tuple(row for row in rows if _has_answers(row)))


def _rows(asked: Asked) -> Iterator[tuple[str, str, Cell]]:
    """What each row is called, its unit, and how its cells are made: grades by symptom, all else
    alone, by its symptom's name where no grade bears that."""
    grades: dict[str, dict[str, RatedItem]] = {}
    for item in _items(asked):
        if item.symptom is not None and isinstance(item, RatedItem):
            grades.setdefault(item.symptom, {}).setdefault(item.code, item)
    for symptom, items in grades.items():
        if all(item.type == "yes_no" for item in items.values()):
            yield name_in(asked, symptom), "", partial(_said, [*items.values()])
        else:
            yield name_in(asked, symptom), "", partial(_cell, [*items])
    yield from _alone(asked, grades.keys())


def _alone(asked: Asked, graded_symptoms: Container[str]) -> Iterator[tuple[str, str, Cell]]:
    """What is no grade, item by item."""
    others: dict[str, Item] = {}
    for item in _items(asked):
        if not isinstance(item, RatedItem):
            others.setdefault(item.code, item)
    for item in others.values():
        has_name = item.symptom is not None and item.symptom not in graded_symptoms
        name = name_in(asked, item.symptom or "") if has_name else item.short.get("en", item.code)
        if isinstance(item, NumberItem):
            yield name, item.unit, partial(_number, asked, item)
        else:
            yield name, "", partial(_other, asked, item)


def _items(asked: Asked) -> Iterator[Item]:
    return (item for instrument in asked.values() for item in instrument.items)


def name_in(asked: Asked, symptom: str) -> str:
    """What a symptom is called by the newest that knows it."""
    known = (each.symptom_by_key.get(symptom) for each in asked.values())
    return next((one.name.get("en", symptom) for one in known if one is not None), symptom)


def _has_answers(row: HeatRow) -> bool:
    return any(cell.kind not in {CellKind.NO_REPORT, CellKind.NOT_ANSWERED} for cell in row.cells)


def _number(asked: Asked, item: NumberItem, report: ResponseView | None) -> HeatCell:
    """A number is shown as it is, and has no colour: how bad it is, a rule says. What is stored
    counts in the steps of the version that asked; its unit is said where it is another."""
    cell = _cell([item.code], report)
    if report is None or cell.kind is not CellKind.VALUE or cell.value is None:
        return cell
    then = asked[report.instrument.hash].item_by_code.get(item.code)
    if not isinstance(then, NumberItem):
        return NOT_ANSWERED
    write = typed if then.unit == item.unit else shown
    return replace(cell, text=write(then, cell.value))


def _other(asked: Asked, item: Item, report: ResponseView | None) -> HeatCell:
    """What is neither grade nor number, in a few words, as the version that asked calls it."""
    cell = _cell([item.code], report)
    if report is None or cell.kind is not CellKind.VALUE:
        return cell
    then = asked[report.instrument.hash].item_by_code.get(item.code)
    if then is None or then.type != item.type:
        return NOT_ANSWERED
    return replace(cell, text=_in_few_words(then, report.answers[item.code]))


def _in_few_words(item: Item, answer: Answer) -> str:
    if isinstance(item, TextItem):
        return "in words"
    if isinstance(item, PickItem) and len(answer.picked) > 1:
        return f"{len(answer.picked)} chosen"
    if isinstance(item, VisualScaleItem):
        return str(answer.value)
    return item_words.shown(item, answer, "en") or ""


def _said(items: Sequence[RatedItem], report: ResponseView | None) -> HeatCell:
    """Yes or no is no grade either: its words are shown."""
    cell = _cell([item.code for item in items], report)
    if cell.kind is not CellKind.VALUE:
        return cell
    words = {option.value: option.label.get("en", "") for option in items[0].options}
    return replace(cell, text=words.get(cell.value or 0, ""))


def _cell(codes: Sequence[str], report: ResponseView | None) -> HeatCell:
    if report is None:
        return NO_REPORT
    proxy = report.reporter is Reporter.PROXY
    values = _values(report.answers, codes, AnswerStatus.ANSWERED)
    if values:
        return graded(max(values), proxy=proxy)
    if _values(report.answers, codes, AnswerStatus.STRUCTURAL_ZERO):
        return HeatCell(CellKind.STRUCTURAL_ZERO, 0, proxy)
    statuses = {report.answers[code].status for code in codes if code in report.answers}
    return next(
        (cell for status, cell in _WITHOUT_VALUE.items() if status in statuses), NOT_ANSWERED
    )


def _values(answers: Answers, codes: Sequence[str], status: AnswerStatus) -> list[int]:
    given = (answers[code] for code in codes if code in answers)
    return [one.value for one in given if one.status is status and one.value is not None]
