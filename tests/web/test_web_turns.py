"""Patients' requests take turns at the database: none is lost in a rush, none keeps its turn."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from rsm.db.work import CONNECTIONS, Database
from rsm.web.patient_faults import DatabaseLost
from rsm.web.turns import Turns
from tests.loops import run
from tests.patient_browser import Browser, browser_of, first_link, rows, shows_whom_to_call
from tests.survey_world import build_world


@pytest.fixture
def browser(web_db: Database, worker_db: Database) -> Browser:
    return browser_of(web_db, first_link(build_world(web_db), worker_db))


def give(browser: Browser, turns: Turns) -> None:
    app = browser.client.app
    assert isinstance(app, FastAPI)
    app.state.turns = turns


def test_one_more_waits_until_a_turn_is_given_back() -> None:
    async def rush() -> list[str]:
        turns, seen = Turns(at_once=2, patience=60), list[str]()

        async def patient(name: str) -> None:
            await turns.take()
            seen.append(f"{name} in")

        await patient("Ana")
        await patient("Ben")
        third = asyncio.create_task(patient("Cleo"))
        await asyncio.sleep(0)
        seen.append("Ana out")
        turns.give_back()
        await third
        return seen

    assert run(rush()) == ["Ana in", "Ben in", "Ana out", "Cleo in"]


def test_patients_leave_connections_to_nurses() -> None:
    async def rush() -> int:
        turns, taken = Turns(patience=0), 0
        try:
            while taken <= CONNECTIONS:
                await turns.take()
                taken += 1
        except DatabaseLost:
            pass
        return taken

    assert 1 <= run(rush()) < CONNECTIONS


def test_whoever_waits_in_vain_is_told_that_nothing_is_stored(
    browser: Browser, owner: Engine
) -> None:
    page = browser.start()
    give(browser, Turns(at_once=0, patience=0))
    refused = browser.choose(page, "3")
    assert refused.status_code == 503
    assert "NOT" in refused.text
    assert shows_whom_to_call(refused)
    assert rows(owner, "SELECT count(*) FROM answer_event") == [(0,)]


def test_every_request_gives_its_turn_back_however_it_ends(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(browser, Turns(at_once=1, patience=0))

    def broken(*_: object) -> None:
        raise RuntimeError("in the middle")

    for _ in range(3):
        assert browser.get().status_code == 200
        assert browser.post("/birth-date").status_code == 422
    monkeypatch.setattr("rsm.web.patient_views.start", broken)
    assert [browser.get().status_code for _ in range(3)] == [500, 500, 500]
    monkeypatch.undo()
    assert browser.get().status_code == 200
    assert browser.client.get("/s/nolinkofours").status_code == 404
    assert browser.get().status_code == 200
