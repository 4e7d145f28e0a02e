"""A browser at the clinic, signed in as one of its people: pages are read, forms are posted."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from uuid import UUID

from fastapi.testclient import TestClient
from httpx2 import Response

from rsm.db.work import NOWHERE
from rsm.kernel.clock import VirtualClock
from rsm.security import invitations, second_factor, staff
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.clinic import Clinic
from tests.security_world import PASSWORD, Person

BASE = "https://rsm.example.org"
NOTHING: Mapping[str, object] = MappingProxyType({})


@contextmanager
def browser(clinic: Clinic) -> Iterator[TestClient]:
    """A browser in which nobody is signed in."""
    app = create_app(Services(clinic.db, BASE))
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client


@contextmanager
def at_desk(clinic: Clinic, clock: VirtualClock, who: UUID) -> Iterator[TestClient]:
    """A browser in which this member of staff is signed in fully."""
    with browser(clinic) as client:
        client.cookies.set("__Host-rsm", _person(clinic, clock, who).log_in())
        yield client


def _person(clinic: Clinic, clock: VirtualClock, who: UUID) -> Person:
    with clinic.begin() as tx:
        view = staff.get(tx, who)
        invitations.set_password(tx, who, PASSWORD)
        person = Person(clinic.db, clock, who, view.email, second_factor.begin(tx, who).secret)
    code = person.code()
    with clinic.db.begin(NOWHERE) as tx:
        assert second_factor.confirm(tx, who, code) is not None
    return person


def csrf_of(page: Response) -> str:
    """The token of the page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def submit(
    client: TestClient,
    page: str,
    action: str = "",
    fields: Mapping[str, object] = NOTHING,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
) -> Response:
    """Post a form of the page at `page`, with its token."""
    shown = client.get(page)
    assert shown.status_code == 200, shown.text
    data = {"csrf": csrf_of(shown), **fields}
    sent: Response = client.post(action or page, data=data, files=files)
    return sent
