"""`rsm export`: tables on the disk, counts on the screen; what is wrong is told with its mend."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rsm.cli import main
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from tests.commands import commands_find
from tests.export_world import Exported, build_exported

PERIOD = ("--from", "2026-10-01", "--to", "2026-10-31")
SITE = ("--site", "Lakeside Clinic")
MANAGER, ADMINISTRATOR = "ruth@lakeside.example.org", "ada@lakeside.example.org"


@pytest.fixture(autouse=True)
def world(
    web_db: Database, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Exported:
    commands_find(monkeypatch, web=web_db)
    return build_exported(web_db, worker_db, clock)


def test_a_folder_is_written_and_its_rows_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["export", *SITE, *PERIOD, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "answers           12 rows" in said
    assert {"answers.csv", "README.txt", "SHA256SUMS"} <= {path.name for path in out.iterdir()}
    readme = (out / "README.txt").read_text()
    assert "2026-10-01 to 2026-10-31" in readme
    assert "12 rows" in readme


def test_a_zip_holds_parquet_and_json_tells_its_hashes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.zip"
    chosen = ("--format", "parquet", "--shape", "wide", "--json", "--out", str(out))
    assert main(["export", *SITE, *PERIOD, *chosen]) == 0
    told = json.loads(capsys.readouterr().out)
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        sums = archive.read("SHA256SUMS").decode()
    assert {"answers_wide.parquet", "patients.parquet", "datapackage.json"} <= names
    assert [each["name"] for each in told["files"] if each["hash"] not in sums] == []
    assert list(tmp_path.iterdir()) == [out]


def test_names_go_to_a_person_who_may_and_says_why(tmp_path: Path, owner: Engine) -> None:
    named = ("--identified", "--by", MANAGER, "--reason", "Record review")
    assert main(["export", *SITE, *PERIOD, *named, "--out", str(tmp_path / "out")]) == 0
    assert "Maria Alvarez" in (tmp_path / "out" / "patients.csv").read_text()
    with owner.connect() as connection:
        query = text("SELECT actor_kind, facts->>'identified' FROM audit_event")
        who = connection.execute(text(f"{query} WHERE action = 'export.made'")).one()
    assert tuple(who) == ("staff", "true")


def test_whoever_may_not_export_gets_nothing_and_that_is_audited(
    tmp_path: Path, owner: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert main(["export", *SITE, *PERIOD, "--by", ADMINISTRATOR, *out]) == 2
    assert "needs the permission export" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with owner.connect() as connection:
        count = text("SELECT count(*) FROM audit_event WHERE action = 'access.refused'")
        assert connection.execute(count).scalar_one() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--site", "Lakside Clinic", *PERIOD), "Lakeside Clinic"),
        ((*SITE, "--from", "2026-01-01", "--to", "2026-01-31"), "nothing was asked"),
        ((*SITE, "--from", "2026-10-31", "--to", "2026-10-01"), "is before"),
        ((*SITE, "--from", "October", "--to", "2026-10-31"), "is not a date"),
        ((*SITE, *PERIOD, "--identified", "--reason", "Review"), "made by a person"),
        ((*SITE, *PERIOD, "--identified", "--by", MANAGER), "say why names are needed"),
        ((*SITE, *PERIOD, "--by", "nobody@example.org"), "nobody with this e-mail"),
    ],
)
def test_bad_input_ends_with_2_and_leaves_nothing(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *SITE, *PERIOD, "--out", str(tmp_path / "no" / "out")]) == 2
    assert "nothing can be written" in capsys.readouterr().err
