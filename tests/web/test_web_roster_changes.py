"""Rosters on the pages: changed by a manager, swapped by nurses, read by a calendar program."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.security import staff
from rsm.sites.rota import notes
from rsm.sites.rota import service as rosters
from tests.clinic import Clinic, build_clinic
from tests.rota_clinic import clear, on_duty, weekly
from tests.rota_world import local
from tests.web_desk import at_desk, browser, csrf_of, submit


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    """Dana works by day, Monday to Friday; Ben on Saturday; nobody else."""
    built = build_clinic(web_db)
    clear(built)
    weekly(built, built.nurse, range(5), "08:00", "18:00")
    weekly(built, built.second, [5], "08:00", "12:00")
    return built


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


@pytest.fixture
def nurse(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.nurse) as client:
        yield client


def roster(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/roster"


def duties(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/duties"


def change(clinic: Clinic, client: TestClient, kind: str, **fields: object) -> str:
    """Post one change; returns what is wrong, or nothing."""
    place = "absences" if kind == "absence" else f"teams/{clinic.team}/changes/{kind}"
    sent = submit(client, roster(clinic), f"{roster(clinic)}/{place}", fields)
    if sent.status_code == 303:
        return ""
    assert sent.status_code == 422, sent.text
    return sent.text.split('class="errors', 1)[1].split("</div>", 1)[0]


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# --- the manager's page ---------------------------------------------------------------------------


def test_the_next_fourteen_days_are_shown_with_who_when_and_why(
    clinic: Clinic, manager: TestClient
) -> None:
    page = words_of(manager.get(roster(clinic)).text)
    assert "somebody is on duty in all service hours of the next 14 days" in page
    assert "Tuesday 20 October 08:00 to 18:00 Dana Reyes 1 weekly" in page
    assert "Sunday 25 October Nobody is planned, and no service hours" in page
    assert "emergencies then go to the safety contact, Dr. Imani Cole, at once" in page


@pytest.mark.parametrize(
    ("until", "said"), [("2062-10-20T18:00", "400 days ahead"), ("9999-12-31T23:59", "read")]
)
def test_a_year_that_was_mistyped_is_refused(
    clinic: Clinic, manager: TestClient, until: str, said: str
) -> None:
    who = {"staff_id": clinic.second, "instead_of": clinic.nurse, "rank": "1"}
    wrong = change(clinic, manager, "override", since="2026-10-20T12:00", until=until, **who)
    assert said in wrong


def test_a_stand_in_is_put_on_duty_and_taken_back(clinic: Clinic, manager: TestClient) -> None:
    wrong = change(
        clinic,
        manager,
        "override",
        staff_id=clinic.second,
        instead_of=clinic.nurse,
        since="2026-10-20T12:00",
        until="2026-10-20T18:00",
        rank="1",
    )
    assert not wrong
    assert on_duty(clinic, local("2026-10-20T13:00")) == [clinic.second]
    page = manager.get(roster(clinic)).text
    assert "stands in for Dana Reyes" in page
    action = re.search(r'action="([^"]+/changes/override/[^"]+/withdraw)"', page)
    assert action
    assert submit(manager, roster(clinic), action[1]).status_code == 303
    assert on_duty(clinic, local("2026-10-20T13:00")) == [clinic.nurse]


def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(
    clinic: Clinic, manager: TestClient
) -> None:
    fields: dict[str, object] = {
        "staff_id": clinic.second,
        "instead_of": "",
        "since": "2026-10-20T18:00",
        "until": "2026-10-20T12:00",
        "rank": "1",
    }
    action = f"{roster(clinic)}/teams/{clinic.team}/changes/override"
    page = submit(manager, roster(clinic), action, fields)
    assert page.status_code == 422
    assert 'href="#f-until"' in page.text
    assert 'id="f-until" name="until" type="datetime-local" value="2026-10-20T12:00"' in page.text
    for name in ("staff_id", "since", "rank"):
        assert f'href="#f-{name}"' in change(clinic, manager, "override", **fields | {name: "x"})


def test_a_day_without_cover_is_shown_days_ahead(clinic: Clinic, manager: TestClient) -> None:
    assert not change(
        clinic,
        manager,
        "absence",
        staff_id=clinic.nurse,
        since="2026-10-22T00:00",
        until="2026-10-24T00:00",
    )
    page = words_of(manager.get(roster(clinic)).text)
    assert "2 times within service hours with nobody on duty, 20 hours in all" in page
    assert "Thursday 22 October Nobody 08:00 to 18:00" in page
    assert "Dana Reyes is away from Thursday 22 October 00:00" in page
    assert not change(
        clinic,
        manager,
        "cover",
        staff_id=clinic.nurse,
        covered_by=clinic.second,
        since="2026-10-22T00:00",
        until="2026-10-24T00:00",
    )
    page = words_of(manager.get(roster(clinic)).text)
    assert "all service hours" in page
    assert "Ben Okafor 1 covers Dana Reyes" in page


def test_a_rotation_a_plan_of_weeks_and_a_single_date(clinic: Clinic, manager: TestClient) -> None:
    assert not change(
        clinic,
        manager,
        "rotation",
        person1=clinic.charge,
        person2=clinic.second,
        first_day="2026-10-20",
        every_days="7",
        changes_at="18:00",
        rank="2",
    )
    assert not change(
        clinic,
        manager,
        "cycle",
        weeks="2",
        first_day="2026-10-19",
        week1="2",
        weekday1="sunday",
        staff1=clinic.nurse,
        starts1="08:00",
        ends1="12:00",
        rank1="1",
    )
    assert not change(
        clinic,
        manager,
        "day_shift",
        day="2026-10-30",
        staff_id=clinic.second,
        starts="08:00",
        ends="18:00",
        rank="1",
    )
    assert on_duty(clinic, local("2026-10-28T03:00")) == [clinic.second]
    assert on_duty(clinic, local("2026-11-01T09:00"))[0] == clinic.nurse
    assert on_duty(clinic, local("2026-10-30T09:00"))[0] == clinic.second
    page = words_of(manager.get(roster(clinic)).text)
    assert "Rotation of Ruth Cole, Ben Okafor, 7 days each, rank 2" in page
    assert "Plan of 2 weeks with 1 shifts" in page


def test_one_in_a_rotation_is_not_taken_out_of_the_team(
    clinic: Clinic, manager: TestClient
) -> None:
    turning = {"first_day": "2026-10-20", "every_days": "7", "changes_at": "18:00", "rank": "2"}
    assert not change(clinic, manager, "rotation", person1=clinic.second, **turning)
    action = f"{roster(clinic)}/teams/{clinic.team}/members/{clinic.second}/leave"
    page = submit(manager, roster(clinic), action)
    assert page.status_code == 422
    assert "s in a rotation or a cycle" in page.text


def test_a_rotation_without_people_is_refused(clinic: Clinic, manager: TestClient) -> None:
    empty = {"first_day": "2026-10-20", "every_days": "7", "changes_at": "18:00", "rank": "2"}
    assert "needs people" in change(clinic, manager, "rotation", person1="", **empty)


def test_a_team_has_its_own_hours_and_gives_them_back(clinic: Clinic, manager: TestClient) -> None:
    assert not change(clinic, manager, "hours", saturday_opens="08:00", saturday_closes="14:00")
    page = manager.get(roster(clinic)).text
    assert 'name="saturday_closes" type="time" value="14:00"' in page
    assert "Nobody 12:00 to 14:00" in words_of(page)
    assert 'href="#f-saturday_closes"' in change(
        clinic, manager, "hours", saturday_opens="08:00", saturday_closes=""
    )
    assert not change(clinic, manager, "hours")
    with clinic.begin() as tx:
        assert rosters.team_hours(tx, clinic.site) == {}


def test_holidays_are_only_asked_for_where_a_country_says_which(
    clinic: Clinic, manager: TestClient
) -> None:
    page = submit(manager, roster(clinic), f"{roster(clinic)}/holidays", {"rule": "as_sunday"})
    assert page.status_code == 422
    assert "names no country" in page.text
    page = submit(manager, roster(clinic), f"{roster(clinic)}/holidays", {"rule": "as_usual"})
    assert page.status_code == 303


def test_whoever_could_not_be_told_is_named_on_the_roster_and_counted_on_the_sites_page(
    clinic: Clinic, manager: TestClient
) -> None:
    with clinic.begin() as tx:
        staff.rename(tx, clinic.nurse, "Dana Reyes", "202-555-0119")
    page = words_of(manager.get(roster(clinic)).text)
    assert "On duty within a day, and could not be told Dana Reyes is not verified" in page
    site = words_of(manager.get(f"/sites/{clinic.site}").text)
    assert "1 person on duty within a day could not be told" in site


def test_an_unknown_kind_and_another_sites_team_are_not_found(
    clinic: Clinic, manager: TestClient, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    for place in (
        f"teams/{clinic.team}/changes/party",
        f"changes/party/{clinic.team}/withdraw",
        f"changes/cover/{clinic.team}/withdraw",
        f"changes/swap/{clinic.team}/withdraw",
    ):
        assert submit(manager, roster(clinic), f"{roster(clinic)}/{place}").status_code == 404
    fields = {"staff_id": clinic.nurse, "since": "2026-10-20T08:00", "until": "2026-10-20T09:00"}
    place = f"{roster(clinic)}/teams/{other.team}/changes/override"
    sent = submit(manager, roster(clinic), place, {**fields, "rank": "1"})
    assert sent.status_code == 404


def test_a_nurse_does_not_change_the_roster(clinic: Clinic, nurse: TestClient) -> None:
    assert nurse.get(roster(clinic)).status_code == 403
    token = csrf_of(nurse.get(duties(clinic)))
    for place in ("absences", f"teams/{clinic.team}/changes/override", "holidays"):
        assert nurse.post(f"{roster(clinic)}/{place}", data={"csrf": token}).status_code == 403


# --- a nurse's own page ---------------------------------------------------------------------------


def options(page: str, name: str) -> dict[str, str]:
    select = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
    return {label: key for key, label in re.findall(r'value="([^"]+)"[^>]*>([^<]+)<', select)}


def test_her_own_duties_are_one_step_away(clinic: Clinic, nurse: TestClient) -> None:
    assert nurse.get("/duties").headers["location"] == duties(clinic)
    page = words_of(nurse.get(duties(clinic)).text)
    assert "You are on duty now, until 18:00" in page
    assert "Ben Okafor" in page


def test_who_is_off_duty_reads_when_the_next_one_is(clinic: Clinic, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.second) as ben:
        page = words_of(ben.get(duties(clinic)).text)
    assert "Your next duty: Saturday 24 October, 08:00 to 12:00" in page


def test_a_swap_is_asked_for_agreed_to_and_seen_by_both(
    clinic: Clinic, nurse: TestClient, clock: VirtualClock
) -> None:
    page = nurse.get(duties(clinic)).text
    give = options(page, "give")["Friday 23 October, 08:00 to 18:00"]
    take = options(page, "take")["Ben Okafor: Saturday 24 October, 08:00 to 12:00"]
    asked = submit(nurse, duties(clinic), f"{duties(clinic)}/swaps", {"give": give, "take": take})
    assert asked.status_code == 303
    assert "Take it back" in nurse.get(duties(clinic)).text
    with at_desk(clinic, clock, clinic.second) as ben:
        page = ben.get(duties(clinic)).text
        action = re.search(r'action="([^"]+/agree)"', page)
        assert action
        assert submit(ben, duties(clinic), action[1]).status_code == 303
        assert "agreed" in ben.get(duties(clinic)).text
    assert "swap, for Ben Okafor" in nurse.get(duties(clinic)).text
    assert on_duty(clinic, local("2026-10-23T12:00")) == [clinic.second]
    assert on_duty(clinic, local("2026-10-24T09:00")) == [clinic.nurse]


def test_a_swap_without_a_choice_or_of_anothers_shift_is_refused(
    clinic: Clinic, nurse: TestClient
) -> None:
    place = f"{duties(clinic)}/swaps"
    page = submit(nurse, duties(clinic), place, {"give": "", "take": ""})
    assert page.status_code == 422
    assert 'href="#f-give"' in page.text
    take = options(nurse.get(duties(clinic)).text, "take")
    bens = next(iter(take.values()))
    page = submit(nurse, duties(clinic), place, {"give": bens, "take": bens})
    assert page.status_code == 422


def test_a_note_is_handed_over_and_read(
    clinic: Clinic, nurse: TestClient, clock: VirtualClock
) -> None:
    fields = {"team": clinic.team, "note": "Maria Alvarez: call at nine."}
    written = submit(nurse, duties(clinic), f"{duties(clinic)}/notes", fields)
    assert written.status_code == 303
    assert "I have read it" not in nurse.get(duties(clinic)).text
    with at_desk(clinic, clock, clinic.second) as ben:
        page = ben.get(duties(clinic)).text
        assert "Maria Alvarez: call at nine." in page
        action = re.search(r'action="([^"]+/read)"', page)
        assert action
        assert submit(ben, duties(clinic), action[1]).status_code == 303
    assert "read by Ben Okafor" in nurse.get(duties(clinic)).text
    empty = submit(nurse, duties(clinic), f"{duties(clinic)}/notes", {"team": "x", "note": ""})
    assert empty.status_code == 422


def test_whoever_may_not_see_patients_sees_no_notes(clinic: Clinic, clock: VirtualClock) -> None:
    with clinic.begin(clinic.nurse) as tx:
        notes.write(tx, clinic.site, clinic.team, "Maria Alvarez: call at nine.")
    with at_desk(clinic, clock, clinic.administrator) as ada:
        page = ada.get(duties(clinic))
        assert page.status_code == 200
        assert "Alvarez" not in page.text
        place = f"{duties(clinic)}/notes"
        assert ada.post(place, data={"csrf": csrf_of(page)}).status_code == 403


# --- the calendar ---------------------------------------------------------------------------------


def new_address(clinic: Clinic, client: TestClient, whose: str = "own") -> str:
    page = submit(client, duties(clinic), f"{duties(clinic)}/feeds", {"whose": whose}).text
    found = re.search(r"https://rsm\.example\.org(/calendar/[\w-]{43}\.ics)", page)
    assert found
    return found[1]


def unfolded(body: bytes) -> list[str]:
    """The content lines of a feed (RFC 5545, 3.1)."""
    assert body.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    return body.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def test_a_calendar_program_reads_her_duties_without_signing_in(
    clinic: Clinic, nurse: TestClient
) -> None:
    address = new_address(clinic, nurse)
    with browser(clinic) as program:
        feed = program.get(address)
    assert feed.status_code == 200
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert feed.headers["cache-control"] == "no-store"
    lines = unfolded(feed.content)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") > 40
    assert {line for line in lines if line.startswith("SUMMARY")} == {"SUMMARY:Dana Reyes"}
    assert "DTSTART:20261020T120000Z" in lines
    assert "DTEND:20261020T220000Z" in lines
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(uids) == len(set(uids))


def test_everybodys_feed_holds_names_of_staff_and_of_no_patient(
    clinic: Clinic, nurse: TestClient
) -> None:
    clinic.enrol_patient()
    with browser(clinic) as program:
        body = program.get(new_address(clinic, nurse, "all")).text
    assert "SUMMARY:Ben Okafor" in body
    assert "Alvarez" not in body


def test_reading_a_feed_changes_nothing(clinic: Clinic, nurse: TestClient, owner: Engine) -> None:
    address = new_address(clinic, nurse)
    counted = text("SELECT count(*), (SELECT count(*) FROM calendar_feed) FROM audit_event")
    with owner.connect() as connection:
        before = connection.execute(counted).one()
    with browser(clinic) as program:
        assert program.get(address).status_code == 200
    with owner.connect() as connection:
        assert connection.execute(counted).one() == before


def test_a_wrong_and_an_ended_address_and_one_of_who_left_open_nothing(
    clinic: Clinic, nurse: TestClient
) -> None:
    address = new_address(clinic, nurse)
    with browser(clinic) as program:
        for wrong in ("/calendar/x.ics", address[:-4], address.replace(".ics", "a.ics")):
            assert program.get(wrong).status_code == 404
        page = nurse.get(duties(clinic)).text
        action = re.search(r'action="([^"]+/revoke)"', page)
        assert action
        assert address not in page
        assert submit(nurse, duties(clinic), action[1]).status_code == 303
        assert program.get(address).status_code == 404
        another = new_address(clinic, nurse)
        with clinic.begin() as tx:
            staff.disable(tx, clinic.nurse)
        assert program.get(another).status_code == 404


def test_the_address_is_not_in_the_logs(
    clinic: Clinic, nurse: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    address = new_address(clinic, nurse)
    with browser(clinic) as program:
        program.get(address)
    assert address.removeprefix("/calendar/") not in caplog.text
