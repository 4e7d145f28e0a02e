"""An item's code is no name of another field: what a page sends along is taken from the page."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.instruments.field_checks import OF_STAFF, OF_THE_PAGES
from rsm.instruments.load import load_instrument
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.responses.model import Author
from rsm.web.item_fields import names_of
from tests.every_kind import BODY, build_every_kind, instrument, place
from tests.patient_browser import Browser, browser_of, first_link
from tests.survey_world import World
from tests.web_desk import at_desk, submit

OF_ITEMS = frozenset(name for item in instrument().items for name in names_of(item))


@pytest.fixture
def world(web_db: Database) -> World:
    return build_every_kind(web_db)


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(world, worker_db))


@pytest.fixture
def nurse(world: World, clock: VirtualClock, worker_db: Database) -> Iterator[TestClient]:
    outbound.open_due(worker_db)
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


def fields(page: Response) -> set[str]:
    """The names in the form that holds an item."""
    forms = re.findall(r"<form\b.*?</form>", page.text, re.DOTALL)
    named = [set(re.findall(r'\bname="([^"]+)"', form)) for form in forms]
    return set().union(*(names for names in named if names & OF_ITEMS))


def is_refused(code: str) -> bool:
    with pytest.raises(Invalid) as caught:
        load_instrument(BODY.replace('code = "mood"', f'code = "{code}"'), "every.toml")
    return f"{code!r} is the name of a field of our own pages" in str(caught.value)


def test_what_the_patients_page_sends_along_is_no_code(phone: Browser) -> None:
    phone.start()
    names = fields(phone.get(f"/q/{place('mood')}")) | fields(phone.get(f"/q/{place('wish')}"))
    own = names - OF_ITEMS
    assert own >= {"lang", "go"}
    assert own <= OF_THE_PAGES
    assert all(is_refused(code) for code in own)


def test_nor_is_what_the_forms_of_staff_send_along(world: World, nurse: TestClient) -> None:
    here = f"/sites/{world.clinic.site}/patients/{world.patient}"
    form = submit(nurse, here, f"{here}/entry").headers["location"]
    survey = UUID(form.rsplit("/", 1)[1])
    entry = nurse.get(form)
    with world.begin() as tx:
        answer.save(tx, survey, "mood", answered(1), Author())
        answer.submit(tx, survey, "", Author())
    for page in (entry, nurse.get(f"{here}/reports/{survey}/correct")):
        own = fields(page) - OF_ITEMS
        assert own >= {"csrf"}, page.url
        assert all(name in OF_THE_PAGES or name.startswith(OF_STAFF) for name in own), own
        assert all(is_refused(code) for code in own)


@pytest.mark.parametrize("code", sorted(OF_THE_PAGES | {"_words"}))
def test_it_is_refused_with_what_to_do(code: str) -> None:
    assert is_refused(code)


@pytest.mark.parametrize("part", ["why", "2", "day"])
def test_nor_is_a_part_of_another_item(part: str) -> None:
    with pytest.raises(Invalid, match="is the name of a part of 'mood'"):
        load_instrument(BODY.replace('code = "wish"', f'code = "mood:{part}"'), "every.toml")
