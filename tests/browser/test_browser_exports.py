"""What a manager takes out of her site, in a browser: an export, which stands in the list, the
monthly report; then all of it in Spanish on a phone. One house and one sign-in for all.
"""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.browser.chromium import PHONE, Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in

pytestmark = pytest.mark.browser


def test_the_manager_takes_data_and_reports_out_of_her_site(
    window: Opener, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # swept by the test's clock
    patient = house.clinic.enrol_patient()
    house.goes_to(date(2026, 10, 19))
    house.report(patient, pain__frequency=1, pain__severity=1)
    desk = window(desk=True)
    sign_in(desk, house.person(house.clinic.charge))
    she_makes_an_export_and_downloads_it(desk, house)
    she_reads_a_month_and_gets_the_next_ones(desk, house)
    with house.clinic.begin() as tx:
        tx.session.execute(text("UPDATE staff_account SET language = 'es'"))
    desk.page.set_viewport_size(PHONE)
    desk.open(f"/sites/{house.clinic.site}/exports?count=yes")
    desk.sees("Lo que sale de este centro como datos", "Lo que esto no sabe", "Salud conductual")
    desk.look("exports-es")


def she_makes_an_export_and_downloads_it(desk: Window, house: House) -> None:
    desk.open(f"/sites/{house.clinic.site}/exports")
    desk.heading("What leaves this site as data")
    desk.page.locator("#f-to").fill(house.clock.now().date().isoformat())
    desk.press("Make and download")
    desk.sees("Nothing was exported yet", "name whom it is for")
    desk.look("exports-wrong")
    desk.page.locator("#f-project").fill("Registry")
    with desk.page.expect_download() as made:
        desk.press("Make and download")
    with zipfile.ZipFile(made.value.path()) as archive:
        assert "answers.csv" in archive.namelist()
    desk.open(f"/sites/{house.clinic.site}/exports")
    desk.sees("pseudonymised", "For Registry")
    desk.look("exports")


def she_reads_a_month_and_gets_the_next_ones(desk: Window, house: House) -> None:
    desk.open(f"/sites/{house.clinic.site}/reports")
    desk.heading("Monthly reports")
    desk.press("Send it to me")
    desk.sees("You get the report from now on.")
    desk.look("reports")
    desk.open(f"/sites/{house.clinic.site}/reports/2026-09")
    desk.heading("No survey was due in this month.")
    desk.look("report-empty")
