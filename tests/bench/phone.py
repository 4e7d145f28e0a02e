"""A patient's first minute on a slow connection: what her phone loads, until the first question.

Chromium as a phone, behind the network that its own tools call slow 3G: 400 ms until anything comes
back, 400 kbit/s. She taps at once: what is measured is the waiting alone.
"""

from time import perf_counter

from playwright.sync_api import Browser, Page

from tests.bench.figures import Figure
from tests.bench.servers import installed
from tests.bench.ward import Survey, Ward
from tests.browser.chromium import PHONE, running_chromium
from tests.processes import Installation, end

ABOUT = """From the link in her text to the first question, in Chromium with 400 ms of latency and
400 kbit/s, nothing in its cache. The floor: as many empty pages of the same server, one after the
other."""
REPEATS = 3
NEEDED = REPEATS
_SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400 * 1000 // 8,
    "uploadThroughput": 400 * 1000 // 8,
}
# She has not begun yet.
_UNBEGUN = (
    """DELETE FROM answer_event WHERE response_id IN
    (SELECT id FROM response WHERE occurrence_id = :survey)""",
    "DELETE FROM response WHERE occurrence_id = :survey",
    "UPDATE occurrence SET state = 'open', started_at = NULL WHERE id = :survey",
)
_PAGES = 2  # the start, the first question


def measure(ward: Ward) -> list[Figure]:
    """Seconds, and what came over the line until then."""
    surveys = ward.take(REPEATS)
    for survey in surveys:
        for statement in _UNBEGUN:
            ward.run(statement, survey=survey.occurrence)
    with installed(ward, manual=True) as made, running_chromium() as chromium:
        web = made.start_web()
        visits = [_Visit(chromium, made).run(survey) for survey in surveys]
        bare = tuple(_Visit(chromium, made).empty() for _ in range(REPEATS))
        end(web)
    note = f"floor: {_PAGES} empty pages"
    shown, asked = zip(*((visit.shown, visit.asked) for visit in visits), strict=True)
    return [
        Figure("slow 3G: link → her first page", "s", shown),
        Figure("slow 3G: link → the first question", "s", asked, bare, note),
        Figure("until the first question, over the line", "B", tuple(v.bytes for v in visits)),
        Figure("until the first question, requests", "n", tuple(v.requests for v in visits)),
    ]


class _Visit:
    """A phone that was never here."""

    def __init__(self, chromium: Browser, made: Installation) -> None:
        self._context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
        self._origin = made.url
        self.bytes = self.requests = 0
        self.shown = self.asked = 0.0

    def run(self, survey: Survey) -> "_Visit":
        """Open the link, begin, see the question."""
        page = self._page()
        started = perf_counter()
        page.goto(f"{self._origin}{survey.path}")
        self.shown = perf_counter() - started
        page.locator("form[action$='/start'] button").first.tap()
        page.locator("#first").wait_for()
        self.asked = perf_counter() - started
        self._context.close()
        return self

    def empty(self) -> float:
        """Pages that say one word."""
        page = self._page()
        started = perf_counter()
        for _ in range(_PAGES):
            page.goto(f"{self._origin}/healthz")
        taken = perf_counter() - started
        self._context.close()
        return taken

    def _page(self) -> Page:
        page = self._context.new_page()
        tools = self._context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", _SLOW)
        tools.on("Network.loadingFinished", self._loaded)
        return page

    def _loaded(self, told: dict[str, float]) -> None:
        self.bytes += int(told["encodedDataLength"])
        self.requests += 1
