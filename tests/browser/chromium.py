"""Chromium for the browser tests: how it starts, and a window that watches over its page.

A window collects whatever should not be: an error in the console (a breach of the content policy
is one), a fault of a script, a file that was not found, a request to another host, a page of
status 500 and above. `look` holds the page against axe, in light and dark.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

# The one without windows first: it takes a fifth less of the machine.
NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1366, height=768)
NARROW = 320  # WCAG 1.4.10: no sideways scrolling of the page down to this width
_LISTS = {"resultTypes": ["violations"], "preload": False}  # only sounds that play would need it
_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], **_LISTS}
_PATIENCE_MS = 60_000  # for a slow machine: nothing waits for so long when all is well
_SCRIPT = "text/javascript"
_NOT_OURS = "Failed to load resource"  # the console's word on a status: `_response` judges it
_TAB_STOPS = 40
_UNTOUCHED = "typeof __pwClock === 'undefined'"  # what `page.clock` leaves behind for good


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The machine's Chromium, else Playwright's own, without a window; a fresh profile each."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    no_sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, headless=True, args=["--disable-dev-shm-usage", *no_sandbox]
        )
        yield browser
        browser.close()


@dataclass
class Windows:
    """A browser's windows. To open one takes half a second of the machine, to empty one next to
    nothing: a page in which nothing was tampered with serves the next test, which finds neither
    cookie nor storage nor cache, and an origin that was never visited."""

    browser: Browser
    _empty: dict[tuple[bool, bool], list[Page]] = field(default_factory=dict)

    def open(self, *, desk: bool, script: bool) -> Page:
        """An empty page, at a desk or on a phone."""
        if empty := self._empty.get((desk, script)):
            return empty.pop()
        context = self.browser.new_context(
            viewport=DESK if desk else PHONE,
            has_touch=not desk,
            is_mobile=not desk,
            java_script_enabled=script,
            locale="en-US",
        )
        return context.new_page()

    def take_back(self, window: "Window", *, desk: bool) -> None:
        """Emptied, or closed where that cannot be: its clock was the test's, for one."""
        context, page = window.context, window.page
        try:
            window.leave()
            is_as_it_was = context.pages == [page] and page.evaluate(_UNTOUCHED)
        except Error:  # the page is gone, or would not leave
            is_as_it_was = False
        if not is_as_it_was:
            context.close()
            return
        context.set_offline(False)
        page.unroute_all()
        page.emulate_media(media="null", color_scheme="light")
        page.set_viewport_size(DESK if desk else PHONE)
        context.clear_cookies()
        storage = context.new_cdp_session(page)
        storage.send("Network.clearBrowserCache")
        storage.send("Storage.clearDataForOrigin", {"origin": window.origin, "storageTypes": "all"})
        storage.detach()
        self._empty.setdefault((desk, window.script), []).append(page)


@dataclass
class Window:
    """One browser of one person, with one page open."""

    context: BrowserContext
    page: Page
    origin: str
    folder: Path
    script: bool = True  # without, axe cannot run: the pages are the same, and asked elsewhere
    faults: list[str] = field(default_factory=list)
    offline: bool = False  # then lost requests are what the test wants

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_PATIENCE_MS)
        self.page.on("console", self._console)
        self.page.on("pageerror", self._fault)
        self.context.on("request", self._request)
        self.context.on("response", self._response)

    def leave(self) -> None:
        """Its page belongs to nobody: it shows nothing, and nobody watches over it."""
        self.page.remove_listener("console", self._console)
        self.page.remove_listener("pageerror", self._fault)
        self.context.remove_listener("request", self._request)
        self.context.remove_listener("response", self._response)
        if self.script:
            self.page.evaluate("sessionStorage.clear()")
        self.page.goto("about:blank")

    # --- hands ---------------------------------------------------------------------------------

    def open(self, url: str) -> None:
        self.page.goto(url if "://" in url else f"{self.origin}{url}")

    def without_our_script(self) -> None:
        """As with JavaScript off, but for axe, which is script itself."""
        self.page.route("**/*.js*", lambda route: route.fulfill(body="", content_type=_SCRIPT))

    def listens(self) -> None:
        """Wait until the page's script has run: what stands on a page may be there before that, and
        a key is then heard by nobody, a button does what it does without script."""
        self.page.wait_for_load_state("domcontentloaded")

    def press(self, name: str, *, exact: bool = True) -> None:
        """Press the button or follow the link of this name."""
        self.listens()
        found = self.page.get_by_role("button", name=name, exact=exact)
        found.or_(self.page.get_by_role("link", name=name, exact=exact)).first.click()

    def fill(self, label: str, text: str) -> None:
        self.listens()
        self.page.get_by_label(label).first.fill(text)

    def key(self, name: str) -> None:
        """Press a key of the page's own."""
        self.listens()
        self.page.keyboard.press(name)

    def tab_to(self, wanted: Locator) -> None:
        """Go to it as somebody without a mouse does."""
        self.listens()
        for _ in range(_TAB_STOPS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {wanted}")

    # --- eyes ----------------------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        """Each text stands on the page, once it has come."""
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def look(self, name: str) -> None:
        """Ask axe in light and dark, and see that nothing runs off the side.

        With PICTURES=1 in the environment a picture of each is left in the test's folder.
        """
        self.page.wait_for_load_state()  # half a page has neither its landmarks nor its colours
        self._shoot(name)
        self._ask_axe(name, _LISTS)
        self.page.emulate_media(color_scheme="dark")
        self._shoot(f"{name}-dark")
        self._ask_axe(f"{name} (dark)", _COLOURS)
        self.page.emulate_media(color_scheme="light")
        self._fits(name)

    def _shoot(self, name: str) -> None:
        if "PICTURES" not in os.environ:
            return
        self.page.screenshot(
            path=self.folder / f"{name}.png", full_page=True, animations="disabled"
        )

    def _ask_axe(self, name: str, options: Mapping[str, object]) -> None:
        if not self.script:
            return
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(Axe().axe_script)
        found = AxeResults(self.page.evaluate("options => axe.run(document, options)", options))
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"

    def _fits(self, name: str) -> None:
        size = self.page.viewport_size
        assert size is not None
        for width in (size["width"], NARROW):
            self.page.set_viewport_size({"width": width, "height": size["height"]})
            over = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert over <= 0, f"{name}: {over} px wider than a window of {width} px"
        self.page.set_viewport_size(size)

    def is_clean(self) -> None:
        """Nothing happened that should not."""
        assert self.faults == []

    # --- what the page does behind our back ----------------------------------------------------

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_NOT_OURS):
            self.faults.append(f"console: {message.text}")

    def _fault(self, error: Error) -> None:
        self.faults.append(f"script: {error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.origin}/"):
            self.faults.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        is_page = response.request.resource_type in {"document", "fetch"}
        if response.status >= (500 if is_page else 400) and not self.offline:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")
