"""A question for a number on the patient's and the nurse's page, and in the JSON interface."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.instruments.library import find
from rsm.instruments.merge import merge
from rsm.kernel.answers import Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import api_keys
from rsm.security.model import ApiScope
from tests.patient_browser import Browser, asked, browser_of, first_link
from tests.safety_world import build_safety_world
from tests.survey_world import World
from tests.web_desk import at_desk, browser, submit

WHY = "temperature:why"
BOTH = merge([find("weekly-symptoms"), find("safety-questions")])
PLACE = 1 + [item.code for item in BOTH.items].index("temperature")
NB = "\N{NO-BREAK SPACE}"


@pytest.fixture
def world(web_db: Database) -> World:
    return build_safety_world(web_db)


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(world, worker_db))


@pytest.fixture
def page(phone: Browser, world: World) -> Response:
    """The page that asks for the temperature."""
    phone.start()
    with world.as_patient() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        rest = {item.code: answered(0) for item in BOTH.items if item.code != "temperature"}
        responses.save(tx, survey, rest, Author())
    shown = phone.get("/q")
    assert asked(shown)[1] == "temperature"
    return shown


def give(phone: Browser, path: str = f"/q/{PLACE}", **fields: str) -> Response:
    return phone.post(path, **{name.replace("why", WHY): value for name, value in fields.items()})


def stored(world: World) -> Answer | None:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return report.answers.get("temperature") if report else None


# --- the patient's page --------------------------------------------------------------------------


def test_the_field_opens_the_keys_for_numbers_and_says_what_goes_there(page: Response) -> None:
    field = re.search(r'<input id="first" name="temperature"[^>]*>', page.text)
    assert field is not None
    assert 'inputmode="decimal"' in field[0]
    assert 'aria-describedby="first-unit first-hint"' in field[0]
    assert 'type="number"' not in field[0]  # it would drop 38,2 without a word
    assert '<label for="first">Highest temperature</label>' in page.text
    assert "°C or °F" in page.text
    assert "In the last 24 hours" in page.text
    assert "I have not measured it" in page.text


def test_a_number_is_stored_and_stands_on_the_page_to_check(
    phone: Browser, page: Response, world: World
) -> None:
    review = give(phone, temperature="38.2")
    assert stored(world) == answered(382)
    assert f"38.2{NB}°C (100.8{NB}°F)" in review.text
    assert 'value="38.2"' in phone.get(f"/q/{PLACE}").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hot", "Type it in digits only."),
        ("38.25", "Type it with one digit after the point."),
        ("382", f"It must be from 30 to 45{NB}°C or from 86 to 113{NB}°F."),
        ("", "Type the number, or choose an answer below it."),
        ('"><script>', "Type it in digits only."),
    ],
)
def test_what_is_no_temperature_stays_on_the_screen_and_says_what_to_mend(
    phone: Browser, page: Response, world: World, typed: str, said: str
) -> None:
    wrong = give(phone, temperature=typed)
    assert wrong.status_code == 422
    assert wrong.text.count(said) == 2  # on top, linked to the field, and beside it
    assert 'aria-invalid="true"' in wrong.text
    assert 'aria-describedby="first-unit first-hint first-why"' in wrong.text
    assert "<script>" not in wrong.text.split("<main", maxsplit=1)[1]
    shown = re.search(r'name="temperature" value="([^"]*)"', wrong.text)
    assert shown is not None
    assert shown[1].startswith(typed[:1].replace('"', "&#34;"))
    assert stored(world) is None


def test_a_number_and_a_reason_for_none_are_asked_about_and_neither_is_kept(
    phone: Browser, page: Response, world: World
) -> None:
    wrong = give(phone, temperature="38.2", why="not_applicable")
    assert wrong.status_code == 422
    assert "not both" in wrong.text
    assert stored(world) is None


@pytest.mark.parametrize(
    ("why", "shown"),
    [("not_applicable", "I have not measured it"), ("refused", "Prefer not to answer")],
)
def test_there_may_be_no_number_and_the_page_to_check_says_why(
    phone: Browser, page: Response, world: World, why: str, shown: str
) -> None:
    review = give(phone, temperature="", why=why)
    assert stored(world) == Answer(AnswerStatus(why))
    assert shown in review.text
    again = phone.get(f"/q/{PLACE}").text
    assert f'name="{WHY}" value="{why}" data-instead checked' in again


def test_a_reason_that_nobody_offers_is_refused(
    phone: Browser, page: Response, world: World
) -> None:
    assert give(phone, temperature="", why="whatever").status_code == 422
    assert stored(world) is None


def test_in_spanish_it_has_a_comma(phone: Browser, page: Response, world: World) -> None:
    review = give(phone, f"/q/{PLACE}?lang=es", temperature="38,2")
    assert stored(world) == answered(382)
    assert f"38,2{NB}°C" in review.text
    again = phone.get(f"/q/{PLACE}?lang=es").text
    assert 'value="38,2"' in again
    assert "No la he medido" in again
    assert "°C o °F" in again


def test_her_own_weeks_show_no_bar_of_a_temperature(phone: Browser, page: Response) -> None:
    give(phone, temperature="38.2")
    done = phone.post("/review")
    assert f"38.2{NB}°C" in done.text
    phone.post("/birth-date?to=done", day="4", month="3", year="1957")
    shown = phone.get("/done")
    assert shown.status_code == 200
    assert "Temperature" not in "".join(re.findall(r"<figcaption.*?</figcaption>", shown.text))


# --- by telephone --------------------------------------------------------------------------------


@pytest.fixture
def nurse(world: World, worker_db: Database, clock: VirtualClock) -> Iterator[TestClient]:
    outbound.open_due(worker_db)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


def record_of(world: World) -> str:
    return f"/sites/{world.clinic.site}/patients/{world.patient}"


def entry_of(world: World) -> str:
    with world.begin() as tx:
        return f"{record_of(world)}/entry/{schedules.recent(tx, world.patient, 1)[0].id}"


def taken(**fields: str) -> dict[str, str]:
    """The whole form, every question answered with 0 but for the number."""
    marks = {item.code: "0" for item in BOTH.items if item.code != "temperature"}
    return {"_by": "self", "_do": "store", **marks, **fields}


def test_a_nurse_types_it_and_the_record_shows_the_number_and_no_grade(
    nurse: TestClient, world: World
) -> None:
    shown = nurse.get(entry_of(world)).text
    assert 'name="temperature" value="" inputmode="decimal"' in shown
    assert "In the last 24 hours: What was your highest temperature?" in shown
    assert submit(nurse, entry_of(world), fields=taken(temperature="37,4")).is_redirect
    assert stored(world) == answered(374)
    record = nurse.get(record_of(world)).text
    assert '<span class="g gn">37.4</span>' in record
    assert 'Temperature <span class="dim">°C</span>' in record
    assert '<span class="g gn">No</span>' in record


def test_what_a_nurse_mistyped_stays_in_the_form_with_the_reason(
    nurse: TestClient, world: World
) -> None:
    wrong = submit(nurse, entry_of(world), fields=taken(temperature="374"))
    assert wrong.status_code == 422
    assert f"Question {PLACE}: It must be from 30 to 45" in wrong.text
    assert 'value="374"' in wrong.text
    open_field = submit(nurse, entry_of(world), fields=taken(temperature=""))
    assert f"Question {PLACE}: Type the number" in open_field.text
    assert stored(world) is None


def test_not_measured_on_the_telephone_is_an_answer(nurse: TestClient, world: World) -> None:
    fields = taken(temperature="") | {WHY: "not_applicable"}
    assert submit(nurse, entry_of(world), fields=fields).is_redirect
    assert stored(world) == Answer(AnswerStatus.NOT_APPLICABLE)


# --- for programs --------------------------------------------------------------------------------


def test_a_program_reads_the_number_as_it_was_given(
    nurse: TestClient, world: World, phone: Browser
) -> None:
    submit(nurse, entry_of(world), fields=taken(temperature="38.2"))
    with world.clinic.begin() as tx:
        key = api_keys.create(tx, world.clinic.site, "records", tuple(ApiScope), None)[1]
    with browser(world.clinic) as machine:
        machine.headers["authorization"] = f"Bearer {key}"
        here = f"/api/v1/sites/{world.clinic.site}/patients/{world.patient}"
        survey = machine.get(f"{here}/surveys").json()["items"][0]
        (alert,) = machine.get(f"{here}/alerts").json()["items"]
    answers = survey["report"]["answers"]
    assert answers["temperature"] == {"status": "answered", "value": 38.2, "picked": []}
    assert answers["chest-pain.presence"]["value"] == 0
    (finding,) = alert["findings"]
    assert (finding["item"], finding["current"]) == ("temperature", 38.2)
