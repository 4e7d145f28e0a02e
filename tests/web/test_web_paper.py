"""Paper is typed in, several sheets in a row; forms and lists are printed for when nothing runs."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.instruments.library import find
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Relation, Reporter, SurveyState
from rsm.patients import marks
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from tests.patient_browser import rows
from tests.proxy_world import appoint
from tests.survey_world import BORN, OPENS, World, build_world
from tests.web_desk import at_desk, submit

DAY = timedelta(days=1)
ITEMS = find("weekly-symptoms").items
WELL = {item.code: "0" for item in ITEMS if item.asked_when is None}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def nurse(world: World, clock: VirtualClock, worker_db: Database) -> Iterator[TestClient]:
    """Two weeks later: the first survey was missed, the second one is long closed as well."""
    for _ in range(14):
        outbound.open_due(worker_db)
        outbound.advance_due(worker_db)
        clock.advance(DAY)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


@pytest.fixture
def here(world: World) -> str:
    return f"/sites/{world.clinic.site}/paper"


def mark(world: World, patient: UUID | None = None) -> str:
    with world.begin() as tx:
        return marks.of(tx, patient or world.patient)


def sheet(who: str, on: str, number: int = 1, **others: str) -> dict[str, str]:
    """The fields of a card; `others` are its own, or questions (`pain__severity`)."""
    answers = WELL | {
        name.replace("__", "."): value for name, value in others.items() if "__" in name
    }
    own = {"who": who, "on": on} | {n: v for n, v in others.items() if "__" not in n}
    return {f"c{number}.{name}": value for name, value in own.items()} | {
        f"c{number}:{code}": value for code, value in answers.items()
    }


def reports(world: World) -> list[ResponseView]:
    """The oldest answers first."""
    with world.begin() as tx:
        return responses.finals(tx, world.patient, OPENS - 60 * DAY)


def test_a_sheet_of_a_missed_survey_is_that_surveys_report_at_its_own_time(
    world: World, nurse: TestClient, here: str
) -> None:
    sent = submit(nurse, here, fields=sheet(mark(world), "2026-10-21", pain__frequency="r"))
    assert "1 sheet is stored" in sent.text
    assert "Maria Alvarez, paper of 21 October 2026" in sent.text
    (report,) = reports(world)
    assert (report.channel, report.reporter) == (Channel.PAPER, Reporter.SELF)
    assert report.answered_on == date(2026, 10, 21)
    assert report.recorded_by == world.clinic.nurse
    assert report.at.date() == date(2026, 10, 21)
    assert not report.late
    assert report.answers["pain.frequency"] == Answer(AnswerStatus.REFUSED)
    with world.begin() as tx:
        survey = schedules.occurrence(tx, report.occurrence_id)
    assert survey.scheduled
    assert survey.state is SurveyState.COMPLETED


def test_a_baseline_that_is_filled_in_afterwards_is_flagged_and_a_later_sheet_is_not(
    world: World, nurse: TestClient, here: str
) -> None:
    submit(nurse, here, fields=sheet(mark(world), "2026-10-20"))
    submit(nurse, here, fields=sheet(mark(world), "2026-10-27"))
    assert [report.backfilled for report in reports(world)] == [True, False]


def test_a_sheet_that_comes_between_changes_what_the_later_one_is_compared_with(
    world: World, nurse: TestClient, here: str
) -> None:
    """2 after nothing is no rise; 2 after the 0 of a sheet that came later by post is one."""
    submit(nurse, here, fields=sheet(mark(world), "2026-10-27", nausea__frequency="2"))
    with world.begin() as tx:
        assert handling.worklist(tx, world.clinic.site) == []
    submit(nurse, here, fields=sheet(mark(world), "2026-10-20", nausea__frequency="0"))
    with world.begin() as tx:
        (alert,) = handling.worklist(tx, world.clinic.site)
        found = handling.findings(tx, [alert.id])[alert.id]
    assert {(one.symptom, one.previous, one.current) for one in found} == {("nausea", 0, 2)}


def test_several_sheets_each_by_itself_and_what_is_refused_stays(
    world: World, nurse: TestClient, here: str
) -> None:
    walter = world.clinic.enrol_patient("Walter Pruitt", "+12025550132", birth_date=BORN)
    fields = {
        **sheet(mark(world), "2026-10-20", 1),
        **sheet("R1002", "2026-10-20", 2, born="1957-03-05"),
        **sheet("R1002", "2026-10-20", 3, born=BORN.isoformat(), relation="partner"),
    }
    sent = submit(nurse, here, fields=fields)
    assert "2 sheets are stored" in sent.text
    assert "1 sheet was NOT stored" in sent.text
    assert "not that patient" in sent.text
    assert 'value="1957-03-05"' in sent.text
    with world.begin() as tx:
        (his,) = responses.finals(tx, walter, OPENS - 60 * DAY)
    assert (his.reporter, his.relation) == (Reporter.PROXY, Relation.PARTNER)


def test_the_same_sheet_twice_is_one_report_and_another_of_that_day_is_refused(
    world: World, nurse: TestClient, here: str
) -> None:
    once = sheet(mark(world), "2026-10-20")
    submit(nurse, here, fields=once)
    again = submit(nurse, here, fields=once)
    assert "had been typed in before" in again.text
    other = submit(nurse, here, fields=once | {"c1:pain.frequency": "3"})
    assert other.status_code == 422
    assert "Another report of that day stands already" in other.text
    assert len(reports(world)) == 1


def test_what_was_answered_on_the_web_that_week_stays_and_the_sheet_is_a_report_of_its_day(
    world: World, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        answer.enter(tx, survey.id, {"pain.frequency": answered(0)}, "", Author())
    clock.advance(2 * DAY)
    with at_desk(world.clinic, clock, world.clinic.nurse) as nurse:
        submit(nurse, f"/sites/{world.clinic.site}/paper", fields=sheet(mark(world), "2026-10-20"))
    web, paper = reports(world)
    assert (web.channel, paper.channel) == (Channel.WEB, Channel.PAPER)
    with world.begin() as tx:
        assert not schedules.occurrence(tx, paper.occurrence_id).scheduled


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"c1.who": ""}, "is missing"),
        ({"c1.who": "R9999"}, "There is no such patient"),
        ({"c1.who": "R1001"}, "Type the birth date as well"),
        ({"c1.on": "2027-01-01"}, "lies in the future"),
        ({"c1.on": "2020-01-01"}, "more than a year ago"),
        ({"c1.on": "yesterday"}, "Type a date such as"),
        ({"c1:pain.frequency": "7"}, "Question 1: this is no answer"),
        ({"c1:pain.frequency": "", "c1:pain.severity": "3"}, "Question 2 is answered"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    world: World, nurse: TestClient, here: str, changed: dict[str, str], said: str
) -> None:
    sent = submit(nurse, here, fields=sheet(mark(world), "2026-10-20") | changed)
    assert sent.status_code == 422
    assert said.lower() in sent.text.lower()
    assert reports(world) == []


def test_a_blank_is_left_out_and_a_mark_with_a_wrong_sign_finds_nobody(
    world: World, nurse: TestClient, here: str
) -> None:
    fields = sheet(mark(world), "2026-10-20") | {"c1:vomiting.frequency": ""}
    submit(nurse, here, fields=fields)
    assert reports(world)[0].answers["vomiting.frequency"] == SKIPPED
    wrong = mark(world)[:-1] + ("3" if mark(world)[-1] != "3" else "4")
    assert "There is no such patient" in submit(nurse, here, fields=sheet(wrong, "2026-10-20")).text


def test_severe_on_paper_is_told_at_once(world: World, nurse: TestClient, here: str) -> None:
    fields = sheet(mark(world), "2026-10-20", pain__frequency="4", pain__severity="4")
    assert "whether the patient needs a call now" in submit(nurse, here, fields=fields).text


# --- printed -------------------------------------------------------------------------------------


def test_the_form_has_a_mark_and_no_name_unless_asked(world: World, nurse: TestClient) -> None:
    form = f"/sites/{world.clinic.site}/downtime/form"
    blank = nurse.get(form).text
    assert "Mark or record number:" in blank
    hers = nurse.get(f"{form}?patient={world.patient}&language=es&large=1&paper=letter").text
    assert mark(world) in hers
    assert "Maria" not in hers
    assert 'class="sheet letter large"' in hers
    assert "Encuesta en papel" in hers
    assert "Maria Alvarez" in nurse.get(f"{form}?patient={world.patient}&name=1").text


def test_the_list_has_names_numbers_and_who_answers_as_well_and_is_on_record(
    world: World, nurse: TestClient, owner: Engine, worker_db: Database
) -> None:
    outbound.open_due(worker_db)
    appoint(world)
    listed = nurse.get(f"/sites/{world.clinic.site}/downtime/list?span=week").text
    for told in ("Maria Alvarez", "202-555-0131", mark(world), "Lucia Alvarez", "202-555-0151"):
        assert told in listed
    actions = [row[0] for row in rows(owner, "SELECT action FROM audit_event")]
    assert "downtime.listed" in actions
    assert "patients.listed" in actions


def test_the_way_there_stands_on_the_call_list(world: World, nurse: TestClient) -> None:
    page = nurse.get(f"/sites/{world.clinic.site}/calls").text
    assert "/downtime" in page
    assert "/paper" in page
    assert nurse.get(f"/sites/{world.clinic.site}/downtime").status_code == 200
