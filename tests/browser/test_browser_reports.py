"""A monthly report in a browser, as a file on any screen; the page: `test_browser_exports`."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from rsm.web.reports_month import file_of, view_of
from tests.browser.chromium import DESK, PHONE, Window
from tests.report_facts import month_facts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "size"), [("en", DESK), ("es", PHONE)], ids=["en", "es"])
def test_a_report_is_read_on_any_screen(
    chromium: Browser, tmp_path: Path, language: str, size: ViewportSize
) -> None:
    file = tmp_path / f"report-{language}.html"
    file.write_text(file_of(view_of(month_facts(language))), encoding="utf-8")
    context = chromium.new_context(viewport=size)
    window = Window(context, context.new_page(), file.parent.as_uri(), file.parent)
    window.open(file.as_uri())
    for summary in window.page.locator("summary").all():
        summary.click()
    window.look(file.stem)
    window.is_clean()
    context.close()
