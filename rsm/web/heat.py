"""Symptoms by week as a table: surveys and their reports to cells. Missing is not zero (P7)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers, AnswerStatus
from rsm.kernel.words import Reporter
from rsm.responses.model import ResponseView
from rsm.schedules.model import OccurrenceView
from rsm.web import when
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

_WITHOUT_VALUE = {AnswerStatus.REFUSED: REFUSED, AnswerStatus.SKIPPED: SKIPPED}


def heat_table(
    instrument: Instrument,
    surveys: Sequence[OccurrenceView],
    reports: Mapping[UUID, ResponseView],
    zone: str,
) -> HeatTable:
    """One column a survey, the oldest first; one row a symptom, with its worst answer.

    `reports` are final, by survey. A symptom without any answer in these weeks has no row.
    """
    inside = sorted(surveys, key=lambda survey: survey.opens_at)
    roles = column_roles(len(inside))
    columns = tuple(
        HeatColumn(when.short_date(survey.local_date, zone), role)
        for survey, role in zip(inside, roles, strict=True)
    )
    items: dict[str, list[str]] = {}
    for item in instrument.items:
        if item.symptom is not None:
            items.setdefault(item.symptom, []).append(item.code)
    found = [reports.get(survey.id) for survey in inside]
    rows = []
    for symptom, codes in items.items():
        cells = tuple(_cell(report, codes) for report in found)
        if any(cell.kind not in {CellKind.NO_REPORT, CellKind.NOT_ANSWERED} for cell in cells):
            name = instrument.symptom_by_key[symptom].name.get("en", symptom)
            rows.append(HeatRow(name, cells))
    return HeatTable(columns, tuple(rows))


def _cell(report: ResponseView | None, codes: Sequence[str]) -> HeatCell:
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
