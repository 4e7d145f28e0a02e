"""What an export holds, read again: complete, pseudonymised, the same as CSV and as Parquet."""

import errno
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from rsm.db.work import Database, Tx
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import SYSTEM, Channel
from rsm.metrics import extract
from rsm.metrics.model import Days
from rsm.reports import export_csv, export_parquet, export_read, export_service
from rsm.reports.export_cells import Field, fields
from rsm.reports.export_columns import TABLES
from rsm.reports.export_model import Cell, Dates, Export, Format, Request, Shape
from rsm.reports.export_service import export
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.clinic import build_clinic
from tests.export_world import NAMES, NOTE, OCTOBER, WORDS, Exported, build_exported

LONG = Request(OCTOBER)
COLUMNS = {table.name: table for table in TABLES}
Line = Mapping[str, Cell]


@pytest.fixture
def world(web_db: Database, worker_db: Database, clock: VirtualClock) -> Exported:
    return build_exported(web_db, worker_db, clock)


def made(world: Exported, request: Request, out: Path) -> Export:
    return export(world.ward.clinic.db, world.manager, world.ward.clinic.site, request, out)


def read(folder: Path, request: Request, table: str) -> list[Line]:
    """The rows of a table whose columns are the same for everybody, by column."""
    columns = fields(COLUMNS[table], request.dates, identified=request.identified)
    path = folder / f"{table}.{request.format}"
    csv = request.format is Format.CSV
    rows = export_csv.read(path, columns) if csv else export_parquet.read(path)
    return [dict(zip((each.name for each in columns), row, strict=True)) for row in rows]


def exported(world: Exported, request: Request, out: Path, table: str) -> list[Line]:
    made(world, request, out)
    return read(out, request, table)


def test_each_answer_that_stands_is_there_with_why_it_has_a_value_or_none(
    world: Exported, tmp_path: Path
) -> None:
    """Maria on day 0 and day 7, Ruth on day 0: a zero that was concluded says so (P7)."""
    rows = exported(world, LONG, tmp_path / "out", "answers")
    told = {(row["item"], row["given_day"], row["status"], row["value"]) for row in rows}
    assert told == {
        ("pain.frequency", 0, "answered", 3.0),
        ("pain.severity", 0, "answered", 3.0),
        ("pain.interference", 0, "answered", 1.0),
        ("nausea.frequency", 0, "answered", 0.0),
        ("pain.frequency", 7, "answered", 0.0),
        ("nausea.frequency", 7, "answered", 0.0),
        ("nausea.severity", None, "structural_zero", 0.0),
        ("pain.severity", None, "structural_zero", 0.0),
        ("pain.interference", None, "structural_zero", 0.0),
        ("pain.frequency", 0, "skipped", None),
        ("fatigue.severity", 0, "refused", None),
    }
    assert len(rows) == 12  # the structural zero of nausea twice
    assert {row["instrument_version"] for row in rows} == {"1.0.0"}


def test_wide_has_a_row_for_each_survey_and_says_what_was_not_asked(
    world: Exported, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made(world, replace(LONG, shape=Shape.WIDE), out)
    lines = (out / "answers_wide.csv").read_text().splitlines()
    head = lines[0].split(",")
    rows = [dict(zip(head, line.split(","), strict=True)) for line in lines[1:]]
    assert len(rows) == 3
    pain = {(row["pain.frequency"], row["pain.frequency.status"]) for row in rows}
    assert pain == {("3", "answered"), ("0", "answered"), ("", "skipped")}
    assert {row["vomiting.severity.status"] for row in rows} == {"not_asked"}
    severity = {(row["pain.severity"], row["pain.severity.status"]) for row in rows}
    assert severity == {("3", "answered"), ("0", "structural_zero"), ("", "not_asked")}


def test_a_survey_without_a_report_says_so_in_every_item(
    world: Exported, tmp_path: Path, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE response SET quarantined_at = submitted_at"))
    out = tmp_path / "out"
    made(world, replace(LONG, shape=Shape.WIDE), out)
    assert len((out / "answers_wide.csv").read_text().splitlines()) == 4
    assert {row["set_aside"] for row in read(out, LONG, "surveys")} == {True}


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("dates", list(Dates))
def test_csv_and_parquet_hold_the_same(
    world: Exported, tmp_path: Path, shape: Shape, dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patient, a survey and three rows at a time: batches change nothing of what is told."""
    seen: dict[str, tuple[Field, ...]] = {}
    write = export_csv.write

    def noted(path: Path, columns: tuple[Field, ...], rows: object) -> int:
        seen[path.stem] = columns
        return write(path, columns, rows)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(export_csv, "write", noted)
    request = Request(OCTOBER, shape=shape, dates=dates, with_tests=True)
    one = made(world, request, tmp_path / "csv")
    monkeypatch.setattr(export_read, "PATIENTS_AT_ONCE", 1)
    monkeypatch.setattr(export_read, "_SURVEYS_AT_ONCE", 1)
    monkeypatch.setattr(export_parquet, "ROW_GROUP", 3)
    other = made(world, replace(request, format=Format.PARQUET), tmp_path / "parquet")
    assert one.counts == other.counts
    assert len(seen) == len(TABLES)
    for name, columns in seen.items():
        rows = list(export_csv.read(tmp_path / "csv" / f"{name}.csv", columns))
        assert rows == list(export_parquet.read(tmp_path / "parquet" / f"{name}.parquet"))


def test_parquet_carries_its_own_dictionary(world: Exported, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made(world, replace(LONG, format=Format.PARQUET), out)
    about = json.loads(export_parquet.dictionary(out / "surveys.parquet"))
    package = json.loads((out / "datapackage.json").read_text())
    surveys = next(each for each in package["resources"] if each["name"] == "surveys")
    assert about == surveys["schema"]
    assert [each["name"] for each in about["fields"]][:2] == ["survey", "patient"]


def test_no_name_number_or_word_of_anybody_is_in_a_pseudonymised_export(
    world: Exported, tmp_path: Path
) -> None:
    """P10: nor a date of birth, a day of the calendar, an id of ours."""
    for shape in Shape:
        made(world, replace(LONG, shape=shape), tmp_path / shape)
    told = "\n".join(path.read_text() for path in tmp_path.rglob("*.*"))
    ids = [str(each) for each in (world.maria, world.ruth, world.ward.clinic.nurse)]
    telling = (*NAMES, NOTE, WORDS, "2025550", "R100", "1957-03", "2026-10-19", "2026-10-26", *ids)
    kept = "\n".join(line for line in told.splitlines() if not line.startswith(("Made", '  "cr')))
    assert [each for each in telling if each in kept] == []


def test_pseudonyms_are_the_same_for_a_project_and_others_for_another(
    world: Exported, tmp_path: Path
) -> None:
    def patients(project: str, name: str) -> set[Cell]:
        rows = exported(world, replace(LONG, project=project), tmp_path / name, "patients")
        return {row["patient"] for row in rows}

    first = patients("Registry", "first")
    assert patients("  REGISTRY ", "again") == first
    assert patients("Another", "other").isdisjoint(first)
    answers = read(tmp_path / "first", LONG, "answers")
    assert {row["patient"] for row in answers} == first


def test_patients_come_in_the_order_of_their_pseudonyms(world: Exported, tmp_path: Path) -> None:
    rows = exported(world, replace(LONG, with_tests=True), tmp_path / "out", "patients")
    told = [str(row["patient"]) for row in rows]
    assert told == sorted(told)
    assert len(told) == 3


def test_whoever_was_erased_is_nowhere_and_test_patients_only_when_asked_for(
    world: Exported, tmp_path: Path
) -> None:
    plain = made(world, LONG, tmp_path / "plain").counts
    tests = made(world, replace(LONG, with_tests=True), tmp_path / "tests").counts
    assert (plain["patients"], plain["surveys"], plain["alerts"]) == (2, 3, 1)
    assert (tests["patients"], tests["surveys"], tests["alerts"]) == (3, 4, 2)
    marked = read(tmp_path / "tests", LONG, "patients")
    assert sorted(row["is_test"] is True for row in marked) == [False, False, True]


def test_names_and_words_are_there_when_they_are_asked_for_with_a_reason(
    world: Exported, tmp_path: Path
) -> None:
    request = replace(LONG, identified=True, reason="Record review", dates=Dates.CALENDAR)
    rows = exported(world, request, tmp_path / "out", "patients")
    maria = next(row for row in rows if row["patient"] == str(world.maria))
    assert (maria["name"], maria["birth_date"]) == ("Maria Alvarez", "1957-03-04")
    assert maria["enrolled_at"] == datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
    assert {row["window_on"] for row in read(tmp_path / "out", request, "surveys")} == {
        date(2026, 10, 19),
        date(2026, 10, 26),
    }


def test_a_correction_takes_the_place_of_what_it_corrects(
    world: Exported, tmp_path: Path, clock: VirtualClock
) -> None:
    clinic = world.ward.clinic
    with clinic.begin(clinic.nurse) as tx:
        survey = schedules.recent(tx, world.maria, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        assert report is not None
        responses.correct(
            tx,
            report.id,
            {"nausea.frequency": answered(1)},
            Author(channel=Channel.STAFF, recorded_by=clinic.nurse),
        )
    rows = exported(world, LONG, tmp_path / "out", "answers")
    told = {(row["value"], row["taken_down"]) for row in rows if row["item"] == "nausea.frequency"}
    assert told == {(0.0, False), (1.0, True)}
    revisions = sorted(str(row["revision"]) for row in read(tmp_path / "out", LONG, "surveys"))
    assert revisions == ["1", "1", "2"]


def test_alerts_messages_and_tasks_are_told_without_their_words(
    world: Exported, tmp_path: Path
) -> None:
    (alert,) = exported(world, LONG, tmp_path / "out", "alerts")
    assert (alert["level"], alert["state"], alert["outcome"]) == (
        "urgent", "closed", "phone_advice",
    )  # fmt: skip
    assert (alert["opened_day"], alert["acknowledged_after_minutes"]) == (0, 15)
    assert "pain.severity" in str(alert["items"])
    messages = read(tmp_path / "out", LONG, "messages")
    assert {row["audience"] for row in messages} == {"staff"}
    about = [row for row in messages if row["alert"] == alert["alert"]]
    assert {row["patient"] for row in about} == {alert["patient"]}


def test_nobody_sees_another_sites_patient(
    world: Exported, tmp_path: Path, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    other.enrol_patient("Nora Hill")
    counts = export(web_db, SYSTEM, world.ward.clinic.site, LONG, tmp_path / "lakeside").counts
    assert counts["patients"] == 2
    with pytest.raises(Invalid, match="nothing was asked"):
        export(web_db, SYSTEM, other.site, LONG, tmp_path / "hillside")


def test_the_export_is_on_record_with_counts_and_hash_and_no_reason_in_the_trail(
    world: Exported, tmp_path: Path, owner: Engine
) -> None:
    request = replace(LONG, identified=True, reason="Juana asked", project="Review")
    out = tmp_path / "out.zip"
    told = made(world, request, out)
    assert out.stat().st_mode & 0o077 == 0
    with world.ward.clinic.begin() as tx:
        (run,) = export_service.runs(tx, world.ward.clinic.site)
    assert (run.hash, run.counts, run.made_by) == (
        told.hash, told.counts, world.ward.clinic.charge,
    )  # fmt: skip
    with owner.connect() as connection:
        action, facts = connection.execute(
            text("SELECT action, facts FROM audit_event WHERE action = 'export.made'")
        ).one()
        plain = connection.execute(text("SELECT export_run::text FROM export_run")).scalar_one()
    assert (action, facts["hash"], facts["rows_answers"]) == ("export.made", told.hash, 12)
    assert "Juana" not in plain + json.dumps(facts)


@pytest.mark.parametrize(
    "fault", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")]
)
def test_whatever_breaks_off_an_export_nothing_half_is_left_and_nothing_on_record(
    world: Exported, tmp_path: Path, fault: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise fault

    monkeypatch.setattr("rsm.reports.export_dictionary.lines", broken)
    with pytest.raises((KeyboardInterrupt, Invalid), match=r"^$|No space left"):
        made(world, LONG, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    with world.ward.clinic.begin() as tx:
        assert list(export_service.runs(tx, world.ward.clinic.site)) == []


def test_nothing_that_is_there_is_written_over(world: Exported, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    for name in ("out.zip", "full"):
        with pytest.raises(Invalid, match="is there already"):
            made(world, LONG, tmp_path / name)
    with pytest.raises(Invalid, match="nothing can be written"):
        made(world, LONG, tmp_path / "nowhere" / "out")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"days": Days(date(2026, 10, 2), date(2026, 10, 1))}, "is before"),
        ({"days": Days(date(2025, 1, 1), date(2025, 1, 31))}, "nothing was asked"),
        ({"project": " "}, "name whom it is for"),
        ({"identified": True}, "say why names are needed"),
    ],
)
def test_what_is_no_request_is_told(
    world: Exported, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        made(world, replace(LONG, **changes), tmp_path / "out")  # type: ignore[arg-type]  # a case's
    assert list(tmp_path.iterdir()) == []


def test_rows_are_read_through_a_cursor_and_never_all_at_once(
    world: Exported, tmp_path: Path, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand surveys of one patient: what is in memory is what a cursor hands over."""
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO occurrence (id, site_id, patient_id, window_key, local_date, opens_at,"
                " closes_at, reminders, state, miss_reason, instrument, language, scheduled,"
                " is_test, reminded, asks) SELECT gen_random_uuid(), site_id, patient_id, 'w' || n,"
                " DATE '2026-10-02', opens_at - interval '20 days', closes_at - interval '20 days',"
                " '[]', 'missed', 'not_sent', instrument, 'en', true, false, 0, '[]'"
                " FROM occurrence, generate_series(1, 2000) AS n WHERE patient_id = :who LIMIT 2000"
            ),
            {"who": world.ruth},
        )
    fetched: list[int] = []
    stream = extract.stream

    def watched(tx: Tx, query: extract.Query, *more: object) -> Iterator[extract.Record]:
        @event.listens_for(tx.session.connection().engine, "before_cursor_execute", once=True)
        def note(*told: object) -> None:
            context = told[4]
            assert getattr(context, "_is_server_side", False)
            fetched.append(getattr(context, "execution_options", {}).get("yield_per", 0))

        yield from stream(tx, query, *more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(extract, "stream", watched)
    counts = made(world, LONG, tmp_path / "out").counts
    assert counts["surveys"] == 2003
    assert fetched
    assert set(fetched) == {extract.AT_ONCE}
