"""The page of a site's rules: what came of each, another pack replayed; to nobody else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from rsm.alerts.model import AlertAction
from rsm.alerts.packs import folder
from rsm.db.work import Database
from rsm.flow import triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic
from tests.web_desk import at_desk, browser, submit

MILD = {"pain.frequency": 2, "pain.severity": 1}
SEVERE = {"pain.frequency": 2, "pain.severity": 3}
RISEN = {"fatigue.severity": 2}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """One severe alert that was acted upon; one rise that was expected."""
    ward = build_ward(web_db, worker_db, clock)
    second = ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132")
    ward.report(MILD)
    ward.report({"fatigue.severity": 0}, second)
    clock.advance(timedelta(days=7))
    for patient, values, outcome in (
        (ward.patient, SEVERE, AlertAction.MEDICINE_CHANGE),
        (second, RISEN, AlertAction.EXPECTED),
    ):
        alert = ward.report(values, patient)
        assert alert is not None
        ward.take(alert, ward.clinic.nurse)
        with ward.clinic.begin(ward.clinic.nurse) as tx:
            triage.close(tx, alert.id, ward.clinic.nurse, triage.Closing(outcome))
    return ward


def address(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/rules"


def row_of(page: str, rule: str) -> list[str]:
    """The cells of a rule's line, without their marks."""
    found = re.search(rf"<tr role=\"row\">(?:(?!</tr>).)*>{rule}</small>.*?</tr>", page, re.DOTALL)
    assert found is not None, page
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", found[0], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def test_a_manager_sees_what_came_of_each_rule(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = client.get(address(ward))
    assert page.status_code == 200
    assert "No rule stands out." in page.text
    assert "4 surveys sent from" in page.text
    severe = row_of(page.text, "severe")
    assert severe[2:6] == ["1", "1", "0", "0 % 0 of 1, 0 to 79"]
    worse = row_of(page.text, "worse")
    assert worse[2:6] == ["1", "0", "0", "100 % 1 of 1, 21 to 100"]
    assert "Maria" not in page.text
    assert "Okafor" not in page.text


def test_another_pack_is_replayed_beside_what_was_raised(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        fields = {"shipped": "severe-only", "weeks": "4", "minutes": "12"}
        page = submit(client, address(ward), f"{address(ward)}/replay", fields)
    assert page.status_code == 200, page.text
    assert "would have raised fewer alerts (1 instead of 2), and missed 0 of 1" in page.text
    assert "at 12 minutes an alert" in page.text
    assert "What this cannot show" in page.text
    assert page.text.count("<svg") >= 2


def test_a_pack_may_be_pasted_or_a_file(ward: Ward, clock: VirtualClock) -> None:
    body = (folder() / "severe-only.toml").read_text()
    action = f"{address(ward)}/replay"
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        pasted = submit(client, address(ward), action, {"text": body.replace("\n", "\r\n")})
        file = {"file": ("mine.toml", body.encode(), "text/plain")}
        sent = submit(client, address(ward), action, {"weeks": "26"}, file)
    assert (pasted.status_code, sent.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose a pack, a file, or paste a text"),
        ({"shipped": "star", "text": "x"}, "Choose one of the three only"),
        ({"shipped": "../secret"}, "Choose a pack"),
        ({"text": 'key = "x'}, "pack: not TOML"),
        ({"shipped": "star", "minutes": "soon"}, "is not a number"),
        ({"shipped": "star", "minutes": "-3"}, "cannot be"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    ward: Ward, clock: VirtualClock, fields: dict[str, str], said: str
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = submit(client, address(ward), f"{address(ward)}/replay", fields)
    assert page.status_code == 422
    assert said in page.text
    assert "Nothing was replayed" in page.text


def test_who_works_there_may_read_but_not_replay(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.second) as client:
        page = client.get(address(ward))
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert token is not None
        tried = client.post(f"{address(ward)}/replay", data={"csrf": token[1], "shipped": "star"})
    assert page.status_code == 200
    assert "Managers can replay another pack here." in page.text
    assert "Try another pack" not in page.text
    assert tried.status_code == 403


def test_another_sites_rules_are_not_found(
    ward: Ward, clock: VirtualClock, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert client.get(f"/sites/{other.site}/rules").status_code == 404


def test_without_signing_in_nothing_is_shown(ward: Ward) -> None:
    with browser(ward.clinic) as client:
        answer = client.get(address(ward))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_reading_and_replaying_are_audited(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        submit(client, address(ward), f"{address(ward)}/replay", {"shipped": "star"})
    with ward.clinic.begin() as tx:
        rows = tx.session.execute(
            text(
                "SELECT action, facts->>'surveys' FROM audit_event"
                " WHERE action LIKE 'rules.%' AND actor_id = :who ORDER BY id"
            ),
            {"who": ward.clinic.charge},
        ).all()
    assert [tuple(row) for row in rows] == [("rules.viewed", None), ("rules.replayed", "4")]


def test_the_page_is_in_the_readers_language(ward: Ward, clock: VirtualClock) -> None:
    clinic = ward.clinic
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, clinic.site, Role.MANAGER)
    with at_desk(clinic, clock, luz) as client:
        page = client.get(address(ward))
        found = submit(client, address(ward), f"{address(ward)}/replay", {"shipped": "star"})
    assert "Ninguna regla llama la atención." in page.text
    assert 'lang="es"' in page.text
    assert "Lo que esto no puede mostrar" in found.text
    assert "/alerts/" not in found.text.split("<main")[1]  # a manager opens no alert
