"""The page of monthly reports: which there are, to whom they open, and how one gets them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database, Scope
from rsm.flow.reports_due import Desk, reports_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role, SurveyState
from rsm.metrics import rollup
from rsm.reports import service as reports
from rsm.reports.model import Month, Wanted, Wish
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.web import pdf, reports_month
from rsm.web.reports_file import MonthWriter
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import Rows, enrol_and_survey, raise_alerts
from tests.web_desk import at_desk, browser, submit

OCTOBER = Month(date(2026, 10, 1))
NOVEMBER_2 = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
NAMES = ("Ann", "Bea", "Cora", "Dot", "Maria")


@pytest.fixture
def clinic(web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock) -> Clinic:
    """The hand clinic (`tests.hand_clinic`) on 2 November. Of October: 4 due, 1 completed (Ann's on
    the 5th), 2 not answered, 1 not sent; 4 alerts of which 1 was closed within 48 hours."""
    clinic = build_clinic(web_db)
    rows = Rows(owner, clinic.site, SeededIds("monthly"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    clock.advance(NOVEMBER_2 - clock.now())
    rollup.roll_up_all(worker_db)
    return clinic


@pytest.fixture
def desk(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def here(clinic: Clinic, more: str = "") -> str:
    return f"/sites/{clinic.site}/reports{more}"


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_months_open_as_pages_and_as_files(
    clinic: Clinic, desk: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sign-in for all that only reads."""
    the_months_that_are_over_stand_there_newest_first(clinic, desk)
    a_month_opens_in_the_sites_language_with_figures_worked_out_by_hand(clinic, desk)
    a_month_without_data_says_so(clinic, desk)
    a_month_that_is_not_over_or_none_is_not_found(clinic, desk)
    it_is_kept_as_one_html_file_or_as_pdf(clinic, desk)
    without_pango_the_page_says_so_and_the_html_goes_on(clinic, desk, monkeypatch)


def the_months_that_are_over_stand_there_newest_first(clinic: Clinic, desk: TestClient) -> None:
    page = desk.get(here(clinic))
    assert page.status_code == 200
    said = words(page.text)
    assert re.search(r"October 2026 4 Open.* not sent September 2026 3 Open.* not sent", said)
    assert "August 2026" not in said
    assert "November 2026" not in said  # it is not over
    assert "Nobody gets it yet." in said


def a_month_opens_in_the_sites_language_with_figures_worked_out_by_hand(
    clinic: Clinic, desk: TestClient
) -> None:
    page = desk.get(here(clinic, "/2026-10"))
    said = words(page.text)
    assert '<html lang="en"' in page.text
    assert "Patients with a survey due: 3." in said
    assert "25 % of the surveys due are finished." in said
    assert "Most is lost before the first question: 2 surveys." in said
    assert "1 of 4 alerts were closed within 48 hours." in said
    assert "Of 3 people: fewer than 10." in said
    assert "<style" not in page.text  # the page fetches our sheets: the policy allows no others
    spanish = desk.get(here(clinic, "/2026-10?language=es&funders=yes"))
    assert "Se completa el 25 % de las encuestas previstas." in words(spanish.text)
    assert "Para financiadores" in words(spanish.text)
    for shown in (page.text, spanish.text):
        assert not [name for name in NAMES if name in shown]


def a_month_without_data_says_so(clinic: Clinic, desk: TestClient) -> None:
    said = words(desk.get(here(clinic, "/2025-12")).text)
    assert "No survey was due in this month." in said
    assert "empty for that reason" in said


def a_month_that_is_not_over_or_none_is_not_found(clinic: Clinic, desk: TestClient) -> None:
    for month in ("2026-11", "2027-01", "2026-13", "nonsense", "2026-10-01", "0001-01", "1969-12"):
        assert desk.get(here(clinic, f"/{month}")).status_code == 404


def it_is_kept_as_one_html_file_or_as_pdf(clinic: Clinic, desk: TestClient) -> None:
    page = desk.get(here(clinic, "/2026-10/file?as=html"))
    assert page.headers["content-disposition"] == 'attachment; filename="report-2026-10.html"'
    assert "<style>" in page.text
    assert not re.findall(r'(?:src|href)="(?!data:,|#)', page.text)
    made = desk.get(here(clinic, "/2026-10/file?as=pdf&funders=yes"))
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-")
    assert desk.get(here(clinic, "/2026-10/file?as=docx")).status_code == 404
    funders = desk.get(here(clinic, "/2026-10/file?as=html&funders=yes"))  # it is to be passed on
    assert "one person could be recognised" in words(funders.text)
    assert "1 of 4 alerts" not in words(funders.text)
    assert "1 of 4 alerts" in words(page.text)


def without_pango_the_page_says_so_and_the_html_goes_on(
    clinic: Clinic, desk: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise OSError("no library")

    pdf._printer.cache_clear()
    monkeypatch.setattr(pdf, "import_module", missing)
    assert "PDF files cannot be made here" in words(desk.get(here(clinic)).text)
    refused = desk.get(here(clinic, "/2026-10/file?as=pdf"))
    assert refused.status_code == 409
    assert "apt-get install libpango-1.0-0" in words(refused.text)
    assert desk.get(here(clinic, "/2026-10")).status_code == 200


def test_she_gets_it_changes_her_mind_and_gets_no_more(clinic: Clinic, desk: TestClient) -> None:
    done = submit(desk, here(clinic), here(clinic, "/mine"), {"day": "3", "language": "es"})
    assert done.status_code == 303
    said = words(desk.get(done.headers["location"]).text)
    assert "You get the report from now on." in said
    assert "You get it on day 3 of each month, in Spanish." in said
    refused = submit(desk, here(clinic), here(clinic, "/mine"), {"day": "31", "language": "fr"})
    assert refused.status_code == 422
    assert "1 to 10" in words(refused.text)
    submit(desk, here(clinic), here(clinic, "/mine/stop"))
    with clinic.begin() as tx:
        assert reports.of_reader(tx, clinic.site, clinic.charge) is None
    wrong = submit(desk, here(clinic), here(clinic, "/mine"), {"day": "\N{SUPERSCRIPT TWO}"})
    assert wrong.status_code == 422


def test_what_was_sent_stays_and_the_page_says_when_figures_have_changed(
    clinic: Clinic, desk: TestClient, worker_db: Database, owner: Engine
) -> None:
    sent = _send(clinic, worker_db, owner)
    assert "Figures have changed" not in words(desk.get(here(clinic, "/2026-10")).text)
    rows, who = Rows(owner, clinic.site, SeededIds("late")), _anybody(owner)
    rows.survey(who, 3, SurveyState.COMPLETED, started_at=NOVEMBER_2)  # typed in from paper
    rollup.roll_up_all(worker_db)
    said = words(desk.get(here(clinic, "/2026-10")).text)
    assert "Figures have changed since (2026-11-02)." in said
    assert "40 % of the surveys due are finished." in said
    (link,) = re.findall(r'href="([^"]+/sent/[^"]+)"', desk.get(here(clinic)).text)
    held = desk.get(link)
    assert held.text == sent
    assert "one person could be recognised" in words(held.text)  # of three people: it left
    another_site_and_whoever_is_not_signed_in_find_nothing(clinic, desk)


def another_site_and_whoever_is_not_signed_in_find_nothing(
    clinic: Clinic, desk: TestClient
) -> None:
    numbers = ("+12025550170", "+12025550171")
    other = build_clinic(clinic.db, name="Hillside Clinic", numbers=numbers)
    assert desk.get(here(other)).status_code == 404
    assert desk.get(here(other, "/2026-10")).status_code == 404
    (link,) = re.findall(r'/sent/([^"]+)"', desk.get(here(clinic)).text)
    assert desk.get(here(other, f"/sent/{link}")).status_code == 404
    with browser(clinic) as nobody:
        assert nobody.get(here(clinic, "/2026-10")).status_code == 303


def test_the_page_is_in_the_readers_language_and_each_reading_is_on_record(
    clinic: Clinic, clock: VirtualClock, owner: Engine
) -> None:
    new = NewStaff(clinic.organisation, "luz@example.org", "Luz Vega", language="es")
    with clinic.begin() as tx:
        who = staff.create(tx, new)
        staff.grant(tx, who, clinic.site, Role.MANAGER)
    with at_desk(clinic, clock, who) as desk:
        said = words(desk.get(here(clinic)).text)
        assert "Informes mensuales" in said
        assert "Octubre de 2026" in said
        desk.get(here(clinic, "/2026-10"))
    with owner.connect() as connection:
        query = text("SELECT facts FROM audit_event WHERE action = 'report.read'")
        assert list(connection.scalars(query)) == [{"month": "2026-10", "form": "page"}]


def _send(clinic: Clinic, worker: Database, owner: Engine) -> str:
    """October's report to the manager, who asked in September; returns the file, which is HTML."""

    class NoPrinter:
        def pdf(self, html: str) -> bytes | None:
            return None

    with clinic.begin(clinic.charge) as tx:
        reports.subscribe(tx, clinic.site, clinic.charge, Wish(1, "en"))
    with owner.begin() as connection:
        connection.execute(text("UPDATE report_subscription SET since = '2026-09-30'"))
    with worker.begin(Scope.site(clinic.site)) as tx:
        html = reports_month.made(tx, Wanted(clinic.site, OCTOBER, "en", leaves=True)).html
    assert reports_due(worker, lambda: Desk(MonthWriter(), NoPrinter())) == 1
    return html


def _anybody(owner: Engine) -> UUID:
    """One of those who were asked."""
    query = text("SELECT patient_id FROM occurrence WHERE NOT is_test AND state = 'missed' LIMIT 1")
    with owner.connect() as connection:
        return UUID(str(connection.execute(query).scalar_one()))
