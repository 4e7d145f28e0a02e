"""A phone's browser for tests of the patient's pages: opens a link, answers, sends."""

import re
from dataclasses import dataclass, field

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.invitations import service as invitations
from rsm.schedules import service as schedules
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.survey_world import World

BASE = "https://rsm.example.org"
CLINIC = "202-555-0140"
EMERGENCY = "911"


@dataclass
class Browser:
    """A phone's browser with one link open."""

    client: TestClient
    link: str
    pages: list[Response] = field(default_factory=list)

    def get(self, path: str = "") -> Response:
        return self._note(self.client.get(f"{self.link}{path}"))

    def post(self, path: str, **fields: str) -> Response:
        return self._note(self.client.post(f"{self.link}{path}", data=fields))

    def start(self, by: str = "self") -> Response:
        return self.post("/start", by=by)

    def choose(self, page: Response, value: str) -> Response:
        """Answer the question on the page."""
        action, item = asked(page)
        return self._note(self.client.post(action, data={item: value}))

    def answer_all(self, page: Response, **values: str) -> Response:
        """Answer each question that comes, 0 unless told; ends on the page to check."""
        for _ in range(40):
            if "/review" in str(page.url):
                return page
            _, item = asked(page)
            page = self.choose(page, values.get(item.replace(".", "_").replace("-", "__"), "0"))
        raise AssertionError("the survey does not end")

    def _note(self, page: Response) -> Response:
        self.pages.append(page)
        return page


def asked(page: Response) -> tuple[str, str]:
    """Where the question's form posts to, and the item that it asks for."""
    action = re.search(r'<form method="post" action="([^"]+)">', page.text)
    item = re.search(r'type="radio" name="([^"]+)"', page.text)
    item = item or re.search(r'<input id="first" name="([^"]+)"', page.text)  # a number
    assert action is not None, page.text
    assert item is not None, page.text
    return action[1], item[1]


def browser_of(db: Database, link: str) -> Browser:
    client = TestClient(
        create_app(Services(db, BASE)), base_url=BASE, raise_server_exceptions=False
    )
    return Browser(client, link)


def rows(owner: Engine, query: str) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def shows_whom_to_call(page: Response) -> bool:
    return CLINIC in page.text and EMERGENCY in page.text


def first_link(world: World, worker_db: Database) -> str:
    """Send the invitation that is due: the path of the link in its text."""
    outbound.open_due(worker_db)
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        return invitations.url(tx, survey.id, 1, "")
