"""The page of exports: made by who may, on record, refused to everybody else."""

import errno
import io
import os
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.web import exports
from tests.export_world import NAMES, Exported, build_exported
from tests.web_desk import at_desk, submit

FORM = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "format": "csv",
    "shape": "long",
    "dates": "study_day",
    "project": "Registry",
}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own: the pages sweep by its clock, which may be ahead of the host's,
    and would then sweep what another test is making."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def world(web_db: Database, worker_db: Database, clock: VirtualClock) -> Exported:
    return build_exported(web_db, worker_db, clock)


def page(world: Exported) -> str:
    return f"/sites/{world.ward.clinic.site}/exports"


def test_a_manager_downloads_an_export_and_it_is_on_record(
    world: Exported, clock: VirtualClock
) -> None:
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client:
        made = submit(client, page(world), fields=FORM)
        assert made.status_code == 200, made.text
        assert made.headers["content-disposition"] == (
            "attachment; filename=rsm-export-2026-10-01-2026-10-31.zip"
        )
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            assert archive.testzip() is None
            held = {name: archive.read(name).decode() for name in archive.namelist()}
        assert {"patients.csv", "answers.csv", "dictionary.csv", "README.txt"} <= held.keys()
        assert [name for name in NAMES if any(name in words for words in held.values())] == []
        shown = client.get(page(world)).text
        assert "Ruth Cole" in shown
        assert "pseudonymised" in shown
        assert "For Registry" in shown
        assert "answers 12" in shown


def test_names_need_a_reason_and_are_marked(
    world: Exported, clock: VirtualClock, owner: Engine
) -> None:
    clinic = world.ward.clinic
    named = FORM | {"options": ["identified"]}
    with at_desk(clinic, clock, clinic.charge) as client:
        refused = submit(client, page(world), fields=named)
        assert refused.status_code == 422
        assert "say why names are needed" in refused.text
        made = submit(client, page(world), fields=named | {"reason": "Record review"})
        assert made.status_code == 200
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            assert "Maria Alvarez" in archive.read("patients.csv").decode()
        assert '<b class="late">' in client.get(page(world)).text
    with owner.connect() as connection:
        said = connection.execute(
            text("SELECT facts::text FROM audit_event WHERE action LIKE 'export.%' ORDER BY seq")
        ).scalars()
        facts = list(said)
    assert '"identified": true' in facts[0]
    assert str(world.maria) in facts[1]
    assert [name for name in (*NAMES, "review") if any(name in each for each in facts)] == []


def test_a_manager_who_sees_no_patients_is_offered_no_names_and_gets_none(
    world: Exported, clock: VirtualClock
) -> None:
    clinic = world.ward.clinic
    with clinic.begin() as tx:
        lena = staff.create(tx, NewStaff(clinic.organisation, "lena@example.org", "Lena Holt"))
        staff.grant(tx, lena, clinic.site, Role.MANAGER)
    with at_desk(clinic, clock, lena) as client:
        assert 'value="identified"' not in client.get(page(world)).text
        forged = FORM | {"options": ["identified"], "reason": "Curious"}
        assert submit(client, page(world), fields=forged).status_code == 403
        assert submit(client, page(world), fields=FORM).status_code == 200


def test_nobody_else_exports_and_the_refusal_is_audited(
    world: Exported, clock: VirtualClock, owner: Engine
) -> None:
    clinic = world.ward.clinic
    for who in (clinic.nurse, clinic.administrator):
        with at_desk(clinic, clock, who) as client:
            assert client.get(page(world)).status_code == 403
            assert client.get(f"{page(world)}/participation.csv").status_code == 403
    with owner.connect() as connection:
        count = text("SELECT count(*) FROM audit_event WHERE action = 'access.refused'")
        assert connection.execute(count).scalar_one() == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"from": "2026-11-02"}, "2026-10-31 is before 2026-11-02"),
        ({"from": "October"}, "October is not a date"),
        ({"from": "0001-01-01"}, "0001-01-01 is too far from today"),
        ({"to": "9999-12-31"}, "9999-12-31 is too far from today"),
        ({"project": ""}, "name whom it is for"),
        ({"format": "xls"}, "File format: is missing"),
        ({"from": "2026-01-01", "to": "2026-01-31"}, "nothing was asked, answered or raised"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_on_record(
    world: Exported, clock: VirtualClock, changes: dict[str, str], said: str
) -> None:
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client:
        refused = submit(client, page(world), fields=FORM | changes)
        assert refused.status_code == 422
        assert said.lower() in refused.text.lower()
        assert "Nothing was exported yet." in refused.text


def test_the_page_speaks_spanish_and_counts_who_took_part(
    world: Exported, clock: VirtualClock, owner: Engine
) -> None:
    clinic = world.ward.clinic
    with owner.begin() as connection:
        connection.execute(text("UPDATE staff_account SET language = 'es'"))
    with at_desk(clinic, clock, clinic.charge) as client:
        plain = client.get(page(world)).text
        assert 'lang="es"' in plain
        assert "Necesidades sociales" not in plain  # not counted before somebody asks
        assert 'href="?count=yes#took"' in plain
        shown = client.get(f"{page(world)}?count=yes").text
        assert "Uso de informes electrónicos de pacientes" in shown
        assert "Necesidades sociales" in shown
        told = client.get(f"{page(world)}/participation.csv?from=2026-10-01&to=2026-10-31").text
        far = client.get(f"{page(world)}/participation.csv?from=2026-10-01&to=9999-12-31")
        assert far.status_code == 200
    lines = [line.split(",") for line in told.splitlines()]
    counts = {line[0]: line[2:4] for line in lines[1:8]}
    assert counts["epro_used"] == ["1", ""]
    assert counts["surveyed"] == ["2", "2"]  # Maria and Ruth; neither the test patient nor Edna
    assert counts["surveyed_symptoms"] == ["2", "2"]
    assert counts["surveyed_behavioral_health"] == ["2", "2"]
    assert counts["surveyed_hrsn"] == ["0", "0"]


def test_what_is_too_large_for_a_page_is_refused_with_the_way_to_do_it(
    world: Exported, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three surveys were answered; the command line makes it whatever its size."""
    monkeypatch.setattr("rsm.reports.export_service.MOST_SURVEYS_ON_PAGE", 2)
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client:
        refused = submit(client, page(world), fields=FORM)
    assert refused.status_code == 422
    assert "More than 2 surveys" in refused.text
    assert "rsm export" in refused.text
    assert "Nothing was exported yet." in refused.text


def test_one_export_at_a_time_is_made_by_the_pages(world: Exported, clock: VirtualClock) -> None:
    """Each holds a thread and two connections: patients answer through the same."""
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client, exports._one_at_a_time:
        busy = submit(client, page(world), fields=FORM)
    assert busy.status_code == 503
    assert "retry-after" in busy.headers
    assert "another export is being made" in busy.text


def test_what_a_killed_process_left_in_the_temporary_folder_is_swept(
    world: Exported, clock: VirtualClock, temporary: Path
) -> None:
    now = clock.now().timestamp()
    for name in ("rsm-export-killed", "rsm-export-running", "of-somebody-else"):
        (temporary / name).mkdir()
        (temporary / name / "patients.csv").write_text("Maria Alvarez")
        at = now if name == "rsm-export-running" else now - 3601
        os.utime(temporary / name, (at, at))
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client:
        assert submit(client, page(world), fields=FORM).status_code == 200
    left = {each.name for each in temporary.iterdir()}
    assert left == {"rsm-export-running", "of-somebody-else"}


def test_a_full_disk_is_said_and_leaves_nothing(
    world: Exported, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rsm.reports.export_dictionary.lines", full)
    clinic = world.ward.clinic
    with at_desk(clinic, clock, clinic.charge) as client:
        refused = submit(client, page(world), fields=FORM)
    assert refused.status_code == 422
    assert "There was no room to make it" in refused.text
    assert "Nothing was exported yet." in refused.text
