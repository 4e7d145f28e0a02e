"""The report on simulated months as a file in a browser: readable, accessible, nothing fetched."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from rsm.cli import simulate_folder as folders
from rsm.metrics.simulated import BrokenPromise, Result
from rsm.web.pages import render_alone
from rsm.web.simulated_compare import compared_view
from tests.browser.chromium import DESK, PHONE, Window
from tests.simulated_samples import busy, result_of, run_of

pytestmark = pytest.mark.browser
BROKEN = BrokenPromise(
    promise="P2",
    what="a patient got one message twice",
    at=datetime(2026, 1, 9, tzinfo=UTC),
    story="stories/P2-1.toml",
)
WORST = result_of(
    sites=2, runs=(run_of(busy(), broken=[BROKEN]), run_of(busy(5), "1-2", whole=False))
)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("result", [result_of(), WORST], ids=["whole", "worst"])
def test_the_report_is_read_on_any_screen(
    chromium: Browser, tmp_path: Path, result: Result, size: ViewportSize
) -> None:
    folders.write(tmp_path, result, {})
    look_at(chromium, tmp_path / "index.html", size)


def test_a_comparison_is_read_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    before, after = (result_of(*((str(n), busy(n + more)) for n in range(5))) for more in (1, 2))
    page = render_alone("reports/simulated.html", compared_view(before, after), *folders.STYLES)
    file = tmp_path / "compared.html"
    folders.save(file, page)
    look_at(chromium, file, PHONE)


def look_at(chromium: Browser, file: Path, size: ViewportSize) -> None:
    context = chromium.new_context(viewport=size)
    window = Window(context, context.new_page(), file.parent.as_uri(), file.parent)
    window.open(file.as_uri())
    for summary in window.page.get_by_text("The figures").all():
        summary.click()
    window.look(file.stem)
    window.is_clean()
    context.close()
