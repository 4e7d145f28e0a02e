"""One alert's page as it stands: taken by whom, given back, closed with its time, called back."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView, Finding, Opening
from rsm.db.work import Database
from rsm.flow import call_back, passing, triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertKind, AlertState, Channel, Level
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.alert_world import Ward, build_ward
from tests.clinic import TEAM
from tests.web_desk import at_desk, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def url(alert: AlertView) -> str:
    return f"/alerts/{alert.id}"


def of_pain(ward: Ward) -> AlertView:
    alert = ward.report(PAIN)
    assert alert is not None
    return alert


def close(nurse: TestClient, alert: AlertView, **more: str) -> Response:
    shown = nurse.get(url(alert)).text
    version = re.search(r'name="version" value="([^"]*)"', shown)
    assert version is not None
    fields = {"code": "phone_advice", "do": "close", "version": version[1], **more}
    return submit(nurse, url(alert), f"{url(alert)}/do", fields)


def audited(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(query, {"action": action}).scalar_one())


# --- as it stands --------------------------------------------------------------------------


def test_the_version_of_an_alert_moves_when_a_colleague_takes_it(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    before = nurse.get(f"{url(alert)}/version").text
    assert nurse.get(f"{url(alert)}/version").text == before
    ward.take(alert, ward.clinic.second)
    assert nurse.get(f"{url(alert)}/version").text != before


def test_the_version_of_an_alert_moves_when_a_call_is_promised(
    ward: Ward, nurse: TestClient
) -> None:
    alert = of_pain(ward)
    before = nurse.get(f"{url(alert)}/version").text
    with ward.clinic.begin(ward.clinic.second) as tx:
        call_back.promise(tx, alert.id, ward.clinic.second, tx.now + timedelta(hours=1))
    assert nurse.get(f"{url(alert)}/version").text != before


def test_the_part_that_is_asked_for_again_says_who_took_it_and_when(
    ward: Ward, nurse: TestClient
) -> None:
    alert = of_pain(ward)
    ward.take(alert, ward.clinic.second)
    part = nurse.get(f"{url(alert)}/live").text
    assert re.search(r"Ben Okafor has it until \d+:\d\d, taken at \d+:\d\d", part)
    assert "<html" not in part
    assert "Maria" not in part


def test_asking_again_marks_nothing_as_opened_but_is_audited(
    ward: Ward, nurse: TestClient, owner: Engine
) -> None:
    alert = ward.alarm()
    viewed = audited(owner, "alert.viewed")
    nurse.get(f"{url(alert)}/live")
    assert ward.now(alert).first_viewed_at is None
    assert audited(owner, "alert.viewed") == viewed + 1


def test_polling_keeps_no_idle_session_alive(ward: Ward, clock: VirtualClock) -> None:
    alert = ward.alarm()
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        for _ in range(4):
            clock.advance(timedelta(minutes=6))
            answer = nurse.get(f"{url(alert)}/version")
    assert (answer.status_code, answer.headers.get("location")) == (303, "/locked")


def test_a_report_that_came_in_since_is_said(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    assert "Something new came in" in nurse.get(f"{url(alert)}/live?seen=0").text
    with ward.clinic.begin() as tx:
        seen = triage.version(tx, alert.id)
    assert "Something new came in" not in nurse.get(f"{url(alert)}/live?seen={seen}").text


def test_the_page_says_to_which_team_it_went_and_by_which_branches(
    ward: Ward, nurse: TestClient
) -> None:
    alert = of_pain(ward)
    assert f"Routed to the team {TEAM} (everything)." in nurse.get(url(alert)).text
    with ward.clinic.begin() as tx:
        alerts.set_route(tx, alert.id, None, "the tree could not be used")
    assert "Routed to the whole site (the tree could not be used)." in nurse.get(url(alert)).text


# --- given back ----------------------------------------------------------------------------


def test_what_was_taken_by_mistake_is_given_back_and_told_again(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    told, target = ward.told(alert), ward.now(alert).target_at
    ward.clock.advance(timedelta(minutes=1))
    assert submit(nurse, url(alert), f"{url(alert)}/give-back").status_code == 303
    now = ward.now(alert)
    assert (now.state, now.owner_id) == (AlertState.OPEN, None)
    assert now.target_at == target
    assert len(ward.told(alert)) > len(told)
    assert "Given back by you" in nurse.get(url(alert)).text


def test_nobody_gives_back_what_another_has(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.second)
    refused = submit(nurse, url(alert), f"{url(alert)}/give-back")
    assert refused.status_code == 409
    assert "Ben Okafor has it" in refused.text
    assert ward.now(alert).owner_id == ward.clinic.second


def test_a_loan_that_has_ended_is_not_given_back(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    ward.clock.advance(timedelta(days=1))
    with ward.clinic.begin(ward.clinic.nurse) as tx, pytest.raises(Conflict, match="any more"):
        triage.give_back(tx, alert.id, ward.clinic.nurse)


def test_giving_back_leaves_what_a_colleague_types_good(ward: Ward, nurse: TestClient) -> None:
    """It is no news of the patient: who has the page open may close the alert."""
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        seen = triage.version(tx, alert.id)
    ward.take(alert, ward.clinic.second)
    with ward.clinic.begin(ward.clinic.second) as tx:
        triage.give_back(tx, alert.id, ward.clinic.second)
        assert triage.version(tx, alert.id) == seen


# --- closed --------------------------------------------------------------------------------


def test_time_spent_is_kept_with_the_closing(ward: Ward, nurse: TestClient) -> None:
    alert = of_pain(ward)
    done = close(nurse, alert, minutes="12")
    assert done.status_code == 303
    assert ward.now(alert).minutes_spent == 12


@pytest.mark.parametrize("minutes", ["ten", "-1", "1441", "99999"])
def test_minutes_that_cannot_be_are_refused_and_nothing_is_closed(
    ward: Ward, nurse: TestClient, minutes: str
) -> None:
    alert = ward.alarm()
    refused = close(nurse, alert, minutes=minutes, note="Called.")
    assert refused.status_code == 422
    assert "Called." in refused.text
    assert ward.now(alert).state is AlertState.OPEN


def test_after_closing_she_is_where_she_was_and_can_open_it_again_at_once(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    back = close(nurse, alert, show="unowned").headers["location"]
    listed = nurse.get(nurse.get(back).headers["location"]).text
    assert f"Alert {alert.code} is closed." in listed
    assert 'aria-current="true">Unowned' in listed
    assert submit(nurse, f"/sites/{ward.clinic.site}/alerts", f"{url(alert)}/reopen")
    assert ward.now(alert).state is AlertState.OPEN


def test_only_she_who_closed_it_is_offered_to_undo_it(ward: Ward, clock: VirtualClock) -> None:
    alert = ward.alarm()
    listed = f"/sites/{ward.clinic.site}/alerts?closed={alert.id}"
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        close(nurse, alert)
    with at_desk(ward.clinic, clock, ward.clinic.second) as second:
        assert "is closed." not in second.get(listed).text
        assert second.get(f"/sites/{ward.clinic.site}/alerts?closed=nonsense").status_code == 200


# --- a promise -----------------------------------------------------------------------------


def test_a_promised_call_is_her_task_with_its_time(ward: Ward, nurse: TestClient) -> None:
    alert = of_pain(ward)
    done = submit(nurse, url(alert), f"{url(alert)}/call-back", {"after": "60"})
    assert done.status_code == 303
    with ward.clinic.begin() as tx:
        (task,) = call_back.promised(tx, ward.clinic.site)
    assert (task.owner_id, task.patient_id) == (ward.clinic.nurse, ward.patient)
    assert timedelta(minutes=59) <= task.due_at - ward.clock.now() <= timedelta(minutes=60)
    assert "Call-back promised" in nurse.get(url(alert)).text
    assert "Call back" in nurse.get(f"/sites/{ward.clinic.site}/alerts?show=mine").text
    assert f'href="/alerts/{alert.id}"' in nurse.get(f"/tasks/{task.id}").text


def test_tomorrow_and_a_time_of_hers_are_the_sites_wall_time(ward: Ward, nurse: TestClient) -> None:
    alert = of_pain(ward)
    page = f"{url(alert)}/call-back"
    assert submit(nurse, url(alert), page, {"after": "tomorrow"}).status_code == 303
    assert submit(nurse, url(alert), page, {"at": "2026-10-21T15:30"}).status_code == 303
    with ward.clinic.begin() as tx:
        due = [task.due_at.isoformat() for task in call_back.promised(tx, ward.clinic.site)]
    assert due == ["2026-10-20T13:00:00+00:00", "2026-10-21T19:30:00+00:00"]  # New York, summer


@pytest.mark.parametrize("at", ["", "soon", "2026-10-01T09:00", "2027-10-01T09:00"])
def test_a_time_that_is_none_is_refused(ward: Ward, nurse: TestClient, at: str) -> None:
    alert = of_pain(ward)
    refused = submit(nurse, url(alert), f"{url(alert)}/call-back", {"at": at})
    assert refused.status_code == 422
    with ward.clinic.begin() as tx:
        assert call_back.promised(tx, ward.clinic.site) == []


def test_the_same_promise_is_made_once(ward: Ward) -> None:
    alert = of_pain(ward)
    due = ward.clock.now() + timedelta(hours=1)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        call_back.promise(tx, alert.id, ward.clinic.nurse, due)
        with pytest.raises(Conflict, match="already"):
            call_back.promise(tx, alert.id, ward.clinic.second, due)
        with pytest.raises(Invalid, match="ahead"):
            call_back.promise(tx, alert.id, ward.clinic.nurse, ward.clock.now())


def test_an_alert_of_the_whole_site_has_nobody_to_call(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm(Level.SOON)
    assert "Call back" not in nurse.get(url(alert)).text
    refused = submit(nurse, url(alert), f"{url(alert)}/call-back", {"after": "30"})
    assert refused.status_code == 409


def test_a_promise_outlives_the_closing(ward: Ward, nurse: TestClient) -> None:
    alert = of_pain(ward)
    submit(nurse, url(alert), f"{url(alert)}/call-back", {"after": "120"})
    close(nurse, alert)
    with ward.clinic.begin() as tx:
        assert tasks.count_open(tx, ward.clinic.site, (TaskKind.CALL_BACK,)) == 1


# --- on one screen -------------------------------------------------------------------------


def test_what_helped_before_stands_with_its_note(ward: Ward, clock: VirtualClock) -> None:
    first = of_pain(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        close(nurse, first, note="Morphine raised; better next day.")
    clock.advance(timedelta(days=7))
    again = of_pain(ward)
    with at_desk(ward.clinic, clock, ward.clinic.second) as second:
        assert "Morphine raised; better next day." in second.get(url(again)).text


def test_symptoms_that_were_0_in_every_report_are_one_sentence(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.report({**PAIN, "nausea.frequency": 0, "vomiting.frequency": 0})
    assert alert is not None
    page = nurse.get(url(alert)).text
    assert "0 in every report: Nausea, Vomiting." in page
    assert not re.search(r'<th scope="row">Nausea', page)


# --- handing on ----------------------------------------------------------------------------


def test_a_colleagues_alert_can_be_taken_over_from_its_page(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.second)
    assert f'name="seen" value="{ward.clinic.second}"' in nurse.get(url(alert)).text
    seen = {"seen": str(ward.clinic.second)}
    assert submit(nurse, url(alert), f"{url(alert)}/take-over", seen).status_code == 303
    assert ward.now(alert).owner_id == ward.clinic.nurse
    assert "Take over" not in nurse.get(url(alert)).text


@pytest.mark.parametrize(("level", "offered"), [(Level.URGENT, True), (Level.EMERGENCY, False)])
def test_colleagues_are_offered_and_an_emergency_is_never_put_off(
    ward: Ward, nurse: TestClient, level: Level, offered: bool
) -> None:
    page = nurse.get(url(ward.alarm(level))).text
    assert f'name="to" value="{ward.clinic.second}"' in page
    assert f'name="to" value="{ward.clinic.nurse}"' not in page
    assert ("/snooze" in page) is offered


def test_an_alert_is_put_off_for_an_hour_with_a_reason(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    shown = nurse.get(url(alert)).text
    assert 'name="after" value="60"' in shown.partition("/snooze")[2]
    fields = {"after": "60", "until": "", "reason": "waits for blood"}
    assert submit(nurse, url(alert), f"{url(alert)}/snooze", fields).status_code == 303
    until = ward.now(alert).loan_until
    assert until is not None
    assert timedelta(minutes=59) <= until - ward.clock.now() <= timedelta(hours=1)


def test_only_times_until_the_next_service_day_ends_are_offered(
    ward: Ward, clock: VirtualClock
) -> None:
    """On a Friday at ten in the evening, of a site that is at work from Monday to Friday."""
    clock.advance(timedelta(days=4, hours=13))
    alert = ward.alarm()
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        offered = nurse.get(url(alert)).text.partition("/snooze")[2]
    with ward.clinic.begin() as tx:
        latest = passing.latest_snooze(tx, alert)
    assert ('value="240"' in offered) is (clock.now() + timedelta(hours=4) <= latest)


# --- the ladder ----------------------------------------------------------------------------


def steps_of(page: str) -> dict[str, str]:
    """The steps that the page offers: their numbers and words."""
    found = re.findall(r'name="step" value="(\d+)">([^<]+)<', page)
    return dict(found)


def test_the_steps_to_come_are_offered_with_the_names_of_whom_they_tell(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    ward.passes(minutes=0)  # the first step is taken
    offered = steps_of(nurse.get(url(alert)).text)
    assert list(offered) == ["2", "3", "4"]
    assert offered["2"] == "Tell number 2 on duty (Ben Okafor)"
    before = ward.told(alert)
    told = submit(nurse, url(alert), f"{url(alert)}/escalate-to", {"step": "3"})
    assert told.status_code == 303
    assert ward.told(alert)[len(before) :] == ["charge"]
    assert list(steps_of(nurse.get(url(alert)).text)) == ["4"]


def test_once_everybody_was_told_every_step_is_offered_again(
    ward: Ward, clock: VirtualClock
) -> None:
    alert = ward.alarm()
    for _ in range(5):
        ward.passes(minutes=15)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        assert list(steps_of(nurse.get(url(alert)).text)) == ["1", "2", "3", "4"]


def test_a_step_that_reaches_nobody_says_so(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        staff.rename(tx, ward.clinic.second, "Ben Okafor", None)
    assert "nobody can be told now" in steps_of(nurse.get(url(alert)).text)["2"]


def test_whoever_has_it_may_escalate_it_and_nobody_else(ward: Ward, nurse: TestClient) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    assert steps_of(nurse.get(url(alert)).text)
    with ward.clinic.begin(ward.clinic.second) as tx:
        passing.take_over(tx, alert.id, ward.clinic.second, Channel.WEB)
    assert not steps_of(nurse.get(url(alert)).text)


# --- ready phrases -------------------------------------------------------------------------


@pytest.mark.parametrize("done", ["", *AlertAction])
def test_there_are_ready_phrases_for_whatever_was_done(
    ward: Ward, nurse: TestClient, done: str
) -> None:
    page = nurse.get(url(ward.alarm())).text
    assert re.search(rf'data-for="{done}" hidden>[A-Z][^<]+<', page)


# --- why, said once ------------------------------------------------------------------------


def why(page: str) -> str:
    return page.partition("Why this alert")[2].partition("What the patient was told")[0]


def found(ward: Ward, report: int, severity: int) -> AlertView:
    """One more report of the same survey, such as a correction, is added to its alert."""
    reason = f"Pain: severity {severity}."
    one = Finding("pain", "pain", "pain.severity", Level.SOON, None, None, severity, reason)
    with ward.clinic.begin() as tx:
        opening = Opening(
            business_key="survey:1",
            site_id=ward.clinic.site,
            kind=AlertKind.SYMPTOM,
            level=Level.SOON,
            reason=reason,
            is_test=False,
            patient_id=ward.patient,
            response_id=UUID(int=report),
            rule_pack=sites.get(tx, ward.clinic.site).rule_pack,
            findings=(one,),
        )
        return alerts.open_alert(tx, opening).alert


@pytest.mark.parametrize(
    ("given", "first", "folded"),
    [
        ((2, 3), "Severity 3.", ["Monday 19 October</time>: Soon. Severity 2."]),
        ((3, 2), "Severity 3.", ["Tuesday 20 October</time>: Soon. Severity 2."]),
        (
            (3, 3, 3),
            "Severity 3.",
            [
                "Tuesday 20 October</time>: Soon. Severity 3.",
                "Monday 19 October</time>: Soon. Severity 3.",
            ],
        ),
    ],
)
def test_of_several_reports_the_worst_is_read_and_the_others_are_folded(
    ward: Ward, clock: VirtualClock, given: tuple[int, ...], first: str, folded: list[str]
) -> None:
    for report, severity in enumerate(given):
        alert = found(ward, report, severity)
        clock.advance(timedelta(days=1))
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        said = why(nurse.get(url(alert)).text)
    shown, _, rest = said.partition('<details class="less">')
    assert shown.count("Severity") == shown.count(first) == 1
    assert re.findall(r'">([^<]+</time>: [^<]+)</li>', rest) == folded


def test_what_was_repeated_word_by_word_is_one_line(ward: Ward, clock: VirtualClock) -> None:
    alert = of_pain(ward)
    for _ in range(3):
        clock.advance(timedelta(days=1))
        assert of_pain(ward).id == alert.id
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        said = why(nurse.get(url(alert)).text)
    kept = said.partition("Kept quiet, and why")[2]
    assert kept.count("Repeated while this alert was open") == 1
    assert "2 times before" in kept
    assert kept.index("Thursday 22 October") < kept.index("Tuesday 20 October")
