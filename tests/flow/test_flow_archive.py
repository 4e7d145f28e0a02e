"""After the archive everything reads as before: figures, records, alerts, exports, corrections."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.alerts.packs import parse_pack
from rsm.cli import main
from rsm.db.work import EVERYWHERE, Database
from rsm.flow import audit, inbound, replay
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import SYSTEM
from rsm.messaging.model import MessageState, StatusReport
from rsm.metrics import check_rollups, figures, rollup
from rsm.metrics.model import Days
from rsm.reports.archive_files import Archive
from rsm.reports.archive_parquet import read
from rsm.reports.export_model import Request
from rsm.reports.export_service import export
from rsm.security import patient_keys
from tests.commands import commands_find
from tests.conftest import MONDAY_NINE
from tests.flow.talk import Talk, begin
from tests.packs import FIRST
from tests.patient_browser import rows
from tests.web_desk import at_desk, submit

MARCH = Days(date(2024, 3, 1), date(2024, 3, 31))
WORDS = "my arm hurts so much"


@pytest.fixture
def clock() -> VirtualClock:
    """A Monday at nine, long ago by the database's own clock as well."""
    return VirtualClock(datetime(2024, 3, 4, 14, 0, tzinfo=UTC))


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    """She has answered by text, with very severe pain, and written to us; years have passed."""
    talk = begin(web_db, worker_db, clock, consent_on=date(2024, 3, 1))
    with talk.world.begin() as tx:  # the world's plan begins where its clock does, and ours before
        began = (
            "UPDATE plan_assignment SET starts_on = :day, next_at = :now,"
            " next_key = replace(next_key, '2026-10-19', '2024-03-04')"
        )
        tx.session.execute(text(began), {"day": MARCH.first, "now": clock.now()})
    talk.works()
    talk.says("4", "3")
    talk.answers_all("0")
    talk.says("done", WORDS, "HELP")
    for message, provider_id in messages(talk):
        report = StatusReport(provider_id, MessageState.DELIVERED)
        assert inbound.receive_status(web_db, report, talk.world.clinic.site, message)
    with talk.world.begin() as tx:
        forgotten = "UPDATE inbound_message SET redact_at = NULL, redacted_at = received_at"
        tx.session.execute(text(forgotten))
    clock.set(MONDAY_NINE)
    rollup.roll_up_all(worker_db)
    return talk


def messages(talk: Talk) -> list[tuple[UUID, str]]:
    """Every text to her that the provider took."""
    query = "SELECT id, provider_id FROM message WHERE handed_over_at IS NOT NULL ORDER BY id"
    with talk.world.begin() as tx:
        return [(row[0], row[1]) for row in tx.session.execute(text(query))]


def counts(owner: Engine) -> tuple[object, ...]:
    tables = ("delivery_event", "inbound_message", "answer_event", "message", "response")
    return tuple(rows(owner, f"SELECT count(*) FROM {table}")[0][0] for table in tables)


# --- the commands -------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def house(worker_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimpleNamespace(data_dir=tmp_path / "data")
    commands_find(monkeypatch, worker=worker_db, settings=settings)


def test_the_commands_say_what_leaves_what_left_and_that_it_is_there(
    talk: Talk, archive: Path, owner: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    events, came, answers, *_ = counts(owner)
    site = talk.world.clinic.site
    assert main(["archive", "run", "--into", str(archive), "--dry-run"]) == 0
    dry = capsys.readouterr().out.splitlines()
    assert dry[0] == f"{site}/delivery_event/2024-03: {events} rows would leave"
    assert (list(archive.iterdir()), counts(owner)[:2]) == ([], (events, came))
    assert main(["archive", "run", "--into", str(archive)]) == 0
    told = capsys.readouterr().out.splitlines()
    line = f"{site}/delivery_event/2024-03: {events} rows to a file, {events} left the database"
    assert told[0] == line
    assert main(["archive", "run", "--into", str(archive), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["archive", "verify", str(archive), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    left = sum(each for each in counts(owner)[:3] if isinstance(each, int))
    assert isinstance(events, int)
    assert isinstance(came, int)
    assert isinstance(answers, int)
    gone = events + came + answers - left
    assert (found["files"], found["rows"], found["faults"]) == (3, gone, [])


def test_what_is_wrong_is_told_with_an_exit_code(
    talk: Talk, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", "run", "--into", str(tmp_path / "gone")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert main(["archive", "verify", str(tmp_path / "gone")]) == 2
    place = archive / str(talk.world.clinic.site) / "delivery_event"
    place.mkdir(parents=True)
    (place / "2024-03.parquet").write_bytes(b"something else")
    capsys.readouterr()
    assert main(["archive", "run", "--into", str(archive)]) == 1
    assert "REFUSED" in capsys.readouterr().out
    assert main(["archive", "verify", str(archive)]) == 1
    assert "the audit trail does not know it" in capsys.readouterr().out


# --- who reads ----------------------------------------------------------------------------


def read_all(talk: Talk, desk: TestClient, folder: Path) -> dict[str, object]:
    """Everything that could look different, by its name."""
    clinic, db = talk.world.clinic, talk.post.db
    found: dict[str, object] = {}
    pack = parse_pack(FIRST, "first")[0]
    with clinic.begin() as tx:
        found["figures"] = figures.figures(tx, clinic.site, MARCH)
        period = replay.period_of(MARCH.first, MARCH.last, "America/New_York")
        found["replay"] = replay.replay(tx, clinic.site, pack, period)
    with db.begin(EVERYWHERE) as tx:
        days, patients = check_rollups.within(tx, clinic.site, MARCH.first, MARCH.last)
        found["roll-ups"] = check_rollups.check(tx, clinic.site, days, patients)
    found["auditor"] = audit.audit_due(db).found
    made = export(clinic.db, SYSTEM, clinic.site, Request(MARCH, with_tests=True), folder)
    found["export"] = {
        path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".csv"
    }
    assert made.counts["messages"] > 0
    record = f"/sites/{clinic.site}/patients/{talk.world.patient}"
    report = report_page(talk)
    alerts = [f"/alerts/{alert.id}" for alert in talk.alerts()]
    for page in (record, report, f"{report}/correct", "/alerts", *alerts):
        shown = desk.get(page, follow_redirects=True)
        assert shown.status_code == 200
        found[page] = shown.text
    return found


def report_page(talk: Talk) -> str:
    with talk.world.begin() as tx:
        survey = tx.session.scalar(text("SELECT occurrence_id FROM response"))
    return f"/sites/{talk.world.clinic.site}/patients/{talk.world.patient}/reports/{survey}"


def test_nothing_that_reads_is_told_otherwise(
    talk: Talk, archive: Path, tmp_path: Path, owner: Engine, clock: VirtualClock
) -> None:
    clinic = talk.world.clinic
    with at_desk(clinic, clock, clinic.nurse) as desk:
        read_all(talk, desk, tmp_path / "first")  # alerts are marked as seen
        before, rows_before = read_all(talk, desk, tmp_path / "before"), counts(owner)
        assert any(WORDS in str(page) for page in before.values())  # an alert shows what she wrote
        assert main(["archive", "run", "--into", str(archive)]) == 0
        rows_after = counts(owner)
        assert (rows_after[0], rows_after[2], rows_after[3:]) == (0, 0, rows_before[3:])
        assert rows_after[1] == 1  # the one text that an alert points to
        after = read_all(talk, desk, tmp_path / "after")
        assert [name for name in before if before[name] != after[name]] == []
        page = report_page(talk)
        told = {"_reason": "misheard", "_seen": "1", "pain.severity": "1"}
        assert submit(desk, f"{page}/correct", fields=told).headers["location"] == page
        assert "Corrected: this is version 2." in desk.get(page).text


# --- erasure by right ---------------------------------------------------------------------


def test_an_answer_of_a_patient_who_was_erased_cannot_be_read_in_the_archive(
    talk: Talk, archive: Path
) -> None:
    assert main(["archive", "run", "--into", str(archive)]) == 0
    (path,) = (Archive(archive).folder / str(talk.world.clinic.site) / "inbound_message").iterdir()
    assert WORDS.encode() not in path.read_bytes()
    kept = [(row.id, row.cells["body_sealed"]) for row in read(path)]

    def opened() -> list[str]:
        with talk.world.begin() as tx:
            boxes = patient_keys.boxes(tx, [talk.world.patient]).values()
            return [
                box.open(sealed, f"inbound.body:{row_id}")
                for box in boxes
                for row_id, sealed in kept
                if isinstance(sealed, bytes)
            ]

    assert {"3", "4"} <= set(opened())
    with talk.world.begin() as tx:
        patient_keys.destroy(tx, talk.world.patient)
    assert opened() == []
