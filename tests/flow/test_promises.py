"""Promises that no other test tries to break as a whole: P9, P10, P11, P12, P16.

README names, for each promise, the tests that try. These walk the main job once, on real pages, and
then look at everything that it left behind.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine, text

from rsm.alerts import releases
from rsm.alerts.packs import parse_pack
from rsm.db.roles import WEB, WORKER
from rsm.db.work import EVERYWHERE, Database
from rsm.flow import answer, escalate, outbound
from rsm.improvement import cycles, foresight
from rsm.improvement import service as journal
from rsm.improvement.foresight_model import Programme, Wish
from rsm.improvement.model import EntryKind, NewCycle, NewEntry
from rsm.instruments import drafts
from rsm.instruments.library import body as instrument_body
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.metrics import gauges
from rsm.metrics.exporter import Board
from rsm.responses.model import Author
from rsm.security import api_keys
from rsm.security.model import ApiScope
from rsm.sites.rota import feeds
from rsm.web.app import create_app
from rsm.web.rule_change_words import keyed
from rsm.web.services import Services
from tests.clinic import Clinic
from tests.flow.post import Post
from tests.packs import FIRST, shipped
from tests.patient_browser import BASE, Browser, browser_of, first_link, rows
from tests.survey_world import World, build_world
from tests.web_desk import at_desk, browser

NAME = "Quillfeather Zabrowski"
RECORD = "QZ-771204"
PHONE = "+12025550137"
BORN = date(1951, 7, 23)
WORDS = "stabbing under the left rib"
# Whatever would tell who she is or how she is, in any spelling that we make of it.
PERSONAL = re.compile(
    r"quillfeather|zabrowski|QZ-771204|555.?0137|1951-07-23|July 23|stabbing|\brib\b"
    r"|\bpain|nausea|fatigue|breath|severe|\bcancer|chemo",
    re.IGNORECASE,
)
# What a page may mark: when an alert or a survey was first seen (an alert keeps that as an event as
# well), and when a session or a key was last used.
MARKS = {
    "alert": "first_viewed_at",
    "occurrence": "first_viewed_at",
    "staff_session": "seen_at",
    "api_key": "used_at",
}
# The rows that follow from such a mark: the event, and the note that figures follow it.
SEEN = {
    "alert_event": " WHERE kind <> 'viewed'",
    "measure_change": " WHERE opened_at IS NULL",
}


@dataclass
class Day:
    """A clinic on a Monday at nine; she has her text, and its link is open in her browser."""

    world: World
    post: Post
    worker: Database
    phone: Browser
    clock: VirtualClock

    def report_severe_pain(self) -> Response:
        """She answers every question, the pain as very severe, and sends it."""
        self.phone.get()
        self.phone.answer_all(self.phone.start(), pain_frequency="3", pain_severity="4")
        return self.phone.post("/review", words=WORDS)

    def work(self) -> None:
        """One round of what a worker does."""
        outbound.open_due(self.worker)
        outbound.advance_due(self.worker)
        escalate.escalate_due(self.worker)
        self.post.deliver()


@pytest.fixture
def day(web_db: Database, worker_db: Database, clock: VirtualClock) -> Day:
    world = build_world(web_db, name=NAME, record_number=RECORD, phone=PHONE, birth_date=BORN)
    link = first_link(world, worker_db)
    post = Post(world.clinic, worker_db, clock)
    post.deliver()
    return Day(world, post, worker_db, browser_of(web_db, link), clock)


# P9: GET never changes anything but the audit trail and a first-viewed mark.


def state(owner: Engine) -> dict[str, list[str]]:
    """Each row of each table with the transaction that wrote it, but for trail and marks."""
    with owner.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        )
        return {
            name: sorted(connection.execute(text(_rows_of(name))).scalars())
            for name in sorted(names.scalars())
            if not name.startswith("audit_")
        }


def _rows_of(table: str) -> str:
    if table in MARKS:
        return f"SELECT (to_jsonb(t) - '{MARKS[table]}')::text FROM {table} t"
    seen = SEEN.get(table, "")
    return f"SELECT t.xmin::text || to_jsonb(t)::text FROM {table} t{seen}"


def readable(router: APIRouter, before: str = "") -> Iterator[str]:
    """The path of every GET route, those of included routers too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            if "GET" in (route.methods or ()):
                yield before + route.path
        elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
            yield from readable(inner, before + router.prefix)


def drafted(clinic: Clinic) -> UUID:
    """A pack that somebody works on."""
    with clinic.begin(clinic.charge) as tx:
        return releases.draft(tx, clinic.site, shipped("severe-only")).id


def questions(clinic: Clinic) -> UUID:
    """A questionnaire that somebody works on."""
    with clinic.begin(clinic.charge) as tx:
        return drafts.write(tx, clinic.site, instrument_body("short-measure")).id


def fed(clinic: Clinic) -> str:
    """The secret address of a nurse's calendar."""
    with clinic.begin(clinic.nurse) as tx:
        return feeds.create(tx, clinic.site, clinic.nurse, only_own=True)


def improved(clinic: Clinic) -> dict[str, str]:
    """A line of the journal, a cycle, and a question to simulated months."""
    today = date(2026, 10, 12)
    with clinic.begin(clinic.charge) as tx:
        entry = journal.write(tx, clinic.site, NewEntry(today, EntryKind.OTHER, "A champion"))
        tried = NewCycle("Fewer lost", "completed", "+ 5 %", clinic.charge, today, today)
        cycle = cycles.open_cycle(tx, clinic.site, tried)
        wish = Wish(Programme.DEMO, 5, 1, 10)
        asked = foresight.ask(tx, clinic.site, wish, clinic.charge)
    return {"entry_id": str(entry), "cycle_id": str(cycle), "foresight_id": str(asked)}


def filled(path: str, values: Mapping[str, str]) -> str:
    """The address with its parameters."""
    return re.sub(r"{(\w+)(:\w+)?}", lambda part: values[part[1]], path)


def addresses(day: Day, owner: Engine) -> list[str]:
    """Every page there is, about things that exist; a new parameter must be named here."""
    values = {
        "site_id": str(day.world.clinic.site),
        "patient_id": str(day.world.patient),
        "staff_id": str(day.world.clinic.nurse),
        "team_id": str(day.world.clinic.team),
        "alert_id": str(rows(owner, "SELECT id FROM alert")[0][0]),
        "task_id": str(rows(owner, "SELECT id FROM task")[0][0]),
        "survey_id": str(rows(owner, "SELECT id FROM occurrence")[0][0]),
        "token": day.phone.link.removeprefix("/s/"),
        "number": "2",
        "step": "pause",
        "purpose": "survey_invite",
        "language": "en",
        "audience": "patient",
        "channel": "sms",
        "key": "weekly",
        "version": "2",
        "whose": "site",
        "rule_key": next(iter(keyed(parse_pack(FIRST, "first")[0]))),
        "name": f"{fed(day.world.clinic)}.ics",
        "release_id": str(drafted(day.world.clinic)),
        "draft_id": str(questions(day.world.clinic)),
        "place": "1",
        "way": "web",
        "worker": str(day.world.clinic.nurse),
        "month": "2026-09",
        "run_id": str(UUID(int=1)),  # no report was sent yet
        **improved(day.world.clinic),
    }
    of_questions = {**values, "key": "weekly-symptoms", "version": "1.0.0"}
    app = create_app(Services(day.world.clinic.db, BASE))
    found = {
        filled(path, of_questions if "/instruments" in path else values)
        for path in readable(app.router)
    }
    assert f"/alerts/{values['alert_id']}" in found
    assert f"/sites/{values['site_id']}/patients/{values['patient_id']}" in found
    assert f"{day.phone.link}/q/2" in found
    assert f"/sites/{values['site_id']}/instruments/weekly-symptoms/1.0.0/try/web" in found
    assert any(path.startswith("/api/v1/") for path in found)
    return sorted(found)


def open_all(client: TestClient, paths: list[str]) -> set[int]:
    """Open each page; with which status it answered."""
    return {client.get(path).status_code for path in paths}


@pytest.mark.parametrize("who", ["nobody", "nurse", "charge", "administrator", "machine"])
def test_p09_no_page_that_is_opened_changes_anything(day: Day, owner: Engine, who: str) -> None:
    clinic = day.world.clinic
    day.report_severe_pain()
    day.phone.post("/call-me")
    day.work()
    paths = addresses(day, owner)
    with clinic.begin() as tx:
        _, key = api_keys.create(tx, clinic.site, "records", list(ApiScope), None)
    person = {"nobody": None, "machine": None}.get(who, getattr(clinic, who, None))
    desk = at_desk(clinic, day.clock, person) if isinstance(person, UUID) else browser(clinic)
    with desk as client:
        if who == "machine":
            client.headers["authorization"] = f"Bearer {key}"
        before = state(owner)
        day.clock.advance(timedelta(seconds=61))
        statuses = open_all(client, paths)
        assert state(owner) == before
    assert 200 in statuses
    assert max(statuses) < 500


# P10: no health information leaves by accident.


def test_p10_nothing_personal_leaves_by_text_address_log_metric_audit_or_error(
    day: Day, owner: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clinic = day.world.clinic
    assert "Thank you" in day.report_severe_pain().text
    pages = list(day.phone.pages)
    with at_desk(clinic, day.clock, clinic.nurse) as desk:
        alert = rows(owner, "SELECT id FROM alert")[0][0]
        record = f"/sites/{clinic.site}/patients/{day.world.patient}"
        for path in ("/alerts", f"/alerts/{alert}", f"/sites/{clinic.site}/patients", record):
            pages += [desk.get(path, follow_redirects=True)]
        assert "Zabrowski" in pages[-1].text  # the search below would find it
        errors = [desk.get(f"/alerts/{clinic.site}"), desk.get("/s/no-such-link")]
    for _ in range(4):  # up to the safety contact
        day.work()
        day.clock.advance(timedelta(minutes=15))
    left = {
        "texts": [f"{m.body} {m.callback_url}" for m in day.post.fake.accepted],
        "addresses": [str(page.url) for page in pages] + links_in(pages),
        "titles": titles_in(pages),
        "logs": logged(caplog),
        "metrics": [metrics_of(day.worker)],
        "audit": [str(row) for row in rows(owner, "SELECT to_jsonb(e) FROM audit_event e")],
        "errors": [page.text for page in errors],
    }
    assert [kind for kind, found in left.items() if not found] == []
    told = [
        (kind, hit[0]) for kind, found in left.items() for hit in map(PERSONAL.search, found) if hit
    ]
    assert told == []


def links_in(pages: list[Response]) -> list[str]:
    """Every address that a page asks for or leads to; `tel:` is dialled, and asked of nobody."""
    found = re.compile(r'(?:href|action|src)="(?!tel:)([^"]+)"')
    return [address for page in pages for address in found.findall(page.text)]


_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>")


def titles_in(pages: list[Response]) -> list[str]:
    return [title for page in pages for title in _TITLE.findall(page.text)]


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Every record with all that is attached to it; those of the test's own browser left out."""
    ours = [record for record in caplog.records if record.name.split(".")[0] != "httpx2"]
    return [f"{record.getMessage()} {vars(record)}" for record in ours]


def metrics_of(worker: Database) -> str:
    registry = CollectorRegistry()
    board = Board(registry)
    with worker.begin(EVERYWHERE) as tx:
        board.show(gauges.read(tx))
    return generate_latest(registry).decode()


# P11: every answer, score and alert names the exact version that made it.

_PINNED = (
    ("response", "instrument", "instrument_version"),
    ("score_set", "instrument", "instrument_version"),
    ("occurrence", "instrument", "instrument_version"),
    ("alert", "rule_pack", "rule_pack_version"),
    ("escalation", "policy", "policy_version"),
)


def test_p11_what_was_stored_names_a_published_version_by_its_content(
    day: Day, owner: Engine
) -> None:
    day.report_severe_pain()
    for table, column, versions in _PINNED:
        found = rows(
            owner,
            f"SELECT v.hash IS NOT NULL FROM {table} t LEFT JOIN {versions} v"
            f" ON v.key = t.{column}->>'key' AND v.version = t.{column}->>'version'"
            f" AND v.hash = t.{column}->>'hash'",
        )
        assert found, table
        assert all(known for (known,) in found), table
    assert rows(owner, "SELECT language FROM response") == [("en",)]


def test_p11_no_role_of_ours_may_change_what_was_published(owner: Engine) -> None:
    assert may_change(owner, {versions for _, _, versions in _PINNED}) == []


def may_change(owner: Engine, tables: set[str]) -> list[tuple[object, ...]]:
    """Which of our roles may update or delete rows of these tables."""
    names = ", ".join(f"('{table}')" for table in sorted(tables))
    return rows(
        owner,
        "SELECT role, name, act FROM (VALUES " + names + ") t (name),"
        f" unnest(ARRAY['{WEB}', '{WORKER}']) role, unnest(ARRAY['UPDATE', 'DELETE']) act"
        " WHERE has_table_privilege(role, name, act)",
    )


# P12: nothing is overwritten.

_FACTS = {"answer_event", "score_set", "finding", "alert_event", "delivery_event", "opt_event"}


def test_p12_no_role_of_ours_may_overwrite_what_happened(owner: Engine) -> None:
    assert may_change(owner, _FACTS | {"consent", "audit_event", "audit_seal"}) == []


def test_p12_a_correction_leaves_the_first_report_as_it_was_sent(day: Day, owner: Engine) -> None:
    day.report_severe_pain()
    kept = "SELECT to_jsonb(t)::text FROM {} t ORDER BY 1"
    before = {table: set(rows(owner, kept.format(table))) for table in (*_FACTS, "audit_event")}
    first = rows(owner, "SELECT id, answers::text, words_sealed, submitted_at FROM response")
    response = first[0][0]
    assert isinstance(response, UUID)
    with day.world.clinic.begin(day.world.clinic.nurse) as tx:
        by_nurse = Author(recorded_by=day.world.clinic.nurse)
        answer.correct(tx, response, {"pain.severity": answered(1)}, by_nurse)
    after = {table: set(rows(owner, kept.format(table))) for table in before}
    assert [table for table in before if not before[table] <= after[table]] == []
    assert len(after["answer_event"]) > len(before["answer_event"])
    revisions = (
        "SELECT id, answers::text, words_sealed, submitted_at FROM response ORDER BY revision"
    )
    assert rows(owner, revisions)[0] == first[0]
    assert rows(owner, "SELECT max(revision) - min(revision) FROM response") == [(1,)]


def test_p12_who_reads_a_record_stands_in_the_trail(day: Day, owner: Engine) -> None:
    clinic, patient = day.world.clinic, day.world.patient
    day.report_severe_pain()
    alert = rows(owner, "SELECT id FROM alert")[0][0]
    reads = f"SELECT count(*) FROM audit_event WHERE actor_id = '{clinic.nurse}'"
    with at_desk(clinic, day.clock, clinic.nurse) as desk:
        for path in (f"/sites/{clinic.site}/patients/{patient}", f"/alerts/{alert}"):
            before = rows(owner, reads)[0][0]
            assert desk.get(path).status_code == 200
            assert isinstance(before, int)
            after = rows(owner, reads)[0][0]
            assert isinstance(after, int)
            assert after > before, path


# P16: restarts, more workers, repeated callbacks and clock steps change nothing.


def test_p16_a_clock_that_steps_back_and_forth_sends_nothing_twice(day: Day, owner: Engine) -> None:
    day.report_severe_pain()
    day.work()
    outbox = "SELECT business_key, state FROM message ORDER BY 1"
    surveys = "SELECT window_key, state FROM occurrence ORDER BY 1"
    before = rows(owner, outbox), rows(owner, surveys), sent(day)
    for step in (timedelta(hours=-26), timedelta(hours=26)):
        day.clock.advance(step)
        for _ in range(3):
            day.work()
        assert (rows(owner, outbox), rows(owner, surveys), sent(day)) == before
    day.clock.advance(timedelta(minutes=15))  # and the ladder goes on where it was
    day.work()
    assert len(sent(day)) == len(before[2]) + 1


def sent(day: Day) -> list[str]:
    """Whom the provider was given a text for, in order."""
    return [m.to for m in day.post.fake.accepted]
