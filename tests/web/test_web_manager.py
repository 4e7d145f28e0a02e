"""The manager's page: her site's figures for a period she chooses, to nobody else, in her words."""

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.improvement import service as improvement
from rsm.improvement.model import EntryKind, NewEntry
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role
from rsm.metrics import rollup
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import Rows, enrol_and_survey, raise_alerts
from tests.web_desk import at_desk, browser


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


@pytest.fixture
def lived(clinic: Clinic, owner: Engine, worker_db: Database) -> Clinic:
    """With the surveys and alerts that are worked out by hand (`tests.hand_clinic`)."""
    rows = Rows(owner, clinic.site, SeededIds("manager"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    rollup.roll_up_all(worker_db)
    return clinic


def test_a_site_without_data_says_so_and_draws_nothing(
    clinic: Clinic, manager: TestClient, worker_db: Database
) -> None:
    clinic.enrol_patient()
    rollup.roll_up_all(worker_db)
    page = manager.get(f"/sites/{clinic.site}").text
    assert "No survey was due in this period." in page
    assert "28 September 2026 to 19 October 2026" in page
    assert "1 of 1" in page  # reached, of eligible
    assert "Completed, of due: nothing to show yet" in page
    assert "Too little is known to forecast next month" in page
    assert "There is no month before this one to compare with." in page
    assert "Maria" not in page


def test_the_small_clinic_reads_as_worked_out_by_hand(lived: Clinic, manager: TestClient) -> None:
    page = manager.get(f"/sites/{lived.site}").text
    assert "Once nobody on duty could be told of an alert." in page  # the worst news is the heading
    assert "75 % of eligible patients are enrolled: 3 of 4" in page
    assert "1 not asked to take part yet" in page
    assert "1 never asked: no contact, stopped, or too late" in page
    assert "2 not answered" in page
    assert "1 begun and not finished" in page
    assert f'href="/sites/{lived.site}/lost/not_sent?weeks=4"' in page
    assert "are too few for limits: it takes 12." in page
    assert "These are not the same thing" in page
    assert not any(name in page for name in ("Ann", "Bea", "Cora", "Dot"))


@pytest.mark.parametrize(
    ("weeks", "shown"),
    [(12, "12 weeks"), (52, "52 weeks"), (260, "5 years"), (7, "4 weeks")],
)
def test_the_period_is_one_of_those_offered(
    lived: Clinic, manager: TestClient, weeks: int, shown: str
) -> None:
    page = manager.get(f"/sites/{lived.site}?weeks={weeks}")
    current = page.text.split('aria-current="true"')[1][:60]
    assert shown in current
    assert ("by month;" in page.text) == (weeks == 260)


def test_a_picture_and_its_table_are_had_alone(lived: Clinic, manager: TestClient) -> None:
    picture = manager.get(f"/sites/{lived.site}?weeks=4&picture=completed")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert 'filename="completed.svg"' in picture.headers["content-disposition"]
    assert picture.text.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="640"')
    table = manager.get(f"/sites/{lived.site}?weeks=4&table=completed")
    rows = list(csv.reader(StringIO(table.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["From", "Count", "Of", "Rate"]
    assert rows[1:] == [
        ["5 Oct", "1", "3", "33 %", "\N{EN DASH}", ""],
        ["28 Sep", "2", "3", "67 %", "\N{EN DASH}", ""],
    ]
    assert manager.get(f"/sites/{lived.site}?picture=nothing").status_code == 404
    assert manager.get(f"/sites/{lived.site}?weeks=260&picture=retention").status_code == 200


def test_funnels_and_alerts_are_had_as_tables_with_nobodys_name(
    lived: Clinic, manager: TestClient
) -> None:
    page = manager.get(f"/sites/{lived.site}?weeks=4").text
    for name in ("reach", "surveys", "levels", "times", "acknowledge", "close", "close_service"):
        assert f'href="/sites/{lived.site}?weeks=4&amp;table={name}" download' in page
        table = manager.get(f"/sites/{lived.site}?weeks=4&table={name}")
        assert f'filename="{name.replace("_", "-")}.csv"' in table.headers["content-disposition"]
        rows = list(csv.reader(StringIO(table.content.decode("utf-8-sig"))))
        assert len({len(row) for row in rows}) == 1
        assert not any(each in table.text for each in ("Ann", "Bea", "Cora", "Dot"))
    surveys = manager.get(f"/sites/{lived.site}?table=surveys").content.decode("utf-8-sig")
    assert surveys.splitlines()[1:3] == [
        "Due,7,100 %,",
        'Sent,5,71 %,"1 never asked: no contact, stopped, or too late"',
    ]


def test_what_the_journal_says_stands_on_the_run_charts(lived: Clinic, manager: TestClient) -> None:
    with lived.begin(lived.charge) as tx:
        new = NewEntry(date(2026, 10, 7), EntryKind.TRAINING, "Front desk trained")
        improvement.write(tx, lived.site, new)
    page = manager.get(f"/sites/{lived.site}").text
    assert "7 October 2026: Front desk trained" in page
    assert 'class="note"' in page


def test_whoever_reads_spanish_has_the_whole_page_in_it(lived: Clinic, clock: VirtualClock) -> None:
    with lived.begin() as tx:
        new = NewStaff(lived.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, lived.site, Role.MANAGER)
    with at_desk(lived, clock, luz) as client:
        page = client.get(f"/sites/{lived.site}").text
        equity = client.get(f"/sites/{lived.site}/equity").text
        english = client.get(f"/sites/{lived.site}/tasks").text
    assert '<html lang="es"' in page
    assert '<main id="main" lang="es"' in page
    assert "Una vez no había nadie de guardia" in page
    assert "del 28 de septiembre de 2026 al 19 de octubre de 2026" in page
    assert ">Centro</a>" in page  # the navigation
    assert ">Salir<" in page
    assert "No consta" in equity or "Inglés" in equity
    assert '<main id="main" lang="en"' in english  # a page that is English says so
    assert '<html lang="es"' in english


def test_another_site_is_not_found(clinic: Clinic, manager: TestClient, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    for page in ("", "/equity", "/lost/not_sent"):
        assert manager.get(f"/sites/{other.site}{page}").status_code == 404


def test_without_signing_in_nothing_is_shown(clinic: Clinic) -> None:
    with browser(clinic) as client:
        answer = client.get(f"/sites/{clinic.site}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
