"""What a browser test may ask for: a house that is served, and windows of phones and desks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from integrations.twilio.sandbox.control import RunningSandbox, running_sandbox
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from tests.browser.chromium import Window, Windows, running_chromium
from tests.browser.house import House, open_house

Opener = Callable[..., Window]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def windows(chromium: Browser) -> Windows:
    """The windows of this run's worker."""
    return Windows(chromium)


@pytest.fixture(scope="session")
def phones() -> Iterator[RunningSandbox]:
    """The sandbox of this run's worker; callbacks wait until they are asked for."""
    with running_sandbox(manual_callbacks=True) as running:
        yield running


@pytest.fixture
def house(
    web_db: Database, worker_db: Database, clock: VirtualClock, phones: RunningSandbox
) -> Iterator[House]:
    """Lakeside on a Monday at 8:00, an hour before the first survey."""
    phones.control.reset()
    clock.advance(timedelta(hours=-1))
    with open_house(web_db, worker_db, clock, phones) as opened:
        yield opened


@pytest.fixture
def window(windows: Windows, house: House, tmp_path: Path) -> Iterator[Opener]:
    """Opens a browser of its own each time: no cookie, no history. Clean at the end, or it fails.

    `window()` is a phone's, `window(desk=True)` one at a desk.
    """
    opened: list[Window] = []
    with ExitStack() as stack:

        def make(*, desk: bool = False, script: bool = True) -> Window:
            page = windows.open(desk=desk, script=script)
            made = Window(page.context, page, house.url, tmp_path, script)
            stack.callback(windows.take_back, made, desk=desk)
            opened.append(made)
            return made

        yield make
        for each in opened:
            each.is_clean()
