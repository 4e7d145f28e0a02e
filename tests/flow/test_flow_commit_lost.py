"""The connection is lost in the middle of COMMIT: stored or not, nobody is thanked for nothing, and
who presses again is thanked once (P3, P16)."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import Engine, make_url, text

from rsm.db.work import Database
from rsm.flow import publish
from rsm.instruments.library import find
from tests.campaign.proxy import Cut, Proxy
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.conftest import MONDAY_NINE
from tests.processes import Installation, installation, wait_for

SEVERE = {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}


@pytest.fixture
def proxy(lazy_url: str) -> Iterator[Proxy]:
    url = make_url(lazy_url)
    folder = url.query.get("host")
    target = f"{folder}/.s.PGSQL.5432" if folder else (url.host or "", url.port or 5432)
    made = Proxy(target)
    yield made
    made.close()


@pytest.fixture
def house(web_db: Database, lazy_url: str, proxy: Proxy) -> Iterator[Installation]:
    """One patient was asked; the pages reach the database through the proxy."""
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    web_db._clock.advance(timedelta(hours=-1))  # type: ignore[union-attr]  # the test's own clock
    clinic.enrol_patient()
    through = make_url(lazy_url).difference_update_query(["host", "port"])
    through = through.set(host="127.0.0.1", port=proxy.port)
    with installation(through.render_as_string(hide_password=False), manual=True) as made:
        made.sandbox.control.set_clock(MONDAY_NINE, runs=False)
        assert made.fork(["tests.killer", "round", MONDAY_NINE.isoformat()]).wait(60) == 0
        made.fork(["tests.killer", "web", MONDAY_NINE.isoformat()])
        made.await_web()
        yield made


def post(house: Installation, path: str, fields: dict[str, str]) -> tuple[int, str]:
    form = Request(house.url + path, urlencode(fields).encode())  # noqa: S310 - loopback
    try:
        with urlopen(form, timeout=30) as reply:  # noqa: S310 - loopback
            return int(reply.status), str(reply.read().decode())
    except HTTPError as error:
        with error:
            return error.code, str(error.read().decode())


@pytest.mark.parametrize("cut", list(Cut))
def test_p03_a_commit_whose_answer_is_lost(
    house: Installation, proxy: Proxy, owner: Engine, cut: Cut
) -> None:
    def count(query: str) -> int:
        with owner.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    (asked,) = [each for each in house.sandbox.control.log() if each.to == PATIENT_PHONE]
    link = asked.body[asked.body.index("/s/") :].split()[0]
    post(house, f"{link}/start", {"by": "self"})
    for number, item in enumerate(find("weekly-symptoms").items, start=1):
        post(house, f"{link}/q/{number}", {item.code: SEVERE.get(item.code, "0")})
    wishes = [cut]
    proxy.on_commit = lambda: wishes.pop() if wishes else None

    status, page = post(house, f"{link}/review", {"words": ""})
    assert proxy.cuts == [cut]
    assert status == 503, "she is asked to press again, and not thanked"
    stored = "SELECT count(*) FROM response WHERE state = 'final'"
    if cut is Cut.AFTER:  # its page may come before the server has done what nobody waits for
        wait_for(lambda: count(stored) == 1, "the commit")
    assert count(stored) == (cut is Cut.AFTER)

    status, page = post(house, f"{link}/review", {"words": ""})
    assert status == 200
    assert "202-555-0140" in page
    assert count(stored) == 1
    assert count("SELECT count(*) FROM alert") == 1
    told = "SELECT count(*) FROM message WHERE alert_id IS NOT NULL AND audience = 'staff'"
    assert count(told) == 1
