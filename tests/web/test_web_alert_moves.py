"""An alert changes hands on its page and through the interface: done, or told why not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState, Level
from rsm.security import api_keys, staff
from rsm.security.model import ApiScope
from tests.alert_world import Ward, build_ward
from tests.web_desk import at_desk, browser, submit

DANA, BEN = "dana@lakeside.example.org", "ben@lakeside.example.org"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


@pytest.fixture
def machine(ward: Ward) -> Iterator[TestClient]:
    with browser(ward.clinic) as client:
        client.headers["authorization"] = f"Bearer {key(ward, ApiScope.ALERTS_WRITE)}"
        yield client


def key(ward: Ward, scope: ApiScope) -> str:
    with ward.clinic.begin() as tx:
        return api_keys.create(tx, ward.clinic.site, scope.value, (scope,), None)[1]


def page(alert: AlertView) -> str:
    return f"/alerts/{alert.id}"


def api(ward: Ward, alert: AlertView, act: str) -> str:
    return f"/api/v1/sites/{ward.clinic.site}/alerts/{alert.id}/{act}"


def test_she_takes_over_hands_on_puts_off_and_chooses_a_step(ward: Ward, nurse: TestClient) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.second)
    over = submit(nurse, page(alert), f"{page(alert)}/take-over", {"seen": str(clinic.second)})
    assert over.status_code == 303
    assert ward.now(alert).owner_id == clinic.nurse
    fields = {"until": "2026-10-19T12:00", "reason": "waits for blood"}
    assert submit(nurse, page(alert), f"{page(alert)}/snooze", fields).status_code == 303
    assert ward.now(alert).loan_until == datetime(2026, 10, 19, 16, tzinfo=UTC)
    assert "Dana Reyes: put off until 12:00" in nurse.get(page(alert)).text
    step = submit(nurse, page(alert), f"{page(alert)}/escalate-to", {"step": "3"})
    assert step.status_code == 303
    assert ward.told(alert)[-1] == "charge"
    given = submit(nurse, page(alert), f"{page(alert)}/assign", {"to": str(clinic.second)})
    assert given.status_code == 303
    assert ward.now(alert).owner_id == clinic.second


def test_a_chosen_step_is_said_as_such_and_is_no_news_to_whoever_has_the_page_open(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        seen = triage.version(tx, alert.id)
    submit(nurse, page(alert), f"{page(alert)}/escalate-to", {"step": "3"})
    live = nurse.get(f"{page(alert)}/live?seen={seen}").text
    assert "Escalated to step 3 by you." in live
    assert "Something new came in" not in live


def test_the_reason_that_she_typed_is_not_lost_with_a_wrong_time(
    ward: Ward, nurse: TestClient
) -> None:
    alert = ward.alarm()
    fields = {"until": "soon", "reason": "waits for blood"}
    refused = submit(nurse, page(alert), f"{page(alert)}/snooze", fields)
    assert 'value="waits for blood"' in refused.text


@pytest.mark.parametrize(
    ("act", "fields", "status", "said"),
    [
        ("assign", {"to": "nobody"}, 422, "choose somebody"),
        ("snooze", {"until": "soon", "reason": "x"}, 422, ""),
        ("snooze", {"until": "9999-12-31T23:59", "reason": "x"}, 422, ""),
        ("call-back", {"at": "9999-12-31T23:59"}, 422, ""),
        ("snooze", {"until": "2026-10-19T12:00", "reason": ""}, 422, "missing"),
        ("snooze", {"until": "2026-10-29T12:00", "reason": "x"}, 422, "next service day"),
        ("escalate-to", {"step": "9"}, 409, "no such step"),
    ],
)
def test_what_will_not_do_is_told_on_the_page(  # noqa: PLR0917 - a table of refusals
    ward: Ward, nurse: TestClient, act: str, fields: dict[str, str], status: int, said: str
) -> None:
    alert = ward.alarm()
    refused = submit(nurse, page(alert), f"{page(alert)}/{act}", fields)
    assert (refused.status_code, said in refused.text) == (status, True)
    assert ward.now(alert).state is AlertState.OPEN
    assert [each.state for each in ward.texts(alert)] == ["queued"]  # still on its way (P5)


def test_who_cannot_be_told_is_not_given_the_alert(ward: Ward, nurse: TestClient) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    with clinic.begin() as tx:
        staff.rename(tx, clinic.second, "Ben Okafor", None)
    refused = submit(nurse, page(alert), f"{page(alert)}/assign", {"to": str(clinic.second)})
    assert (refused.status_code, "cannot be told" in refused.text) == (422, True)
    assert ward.now(alert).owner_id is None
    assert [each.state for each in ward.texts(alert)] == ["queued"]


def test_the_interface_hands_an_alert_on_for_a_member_of_staff(
    ward: Ward, machine: TestClient
) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    given = machine.post(api(ward, alert, "assign"), json={"by": DANA, "to": BEN})
    assert given.status_code == 200, given.text
    assert ward.now(alert).owner_id == clinic.second
    taken = machine.post(api(ward, alert, "take-over"), json={"by": DANA})
    assert (taken.status_code, taken.json()["state"]) == (200, "acknowledged")
    until = (ward.clock.now() + timedelta(hours=1)).isoformat()
    asleep = {"by": DANA, "until": until, "reason": "waits for blood"}
    assert machine.post(api(ward, alert, "snooze"), json=asleep).status_code == 200
    stepped = machine.post(api(ward, alert, "escalate"), json={"by": DANA, "step": 2})
    assert stepped.status_code == 200
    assert ward.now(alert).state is AlertState.OPEN


def test_the_interface_says_why_not(ward: Ward, machine: TestClient) -> None:
    alert, clinic = ward.alarm(Level.EMERGENCY), ward.clinic
    ward.take(alert, clinic.second)
    late = machine.post(api(ward, alert, "assign"), json={"by": DANA, "to": DANA})
    assert late.status_code == 409
    assert ward.now(alert).owner_id == clinic.second
    nobody = machine.post(api(ward, alert, "take-over"), json={"by": "x@example.org"})
    assert nobody.status_code == 422
    reader = {"authorization": f"Bearer {key(ward, ApiScope.ALERTS_READ)}"}
    asked = machine.post(api(ward, alert, "take-over"), json={"by": DANA}, headers=reader)
    assert asked.status_code == 403
