"""The worklist's filters and version, the hand-over of a shift, a patient's story and summary."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from rsm.alerts.model import AlertAction
from rsm.db.work import Database
from rsm.flow import answer, call_back, triage
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Level
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from rsm.sites.rota import notes
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from rsm.web.treatment_words import cycle_day, treatment_line
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic
from tests.web_desk import at_desk, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def site(ward: Ward, *more: str) -> str:
    return "/".join((f"/sites/{ward.clinic.site}", *more))


def close(ward: Ward, key: str, note: str = "") -> str:
    alert = ward.alarm(key=key)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        closing = triage.Closing(AlertAction.PHONE_ADVICE, note, minutes=7)
        triage.close(tx, alert.id, ward.clinic.nurse, closing)
    return alert.code


# --- the worklist --------------------------------------------------------------------------


def test_the_filters_show_mine_my_teams_unowned_and_overdue(
    ward: Ward, clock: VirtualClock
) -> None:
    mine, free = ward.alarm(key="text:1"), ward.alarm(Level.SOON, key="text:2")
    ward.take(mine, ward.clinic.nurse)
    clock.advance(timedelta(minutes=90))  # an urgent one's target is an hour
    shown = {}
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        for show in ("mine", "team", "unowned", "overdue", "nonsense"):
            page = nurse.get(site(ward, f"alerts?show={show}")).text
            shown[show] = set(re.findall(r'data-code="(\w+)"', page))
    both = {mine.code, free.code}
    assert shown == {
        "mine": {mine.code},
        "team": both,
        "unowned": {free.code},
        "overdue": {mine.code},
        "nonsense": both,
    }


def test_another_teams_alert_is_not_my_teams(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        sites.leave_team(tx, ward.clinic.site, ward.clinic.team, ward.clinic.nurse)
    assert alert.code not in nurse.get(site(ward, "alerts?show=team")).text
    assert alert.code in nurse.get(site(ward, "alerts")).text


def test_an_alert_leads_back_to_the_filter_that_she_came_from(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    listed = nurse.get(site(ward, "alerts?show=unowned")).text
    assert f'href="/alerts/{alert.id}?show=unowned"' in listed
    page = nurse.get(f"/alerts/{alert.id}?show=unowned").text
    assert '<input type="hidden" name="show" value="unowned">' in page


def test_the_version_moves_when_a_task_is_taken_and_when_a_target_passes(
    ward: Ward, nurse: TestClient
) -> None:
    ward.alarm()
    with ward.clinic.begin() as tx:
        new = NewTask("stop:1", TaskKind.REACH_ANOTHER_WAY, ward.clinic.site, "Stop.", ward.patient)
        task_id = tasks.open_task(tx, new)
    assert task_id is not None
    before = nurse.get(site(ward, "version")).text
    with ward.clinic.begin(ward.clinic.second) as tx:
        tasks.take(tx, task_id, ward.clinic.second)
    taken = nurse.get(site(ward, "version")).text
    assert taken != before
    ward.clock.advance(timedelta(minutes=61))
    assert nurse.get(site(ward, "version")).text != taken


def test_the_day_of_the_cycle_stands_beside_the_name(ward: Ward, nurse: TestClient) -> None:
    today = ward.clock.now().date()
    patient = ward.clinic.enrol_patient(
        name="Lee Webb",
        phone="+12025550139",
        regimen="FOLFOX",
        cycle_starts=[today - timedelta(days=16), today - timedelta(days=2)],
    )
    alert = ward.report(PAIN, patient)
    assert alert is not None
    assert "FOLFOX, C2 D3" in nurse.get(site(ward, "alerts")).text
    assert "FOLFOX, cycle 2, day 3" in nurse.get(f"/alerts/{alert.id}").text


# --- hand-over -----------------------------------------------------------------------------


def test_the_hand_over_shows_what_is_open_promised_and_closed(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    ward.take(alert, ward.clinic.second)
    due = ward.clock.now() + timedelta(hours=2)
    with ward.clinic.begin(ward.clinic.second) as tx:
        call_back.promise(tx, alert.id, ward.clinic.second, due)
    close(ward, "text:2", "Morphine raised.")
    page = nurse.get(site(ward, "handover")).text
    assert "1 open, 2 promised, 1 closed since" in page
    assert "Ben Okafor calls back" in page
    assert "Ben Okafor has it until then" in page
    assert "Morphine raised." in page
    assert "7 min" in page
    assert "Dana Reyes, to" in page


@pytest.mark.parametrize(("hours", "shown"), [(8, False), (12, True), (5, True)])
def test_what_was_closed_before_the_shift_is_not_shown(
    ward: Ward, clock: VirtualClock, hours: int, shown: bool
) -> None:
    """Twelve hours are shown where another number was asked for than is offered."""
    close(ward, "text:1", "Long ago.")
    clock.advance(timedelta(hours=9))
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        page = nurse.get(site(ward, f"handover?hours={hours}")).text
    assert ("Long ago." in page) is shown


def test_notes_of_the_hand_over_are_shown(ward: Ward, nurse: TestClient) -> None:
    with ward.clinic.begin(ward.clinic.second) as tx:
        notes.write(tx, ward.clinic.site, ward.clinic.team, "Call the pharmacy by 17:00.")
    page = nurse.get(site(ward, "handover")).text
    assert "Call the pharmacy by 17:00." in page
    assert "Ben Okafor" in page


def test_a_note_is_written_on_the_hand_over_and_read_by_who_comes(
    ward: Ward, clock: VirtualClock
) -> None:
    here = site(ward, "handover")
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        fields = {"team": str(ward.clinic.team), "note": "Call Maria at nine.", "hours": "24"}
        done = submit(nurse, here, f"{here}/notes", fields)
        assert done.headers["location"] == f"{here}?hours=24#notes"
        assert "I have read it" not in nurse.get(here).text
    with at_desk(ward.clinic, clock, ward.clinic.second) as second:
        page = second.get(here).text
        assert "Call Maria at nine." in page
        read = re.search(rf'action="({here}/notes/[^"]+/read)"', page)
        assert read is not None
        assert submit(second, here, read[1]).status_code == 303
        assert submit(second, here, read[1]).status_code == 303  # twice pressed
        assert "read by Ben Okafor" in second.get(here).text


def test_a_note_that_cannot_be_kept_is_not_lost(ward: Ward, nurse: TestClient) -> None:
    here = site(ward, "handover")
    fields = {"team": "nobody", "note": "Call Maria at nine.", "hours": "8"}
    refused = submit(nurse, here, f"{here}/notes", fields)
    assert refused.status_code == 422
    assert "Call Maria at nine.</textarea>" in refused.text
    assert "The note is not written yet" in refused.text
    empty = {"team": str(ward.clinic.team), "note": " ", "hours": "9" * 5000}
    assert submit(nurse, here, f"{here}/notes", empty).status_code == 422


def test_the_hand_over_keeps_itself_up_to_date(ward: Ward, nurse: TestClient) -> None:
    here = site(ward, "handover")
    versions = [nurse.get(f"{here}/version").text]
    assert versions[0] in nurse.get(here).text
    alert = ward.alarm()
    versions.append(nurse.get(f"{here}/version").text)
    ward.take(alert, ward.clinic.second)
    versions.append(nurse.get(f"{here}/version").text)
    with ward.clinic.begin(ward.clinic.second) as tx:
        written = notes.write(tx, ward.clinic.site, ward.clinic.team, "Call the pharmacy.")
    versions.append(nurse.get(f"{here}/version").text)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        notes.mark_read(tx, ward.clinic.site, written)
    versions.append(nurse.get(f"{here}/version").text)
    assert len(set(versions)) == len(versions)
    part = nurse.get(f"{here}/live?hours=8").text
    assert "Call the pharmacy." in part
    assert "Ben Okafor has it until" in part
    assert "<html" not in part


def test_the_hand_over_of_another_site_is_not_found(ward: Ward, nurse: TestClient) -> None:
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    assert nurse.get(f"/sites/{other.site}/handover").status_code == 404


# --- one patient ---------------------------------------------------------------------------


def report(ward: Ward, words: str) -> None:
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
        given = {item: answered(value) for item, value in PAIN.items()}
        answer.enter(tx, survey.id, given, words, Author())


def test_the_story_goes_by_day_and_can_be_narrowed(ward: Ward, nurse: TestClient) -> None:
    report(ward, "")
    here = site(ward, "patients", str(ward.patient))
    whole = nurse.get(here).text
    assert "Alert opened" in whole
    assert "Enrolled" in whole
    assert "Monday 19 October" in whole
    only = nurse.get(f"{here}?story=alerts").text
    assert "Alert opened" in only
    assert "Enrolled by" not in only
    record = nurse.get(f"{here}?story=record").text
    assert "Enrolled by" in record
    assert "Alert opened" not in record
    assert "Alert opened" in nurse.get(f"{here}?story=nonsense").text


def test_the_summary_for_the_visit(ward: Ward, nurse: TestClient) -> None:
    report(ward, "It keeps me awake.")
    (alert, *_) = ward.worklist()
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.acknowledge(tx, alert.id, ward.clinic.nurse, Channel.WEB)
        closing = triage.Closing(AlertAction.MEDICINE_CHANGE, "Morphine raised.")
        triage.close(tx, alert.id, ward.clinic.nurse, closing)
    short = nurse.get(f"/patients/{ward.patient}/summary")
    assert short.headers["location"] == site(ward, "patients", str(ward.patient), "summary")
    page = nurse.get(short.headers["location"]).text
    for words in ("Maria Alvarez", "It keeps me awake.", "Medicine change", "Morphine raised."):
        assert words in page
    assert "Grades by week" in page


def test_the_summary_of_another_sites_patient_is_not_found(ward: Ward, clock: VirtualClock) -> None:
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    with at_desk(other, clock, other.nurse) as stranger:
        assert stranger.get(f"/patients/{ward.patient}/summary").status_code == 404
        hers = f"/sites/{other.site}/patients/{ward.patient}/summary"
        assert stranger.get(hers).status_code == 404


def test_before_the_first_cycle_there_is_no_day_of_one() -> None:
    today = date(2026, 10, 19)
    assert cycle_day([date(2026, 10, 20)], today) is None
    assert cycle_day([today], today) == (1, 1)
    assert treatment_line(None, [], today) == ""
    assert treatment_line("FOLFOX", [], today) == "FOLFOX"
