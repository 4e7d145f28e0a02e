"""Symptoms by week, when the weeks did not ask the same: nothing that was answered is left out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from rsm.instruments.library import find
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument, NumberItem
from rsm.kernel.answers import Answer, Answers, AnswerStatus, answered
from rsm.kernel.words import Channel, Reporter, SurveyState
from rsm.responses.model import ResponseState, ResponseView
from rsm.schedules.model import OccurrenceView
from rsm.web.heat import heat_table, name_in
from rsm.web.views.symptoms import CellKind, HeatTable

WEEKLY, SAFETY = find("weekly-symptoms"), find("safety-questions")
BOTH = merge([WEEKLY, SAFETY])
FIRST = datetime(2026, 10, 5, 13, tzinfo=UTC)
NOBODY = UUID(int=0)


def version(number: str, **changes: object) -> Instrument:
    """Another version of the safety questions, whose number is asked otherwise."""
    items = [
        item.model_copy(update=changes) if isinstance(item, NumberItem) else item
        for item in SAFETY.items
    ]
    changed = {"version": number, "items": tuple(items)}
    return Instrument.model_construct(**{**dict(SAFETY), **changed})


def week(number: int, asked: Instrument, answers: Answers) -> tuple[OccurrenceView, ResponseView]:
    at, name = FIRST + timedelta(weeks=number), UUID(int=number + 1)
    survey = OccurrenceView(
        id=name, patient_id=NOBODY, site_id=NOBODY, assignment_id=None, window_key="",
        local_date=at.date(), opens_at=at, closes_at=at, reminders=(), reminded=0,
        state=SurveyState.COMPLETED, miss_reason=None, instrument=asked.pin, language="en",
        scheduled=True, next_at=None, first_viewed_at=None, started_at=at, completed_at=at,
        closed_at=at, is_test=False,
    )  # fmt: skip
    report = ResponseView(
        id=name, patient_id=NOBODY, site_id=NOBODY, occurrence_id=name, revision=1,
        state=ResponseState.FINAL, instrument=asked.pin, answers=answers, reporter=Reporter.SELF,
        channel=Channel.WEB, recorded_by=None, at=at, started_at=at, submitted_at=at,
        language="en", is_test=False, late=False, quarantined_at=None, has_words=False,
    )  # fmt: skip
    return survey, report


def table(*weeks: tuple[OccurrenceView, ResponseView], asked: list[Instrument]) -> HeatTable:
    surveys = [survey for survey, _ in weeks]
    reports = {survey.id: report for survey, report in weeks}
    return heat_table({one.pin.hash: one for one in asked}, surveys, reports, "America/Chicago")


def cells(found: HeatTable, label: str) -> list[str]:
    (row,) = [row for row in found.rows if row.label == label]
    return [cell.text or str(cell.value) for cell in row.cells if cell.kind is CellKind.VALUE]


def test_what_the_newest_report_was_not_asked_has_its_row() -> None:
    before = week(0, BOTH, {"temperature": answered(391), "chest-pain.presence": answered(1)})
    newest = week(1, WEEKLY, {"pain.severity": answered(3)})
    found = table(before, newest, asked=[WEEKLY, BOTH])
    assert cells(found, "Temperature") == ["39.1"]
    assert cells(found, "Chest pain") == ["Yes"]
    assert cells(found, "Pain") == ["3"]


def test_a_number_is_read_in_the_steps_of_the_version_that_asked() -> None:
    finer = version("1.1.0", decimals=2)
    old = week(0, SAFETY, {"temperature": answered(382)})
    new = week(1, finer, {"temperature": answered(3845)})
    assert cells(table(old, new, asked=[finer, SAFETY]), "Temperature") == ["38.2", "38.45"]


def test_a_number_in_another_unit_says_so() -> None:
    former = version("0.9.0", unit="°F", minimum=86, maximum=113, other_units=())
    old = week(0, former, {"temperature": answered(1008)})
    new = week(1, SAFETY, {"temperature": answered(382)})
    found = table(old, new, asked=[SAFETY, former])
    assert cells(found, "Temperature") == ["100.8\u00a0°F", "38.2"]


def test_a_symptom_is_called_as_the_newest_that_knows_it_calls_it() -> None:
    asked = {one.pin.hash: one for one in (WEEKLY, SAFETY)}
    assert name_in(asked, "chest-pain") == "Chest pain"
    assert name_in(asked, "own-words") == "own-words"
    survey, report = week(0, WEEKLY, {})
    nothing = heat_table(asked, [survey], {survey.id: replace(report, answers={})}, "UTC")
    assert nothing.rows == ()


def test_what_is_no_grade_is_shown_in_a_few_words_and_without_a_colour() -> None:
    short = find("short-measure")
    given = {
        "feeling.severity": answered(3),
        "week-overall": answered(4),
        "ache.where": Answer(AnswerStatus.ANSWERED, 2, (1, 3)),
        "troubles": Answer(AnswerStatus.ANSWERED, 0, (0,)),
        "helped-by": answered(4),
        "last-visit": answered(20747),
        "tell-us": answered(1),
    }
    found = table(week(0, short, given), week(1, short, {}), asked=[short])
    assert cells(found, "How you feel") == ["3"]
    assert cells(found, "The week, all in all") == ["4"]
    assert cells(found, "Where it hurt") == ["2 chosen"]
    assert cells(found, "What was hard") == ["None of these"]
    assert cells(found, "Help at home") == ["Nobody"]
    assert cells(found, "Last visit") == ["21 October 2026"]
    assert cells(found, "In your own words") == ["in words"]
