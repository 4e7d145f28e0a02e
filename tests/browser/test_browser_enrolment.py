"""A coordinator enters patients: by the form, by a file; what is wrong is told where it is."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in

pytestmark = pytest.mark.browser
GOOD_FILE = (
    "name,record_number,birth_date,phone,status,consent_on,consent_by\n"
    "Ada Park,R2001,1961-02-03,202-555-0151,enrolled,2026-10-01,Ada Park\n"
    "Ivo Lang,R2002,1949-12-24,202-555-0152,enrolled,2026-10-01,Ivo Lang\n"
)


@pytest.fixture
def desk(window: Opener, house: House) -> Window:
    made = window(desk=True)
    sign_in(made, house.person(house.clinic.nurse))
    made.press("Patients")
    made.heading("0 patients")
    return made


def test_a_bad_phone_is_told_at_its_field_and_nothing_is_lost(desk: Window) -> None:
    desk.press("Add a patient")
    desk.look("patient-form")
    desk.fill("Name", "Eleonore Wolfeschlegelsteinhausenbergerdorff")
    desk.page.get_by_label("Record number").last.fill("R3001")
    desk.fill("Birth date", "1957-03-04")
    desk.fill("Mobile phone", "202-555-01")
    desk.page.get_by_label("Status").select_option("Enrolled")
    desk.fill("Consent given on", "2026-10-01")
    desk.fill("Consent given by", "Dana Reyes")
    desk.press("Save")

    phone = desk.page.get_by_label("Mobile phone")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_have_value("202-555-01")
    expect(desk.page.get_by_label("Birth date")).to_have_value("1957-03-04")
    expect(desk.page.get_by_label("Consent given by")).to_have_value("Dana Reyes")
    expect(desk.page.get_by_role("alert")).to_be_focused()
    desk.page.get_by_role("alert").get_by_role("link").first.click()
    expect(phone).to_be_focused()
    desk.look("patient-form-problem")

    phone.fill("202-555-0137")
    desk.press("Save")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Wolfeschlegel")
    desk.sees("Enrolled", "202-555-0137")
    desk.look("patient-new")
    desk.press("Patients")
    desk.look("patients-one")


def test_a_file_with_a_broken_row_changes_nothing_until_it_is_mended(
    desk: Window, tmp_path: Path
) -> None:
    file = tmp_path / "patients.csv"
    desk.press("Import a file")
    desk.page.get_by_text("Columns of the file").first.click()
    desk.look("import")
    file.write_text(GOOD_FILE.replace("202-555-0152", "12"))
    desk.page.get_by_label("CSV").set_input_files(file)
    desk.press("Check it")
    desk.heading("1 of 2 rows cannot be imported, so none is yet")
    expect(desk.page.get_by_role("row", name="Ivo Lang")).to_contain_text("Refused")
    desk.look("import-refused")
    desk.press("Patients")
    desk.heading("0 patients")

    desk.press("Import a file")
    file.write_text(GOOD_FILE)
    desk.page.get_by_label("CSV").set_input_files(file)
    desk.press("Check it")
    desk.heading("All 2 rows can be imported")
    desk.look("import-good")
    desk.press("Import 2 patients")
    desk.heading("2 patients were imported")
    desk.look("imported")
    desk.press("Look at the patients")
    desk.heading("2 patients")
    desk.look("patients")
