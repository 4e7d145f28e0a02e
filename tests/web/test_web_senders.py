"""The numbers that a site sends from: replaced, given rates and registration, by its managers."""

from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.sites import service as sites
from rsm.sites.senders import RegistrationStatus, SenderKind, SenderView
from tests.clinic import PATIENT_SENDER, STAFF_SENDER, Clinic, build_clinic
from tests.web_desk import at_desk, submit

NEW = "+12025550109"
SAMPLE = "Lakeside: your check-in is ready. Reply STOP to end."


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, one: str = "") -> str:
    return f"/sites/{clinic.site}/senders{one and '/' + one}"


def seen_by(client: TestClient, address: str) -> str:
    shown: str = client.get(address).text
    return shown.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


def form_of(seen: str, **others: str) -> dict[str, str]:
    return {
        "seen": seen,
        "address": PATIENT_SENDER,
        "kind": "long_code",
        "per_second": "1",
        "daily_cap": "",
        "status": "missing",
        **others,
    }


def patients_sender(clinic: Clinic) -> SenderView:
    with clinic.begin() as tx:
        found = {(one.audience, one.channel): one for one in sites.senders(tx, clinic.site)}
    return found[Audience.PATIENT, Channel.SMS]


def test_every_sender_stands_in_the_list_with_what_it_lacks(
    clinic: Clinic, manager: TestClient
) -> None:
    shown = manager.get(page(clinic)).text
    assert "2 senders need something before carriers let them pass" in shown
    assert "202-555-0100" in shown
    assert "1000 a second" in shown
    assert shown.count("carriers of the United States block its texts") == 2
    assert shown.count(">Add<") == 4  # e-mail, and calls to staff and patients


def test_a_number_gets_its_rate_and_its_registration(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    here = page(clinic, "patient/sms")
    fields = form_of(
        seen_by(manager, here),
        per_second="2.5",
        daily_cap="2000",
        status="registered",
        registered_on="2026-09-01",
        brand_id="BN01",
        campaign_id="CM01",
        use_case="PUBLIC_SERVICE",
        messaging_service_sid=f"MG{'0' * 32}",
        sample_texts=f"{SAMPLE}\r\n\r\n{SAMPLE} Help: 202-555-0140.",
    )
    assert submit(manager, here, "", fields).headers["location"] == page(clinic)
    settings = patients_sender(clinic).settings
    assert (settings.kind, settings.per_second, settings.daily_cap) == (
        SenderKind.LONG_CODE,
        2.5,
        2000,
    )
    registration = settings.registration
    assert registration.status is RegistrationStatus.REGISTERED
    assert (registration.brand_id, registration.registered_on) == ("BN01", date(2026, 9, 1))
    assert len(registration.sample_texts) == 2
    shown = manager.get(page(clinic)).text
    assert "2.5 a second, at most 2000 a day" in shown
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = 'sender.set'"
                     " AND actor_kind = 'staff'")  # fmt: skip
        assert connection.execute(query).scalar_one() > 0


def test_another_number_takes_the_place_of_the_former(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "patient/sms")
    fields = form_of(seen_by(manager, here), address="202-555-0109")
    assert submit(manager, here, "", fields).status_code == 303
    assert patients_sender(clinic).address == NEW


def test_an_email_address_is_added(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "patient/email")
    assert "10DLC" not in manager.get(here).text
    fields = {"seen": seen_by(manager, here), "address": "care@lakeside.example.org",
              "per_second": "10", "daily_cap": ""}  # fmt: skip
    assert submit(manager, here, "", fields).status_code == 303
    with clinic.begin() as tx:
        sender = sites.sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL)
    assert sender == "care@lakeside.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", ""),
        ("address", "12"),
        ("address", "care@example.org"),
        ("address", STAFF_SENDER),
        ("kind", ""),
        ("kind", "email"),
        ("per_second", "0"),
        ("per_second", "fast"),
        ("per_second", "nan"),
        ("daily_cap", "0"),
        ("daily_cap", "many"),
        ("status", ""),
        ("registered_on", "soon"),
        ("brand_id", "x" * 65),
        ("messaging_service_sid", "MG12"),
        ("messaging_service_sid", "XX12"),
        ("sample_texts", "short"),
        ("sample_texts", "\n\n".join([SAMPLE] * 6)),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(
    clinic: Clinic, manager: TestClient, name: str, value: str
) -> None:
    before = patients_sender(clinic)
    here = page(clinic, "patient/sms")
    fields = form_of(seen_by(manager, here), **{"use_case": "KEPT AS TYPED", name: value})
    sent = submit(manager, here, "", fields)
    assert sent.status_code == 422
    assert f'href="#f-{name}"' in sent.text
    assert "KEPT AS TYPED" in sent.text
    assert patients_sender(clinic) == before


def test_what_is_registered_has_a_date(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "patient/sms")
    sent = submit(manager, here, "", form_of(seen_by(manager, here), status="registered"))
    assert 'href="#f-registered_on"' in sent.text


def test_of_two_managers_the_second_is_told(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "patient/sms")
    seen = seen_by(manager, here)
    assert submit(manager, here, "", form_of(seen, daily_cap="5")).status_code == 303
    sent = submit(manager, here, "", form_of(seen, daily_cap="6"))
    assert sent.status_code == 422
    assert "Somebody else changed the site meanwhile" in sent.text


def test_only_managers_of_the_site_may_and_only_what_there_is(
    clinic: Clinic, web_db: Database, clock: VirtualClock, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    assert manager.get(page(other)).status_code == 404
    assert manager.get(page(other, "patient/sms")).status_code == 404
    assert manager.get(page(clinic, "patient/web")).status_code == 404
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(page(clinic)).status_code == 403


# --- a number for calls ---------------------------------------------------------------------------


def test_a_site_is_given_a_number_that_staff_are_called_from(
    clinic: Clinic, manager: TestClient
) -> None:
    assert "None: nobody is called" in manager.get(page(clinic)).text
    here = page(clinic, "staff/voice")
    shown = manager.get(here).text
    assert "Registration with the carriers" not in shown
    assert 'name="per_second"' not in shown
    fields = {"seen": seen_by(manager, here), "address": "(202) 555-0109", "kind": "long_code"}
    assert submit(manager, here, "", fields).status_code == 303
    with clinic.begin() as tx:
        assert sites.sender(tx, clinic.site, Audience.STAFF, Channel.VOICE) == NEW
    shown = manager.get(page(clinic)).text
    assert "202-555-0109" in shown
    assert "None: nobody is called" not in shown


@pytest.mark.parametrize(
    ("field", "value"), [("address", STAFF_SENDER), ("address", ""), ("kind", "short_code")]
)
def test_a_number_that_cannot_call_is_refused(
    clinic: Clinic, manager: TestClient, field: str, value: str
) -> None:
    here = page(clinic, "staff/voice")
    fields = {"seen": seen_by(manager, here), "address": NEW, "kind": "long_code"}
    sent = submit(manager, here, "", {**fields, field: value})
    assert sent.status_code == 422
    assert f'href="#f-{field}"' in sent.text
    with clinic.begin() as tx:
        assert sites.sender(tx, clinic.site, Audience.STAFF, Channel.SMS) == STAFF_SENDER
        assert sites.sender(tx, clinic.site, Audience.STAFF, Channel.VOICE) is None


def test_the_number_of_the_texts_to_staff_calls_as_well_when_it_is_ticked(
    clinic: Clinic, manager: TestClient
) -> None:
    here = page(clinic, "staff/sms")
    assert "It also calls staff and the safety contact" in manager.get(here).text
    fields = form_of(seen_by(manager, here), address=STAFF_SENDER)
    assert submit(manager, here, "", {**fields, "calls": "yes"}).status_code == 303
    with clinic.begin() as tx:
        assert sites.sender(tx, clinic.site, Audience.STAFF, Channel.VOICE) == STAFF_SENDER
    assert 'value="yes" id="f-calls" checked' in manager.get(here).text
    assert "From the number of the texts to staff" in manager.get(page(clinic)).text
    assert 'value=""' in manager.get(page(clinic, "staff/voice")).text
    again = form_of(seen_by(manager, here), address=STAFF_SENDER)
    assert submit(manager, here, "", again).status_code == 303
    with clinic.begin() as tx:
        assert sites.sender(tx, clinic.site, Audience.STAFF, Channel.VOICE) is None


def test_a_short_code_that_is_to_call_is_refused(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "staff/sms")
    fields = form_of(seen_by(manager, here), address=STAFF_SENDER, kind="short_code", calls="yes")
    sent = submit(manager, here, "", fields)
    assert sent.status_code == 422
    assert 'href="#f-calls"' in sent.text
    assert 'name="calls"' not in manager.get(page(clinic, "patient/sms")).text
