"""Alerts that change hands by machine: what it asks is done, or it reads who was faster."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Database
from rsm.flow import triage
from rsm.flow.triage import Closing
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.security import api_keys
from rsm.security.model import ApiScope
from tests.alert_world import Ward, build_ward
from tests.web_desk import browser

DANA, BEN = "dana@lakeside.example.org", "ben@lakeside.example.org"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """It is Monday, 9:00 at the clinic."""
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def client(ward: Ward) -> Iterator[TestClient]:
    with ward.clinic.begin() as tx:
        key = api_keys.create(tx, ward.clinic.site, "paging", [ApiScope.ALERTS_WRITE], None)[1]
    with browser(ward.clinic) as machine:
        machine.headers["authorization"] = f"Bearer {key}"
        yield machine


def move(ward: Ward, client: TestClient, alert: AlertView, name: str, **body: object) -> Response:
    answer: Response = client.post(
        f"/api/v1/sites/{ward.clinic.site}/alerts/{alert.id}/{name}", json=body
    )
    return answer


def moves(ward: Ward) -> list[tuple[str, dict[str, object]]]:
    until = (ward.clock.now() + timedelta(hours=2)).isoformat()
    return [
        ("assign", {"by": BEN, "to": DANA}),
        ("snooze", {"by": BEN, "until": until, "reason": "blood is on its way"}),
        ("escalate", {"by": BEN, "step": 1}),
    ]


def said(answer: Response) -> list[str]:
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    return [each["what"] for each in answer.json()["errors"]]


def test_what_another_has_is_refused_with_who_has_it_and_since_when(
    ward: Ward, client: TestClient
) -> None:
    alert = ward.alarm()
    ward.clock.advance(timedelta(minutes=12))
    ward.take(alert, ward.clinic.nurse)
    ward.clock.advance(timedelta(minutes=3))
    for name, body in moves(ward):
        assert said(move(ward, client, alert, name, **body)) == [
            "Dana Reyes has had it since 09:12"
        ]
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_what_is_closed_is_refused_with_who_closed_it_and_when(
    ward: Ward, client: TestClient
) -> None:
    alert = ward.alarm()
    with ward.clinic.begin(ward.clinic.second) as tx:
        closing = Closing(AlertAction.PHONE_ADVICE)
        triage.close(tx, alert.id, ward.clinic.second, closing)
    take_over: tuple[str, dict[str, object]] = ("take-over", {"by": DANA})
    for name, body in [*moves(ward), take_over]:
        assert said(move(ward, client, alert, name, **body)) == ["closed at 09:00 by Ben Okafor"]


def test_what_cannot_be_done_at_all_says_so(ward: Ward, client: TestClient) -> None:
    emergency = ward.alarm(Level.EMERGENCY)
    until = (ward.clock.now() + timedelta(hours=2)).isoformat()
    late = move(ward, client, emergency, "snooze", by=DANA, until=until, reason="later")
    assert said(late) == ["an emergency cannot be put off"]
    gone = move(ward, client, emergency, "escalate", by=DANA, step=9)
    assert said(gone) == ["the ladder has no such step"]


def test_an_answer_about_a_repeat_names_nobody(ward: Ward, client: TestClient) -> None:
    """One `Idempotency-Key` for two requests is a fault of the machine: nobody was faster."""
    alert = ward.alarm()
    client.headers["idempotency-key"] = "one"
    assert move(ward, client, alert, "take-over", by=DANA).status_code == 200
    other = move(ward, client, alert, "take-over", by=BEN)
    assert other.status_code == 409
    assert "errors" not in other.json()
