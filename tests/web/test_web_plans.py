"""Plans on pages: seen for a made-up patient, chosen, published line by line, given to one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.schedules import service as schedules
from rsm.schedules.library import plan_named, plan_text
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

OWN = """\
key = "every-other-day"
version = "1"
title = "Every other day"
reminders_after_hours = [6]
closing = { after_hours = 40 }
sending_hours = { opens = "08:00", closes = "21:00" }

[[asks]]
rhythm = "every_days"
every = 2
for_weeks = 4
"""


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, *more: str) -> str:
    return "/".join((f"/sites/{clinic.site}/plans", *more))


def sample(**others: str) -> dict[str, str]:
    return {
        "zone": "America/New_York",
        "weekday": "monday",
        "at": "09:00",
        "start": "2026-10-19",
        "cycles": "",
        "events": "",
        **others,
    }


def version_of(client: TestClient, address: str) -> str:
    shown: str = client.get(address).text
    return shown.split('name="version" value="')[1].split('"', maxsplit=1)[0]


def test_the_list_says_what_each_plan_does_and_which_is_used(
    clinic: Clinic, manager: TestClient
) -> None:
    shown = manager.get(page(clinic)).text
    assert "Patients are asked by the plan “Weekly”" in shown
    assert shown.count(">in use<") == 1
    assert "every week for 12 weeks, then every month." in shown
    assert "until treatment end: 3 and 7 days after each cycle&#39;s first day." in shown
    assert "from 1 day after surgery on: every day for 7 days, then every 2 days for" in shown
    assert "Reminds after 24 and 48 hours, call list after 72, closes after 120 at 21:00." in shown


def test_a_plan_shows_its_windows_on_the_patients_wall(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "weekly", plan_named("weekly").version)
    shown = submit(manager, here, "", sample()).text
    assert "The next 12 surveys for this patient, America/New York" in shown
    assert "Mon 19 October 2026 9:00" in shown
    assert "Tue 9:00, Wed 9:00" in shown
    assert "Mon 4 January 2027 9:00" in shown  # the clock changes in between


def test_a_plan_says_what_answering_costs(clinic: Clinic, manager: TestClient) -> None:
    shown = manager.get(page(clinic, "weekly", plan_named("weekly").version)).text
    assert "25 questions at most: 5 minutes (supposed, 12 s a question)." in shown


def test_a_plan_that_waits_says_for_what(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, "chemo-cycle", "1")
    waiting = submit(manager, here, "", sample()).text
    assert "Nothing is asked yet." in waiting
    assert "Then it waits for: " in waiting
    dated = submit(manager, here, "", sample(cycles="2026-10-19\n2026-11-09")).text
    assert "The next 4 surveys" in dated
    assert "Thu 22 October 2026 9:00" in dated


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("weekday", "someday"),
        ("at", "25:00"),
        ("start", "soon"),
        ("cycles", "2026-10-19 then"),
        ("events", "holiday=2026-10-19"),
        ("events", "surgery=soon"),
    ],
)
def test_a_made_up_patient_who_cannot_be_is_told_at_the_field(
    clinic: Clinic, manager: TestClient, name: str, value: str
) -> None:
    shown = submit(manager, page(clinic, "weekly", "2"), "", sample(**{name: value}))
    assert shown.status_code == 422
    assert f'href="#f-{name}"' in shown.text


def test_a_site_takes_another_plan_for_who_comes_from_now_on(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    before = clinic.enrol_patient()
    here = page(clinic, "taper", "1")
    fields = {"version": version_of(manager, here)}
    assert submit(manager, here, f"{here}/use", fields).headers["location"] == page(clinic)
    after = clinic.enrol_patient("Ben Cho", "+12025550132")
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site).plan == plan_named("taper").pin
        kept, new = schedules.assignment(tx, before), schedules.assignment(tx, after)
    assert kept is not None
    assert new is not None
    assert (kept.plan.key, new.plan.key) == ("weekly", "taper")
    with owner.connect() as connection:
        query = text("SELECT facts FROM audit_event WHERE action = 'site.changed'")
        assert connection.execute(query).scalar_one()["fields"] == ["plan"]
    again = submit(manager, page(clinic, "weekly", "2"), f"{here}/use", fields)
    assert again.status_code == 422
    assert "Somebody else changed the site meanwhile" in again.text


def test_a_plan_is_tried_published_and_used(clinic: Clinic, manager: TestClient) -> None:
    new = page(clinic, "new")
    assert plan_text("weekly").splitlines()[-1] in manager.get(new).text.replace("&#34;", '"')
    tried = submit(manager, new, f"{new}/check", {"body": OWN, **sample()})
    assert tried.status_code == 200
    assert "every 2 days for 4 weeks." in tried.text
    assert "Wed 21 October 2026 9:00" in tried.text
    assert "every-other-day" not in manager.get(page(clinic)).text
    sent = submit(manager, new, "", {"body": OWN, **sample()})
    here = page(clinic, "every-other-day", "1")
    assert sent.headers["location"] == here
    fields = {"version": version_of(manager, here)}
    assert submit(manager, here, f"{here}/use", fields).status_code == 303
    assert "Patients are asked by the plan “Every other day”" in manager.get(page(clinic)).text


def test_a_file_counts_before_what_was_typed(clinic: Clinic, manager: TestClient) -> None:
    new = page(clinic, "new")
    file = {"file": ("own.toml", OWN.encode(), "application/toml")}
    sent = submit(manager, new, "", {"body": "nothing", **sample()}, file)
    assert sent.status_code == 303
    broken = {"file": ("own.toml", b"\xff\xfe", "application/toml")}
    assert "no text" in submit(manager, new, "", {"body": "", **sample()}, broken).text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (("every = 2", "evry = 2"), "line 10, asks[0]"),
        (("[6]", '["six"]'), "line 4, reminders_after_hours"),
        (("closing = { after_hours = 40 }", "closing = 40"), "line 5, closing"),
        (("after_hours = 40", "after_hours = 60"), "fewer than 48 hours"),
        (("[6]", "[1, 2, 3]"), "do not follow one another"),
        (("every_days", "evry_days"), "every_days"),
        (('key = "every-other-day"', "key = "), "not TOML"),
        (("[[asks]]", '[[asks]]\ninstrument = "nothing@1"'), "publish the instrument first"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_line_and_comes_back(
    clinic: Clinic, manager: TestClient, changed: tuple[str, str], says: str
) -> None:
    new, body = page(clinic, "new"), OWN.replace(*changed) + "# <kept>"
    sent = submit(manager, new, "", {"body": body, **sample()})
    assert sent.status_code == 422
    assert says in sent.text.replace("&#39;", "'")
    assert 'href="#f-body"' in sent.text
    assert "# &lt;kept&gt;</textarea>" in sent.text
    assert "every-other-day" not in manager.get(page(clinic)).text


def test_a_version_is_published_with_one_content_only(clinic: Clinic, manager: TestClient) -> None:
    new = page(clinic, "new")
    assert submit(manager, new, "", {"body": OWN, **sample()}).status_code == 303
    assert submit(manager, new, "", {"body": OWN, **sample()}).status_code == 303  # the same again
    other = OWN.replace("every = 2", "every = 3")
    sent = submit(manager, new, "", {"body": other, **sample()})
    assert sent.status_code == 422
    assert "raise the version" in sent.text


def test_an_empty_plan_and_one_that_is_no_plan_are_refused(
    clinic: Clinic, manager: TestClient
) -> None:
    new = page(clinic, "new")
    for body in ("", "  \n", "x" * 100_001):
        sent = submit(manager, new, "", {"body": body, **sample()})
        assert sent.status_code == 422
        assert 'href="#f-body"' in sent.text


def test_only_managers_of_the_site_may(
    clinic: Clinic, web_db: Database, clock: VirtualClock, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    assert manager.get(page(other)).status_code == 404
    assert manager.get(page(clinic, "weekly", "999")).status_code == 404
    assert manager.get(page(clinic, "nothing", "1")).status_code == 404
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(page(clinic)).status_code == 403
        assert nurse.get(page(clinic, "new")).status_code == 403


# --- one patient's own ----------------------------------------------------------------------------


def test_one_patient_gets_another_plan_from_her_page(clinic: Clinic, clock: VirtualClock) -> None:
    patient = clinic.enrol_patient()
    url = f"/sites/{clinic.site}/patients/{patient}"
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert f'href="{url}/plan"' in nurse.get(url).text
        assert "12 surveys for this patient, if it began today" in nurse.get(f"{url}/plan").text
        ends = (clock.now() + timedelta(days=10)).date().isoformat()
        fields = {"plan": "daily-14@1", "ends_on": ends}
        tried = submit(nurse, f"{url}/plan", f"{url}/plan/check", fields)
        assert tried.status_code == 200
        assert "Then it is complete." in tried.text
        with clinic.begin() as tx:
            active = schedules.assignment(tx, patient)
        assert active is not None
        assert active.plan.key == "weekly"
        assert submit(nurse, f"{url}/plan", "", fields).headers["location"] == url
        shown = nurse.get(url).text
    assert "Daily for two weeks, since" in shown
    assert f"Ends on {ends}" in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [("plan", ""), ("plan", "nothing@1"), ("ends_on", "soon"), ("ends_on", "2020-01-01")],
)
def test_a_plan_that_cannot_be_given_is_told_at_its_field(
    clinic: Clinic, clock: VirtualClock, name: str, value: str
) -> None:
    url = f"/sites/{clinic.site}/patients/{clinic.enrol_patient()}/plan"
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        fields = {"plan": "taper@1", "ends_on": "", name: value}
        for step in (url, f"{url}/check"):
            sent = submit(nurse, url, step, fields)
            assert sent.status_code == 422
            assert f'href="#f-{name}"' in sent.text


def test_a_manager_gives_no_patient_a_plan_and_anothers_patient_is_not_found(
    clinic: Clinic, web_db: Database, clock: VirtualClock
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    theirs = other.enrol_patient()
    mine = f"/sites/{clinic.site}/patients/{clinic.enrol_patient()}/plan"
    with at_desk(clinic, clock, clinic.administrator) as administrator:
        assert administrator.get(mine).status_code == 403
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(f"/sites/{clinic.site}/patients/{theirs}/plan").status_code == 404
        assert nurse.get(f"/sites/{other.site}/patients/{theirs}/plan").status_code == 404
