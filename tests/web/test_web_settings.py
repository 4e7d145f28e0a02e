"""A site's settings and roster on the staff pages: changed by its managers, and by nobody else."""

from collections.abc import Iterator
from datetime import time
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def settings(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/settings"


def roster(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/roster"


def version_of(client: TestClient, clinic: Clinic) -> str:
    page: str = client.get(settings(clinic)).text
    return page.split('name="version" value="')[1].split('"', maxsplit=1)[0]


def form_of(version: str, **others: str) -> dict[str, str]:
    hours = {f"{day}_{end}": at for day in ("monday", "friday") for end, at in
             (("opens", "08:00"), ("closes", "18:00"))}  # fmt: skip
    return {
        "version": version,
        "sender_name": "Lakeside",
        "clinic_phone": "202-555-0140",
        "emergency_number": "911",
        "safety_contact_name": "Dr. Imani Cole",
        "safety_contact_phone": "202-555-0149",
        **hours,
        **others,
    }


def test_settings_are_shown_as_agreed(clinic: Clinic, manager: TestClient) -> None:
    page = manager.get(settings(clinic)).text
    for value in ("+12025550140", "Dr. Imani Cole", "first-pack 1"):
        assert value in page
    assert 'name="monday_opens" value="08:00"' in page
    assert 'name="sunday_opens" value=""' in page


def test_every_page_of_settings_is_one_step_away(clinic: Clinic, manager: TestClient) -> None:
    pages = ("settings", "hours", "senders", "texts", "plans", "roster")
    with_consent = (*pages, "consent-texts")
    for page in pages:
        shown = manager.get(f"/sites/{clinic.site}/{page}").text
        for other in with_consent:
            assert f'href="/sites/{clinic.site}/{other}"' in shown
        assert f'href="/sites/{clinic.site}/{page}" aria-current="true"' in shown


def test_a_manager_changes_numbers_and_service_hours(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    fields = form_of(
        version_of(manager, clinic),
        clinic_phone="202-555-0150",
        safety_contact_name="Dr. Obi Eze",
        safety_contact_phone="202-555-0151",
        saturday_opens="9:00",
        saturday_closes="12:00",
    )
    assert submit(manager, settings(clinic), "", fields).status_code == 303
    with clinic.begin() as tx:
        site = sites.get(tx, clinic.site)
        assert (site.clinic_phone, site.safety_contact_phone) == ("+12025550150", "+12025550151")
        assert site.safety_contact_name == "Dr. Obi Eze"
        assert set(site.service_hours) == {"monday", "friday", "saturday"}
        assert site.service_hours["saturday"] == (time(9), time(12))
    with owner.connect() as connection:
        facts = connection.execute(
            text("SELECT facts FROM audit_event WHERE action = 'site.changed'")
        ).scalar_one()
    assert facts["fields"] == [
        "clinic_phone",
        "safety_contact_name",
        "safety_contact_phone",
        "service_hours",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clinic_phone", "12"),
        ("emergency_number", "nine"),
        ("safety_contact_name", ""),
        ("safety_contact_phone", ""),
        ("sender_name", "x" * 30),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(
    clinic: Clinic, manager: TestClient, name: str, value: str
) -> None:
    with clinic.begin() as tx:
        before = sites.get(tx, clinic.site)
    fields = form_of(version_of(manager, clinic), **{"clinic_phone": "202-555-0150", name: value})
    sent = submit(manager, settings(clinic), "", fields)
    assert sent.status_code == 422
    assert f'href="#f-{name}"' in sent.text
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site) == before


def test_hours_that_are_half_given_name_their_day(clinic: Clinic, manager: TestClient) -> None:
    fields = form_of(version_of(manager, clinic), sunday_opens="09:00")
    sent = submit(manager, settings(clinic), "", fields)
    assert sent.status_code == 422
    assert "Sunday: is not a time of day" in sent.text


def test_of_two_managers_the_second_is_told(clinic: Clinic, manager: TestClient) -> None:
    version = version_of(manager, clinic)
    first = form_of(version, clinic_phone="202-555-0150")
    assert submit(manager, settings(clinic), "", first).status_code == 303
    late = submit(manager, settings(clinic), "", form_of(version, clinic_phone="202-555-0152"))
    assert late.status_code == 422
    assert "Somebody else changed the site meanwhile" in late.text


def test_the_roster_says_who_is_on_duty_and_when_nobody_is(
    clinic: Clinic, manager: TestClient
) -> None:
    page = manager.get(roster(clinic)).text
    assert "On duty now: Dana Reyes, Ben Okafor, Ruth Cole" in page
    assert "nobody" not in page
    with clinic.begin() as tx:
        for shift_id, shift in sites.roster(tx, clinic.site):
            if shift.weekday == 2:
                sites.remove_shift(tx, clinic.site, shift_id)
    assert "nobody all day" in manager.get(roster(clinic)).text


def shift_form(staff: object, **others: str) -> dict[str, object]:
    return {
        "staff": str(staff),
        "weekday": "saturday",
        "starts": "18:00",
        "ends": "06:00",
        "rank": "2",
        **others,
    }


def test_a_duty_is_added_and_removed(clinic: Clinic, manager: TestClient) -> None:
    action = f"{roster(clinic)}/teams/{clinic.team}/shifts"
    added = submit(manager, roster(clinic), action, shift_form(clinic.administrator))
    assert added.status_code == 303
    with clinic.begin() as tx:
        found = [
            (shift_id, shift)
            for shift_id, shift in sites.roster(tx, clinic.site)
            if shift.staff_id == clinic.administrator
        ]
        assert clinic.administrator in sites.team_members(tx, clinic.team)
    (shift_id, shift) = found[0]
    assert (shift.weekday, shift.starts, shift.ends, shift.rank) == (5, time(18), time(6), 2)
    assert "no phone number" in manager.get(roster(clinic)).text
    gone = submit(manager, roster(clinic), f"{roster(clinic)}/shifts/{shift_id}/remove")
    assert gone.status_code == 303
    with clinic.begin() as tx:
        assert shift_id not in {known for known, _ in sites.roster(tx, clinic.site)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("staff", ""),
        ("staff", str(UUID(int=7))),
        ("weekday", "someday"),
        ("starts", "25:00"),
        ("ends", ""),
        ("rank", "0"),
        ("rank", "first"),
    ],
)
def test_a_duty_that_cannot_be_is_refused(
    clinic: Clinic, manager: TestClient, name: str, value: str
) -> None:
    action = f"{roster(clinic)}/teams/{clinic.team}/shifts"
    fields = shift_form(clinic.second) | {name: value}
    sent = submit(manager, roster(clinic), action, fields)
    assert sent.status_code == 422
    assert f'href="#f-{name}"' in sent.text


def test_whoever_leaves_a_team_is_off_its_roster(clinic: Clinic, manager: TestClient) -> None:
    action = f"{roster(clinic)}/teams/{clinic.team}/members/{clinic.second}/leave"
    assert submit(manager, roster(clinic), action).status_code == 303
    with clinic.begin() as tx:
        assert clinic.second not in sites.team_members(tx, clinic.team)
        assert clinic.second not in {shift.staff_id for _, shift in sites.roster(tx, clinic.site)}


def test_another_team_is_added_once(clinic: Clinic, manager: TestClient) -> None:
    action = f"{roster(clinic)}/teams"
    assert submit(manager, roster(clinic), action, {"name": " Night "}).status_code == 303
    assert submit(manager, roster(clinic), action, {"name": "Night"}).status_code == 422
    assert submit(manager, roster(clinic), action, {"name": " "}).status_code == 422
    with clinic.begin() as tx:
        assert [team.name for team in sites.teams(tx, clinic.site)] == ["triage", "Night"]


def test_another_sites_team_is_not_found(
    clinic: Clinic, web_db: Database, manager: TestClient
) -> None:
    hillside = build_clinic(
        web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    for team in (hillside.team, uuid4()):
        action = f"{roster(clinic)}/teams/{team}"
        shift = shift_form(clinic.second)
        assert submit(manager, roster(clinic), f"{action}/shifts", shift).status_code == 404
        leave = f"{action}/members/{hillside.nurse}/leave"
        assert submit(manager, roster(clinic), leave).status_code == 404
    with hillside.begin() as tx:
        assert hillside.nurse in sites.team_members(tx, hillside.team)
    assert manager.get(settings(hillside)).status_code == 404


def test_a_nurse_changes_neither(clinic: Clinic, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(settings(clinic)).status_code == 403
        assert nurse.get(roster(clinic)).status_code == 403
