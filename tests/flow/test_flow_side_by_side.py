"""Two workers and two web processes over one database give the result of one of each (P16).

The processes are a hospital's own (`rsm web`, `rsm worker`) on the real clock; the patients live
where it is noon, so that no hour is quiet.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import Engine, text

from rsm.db.roles import WEB, url_as
from rsm.db.work import Database, make_engine
from rsm.flow import publish
from rsm.instruments.library import find
from rsm.kernel.clock import SystemClock, VirtualClock
from rsm.kernel.ids import SystemIds
from rsm.kernel.vault import Vault
from tests.clinic import NURSE_PHONE, Clinic, build_clinic, tell_each_by_itself
from tests.conftest import KEYS
from tests.processes import Installation, answers, installation, wait_for

PATIENTS = [f"+12025550{number}" for number in range(150, 156)]
SEVERE = {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}


def zone_where_it_is_noon(now: datetime) -> str:
    """A zone whose clock shows 12 (so that an hour ago and from now are in its day)."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.fixture
def clinic(owner_url: str, vault: Vault) -> Iterator[Clinic]:
    """A clinic whose patients' surveys came due half an hour ago."""
    now = SystemClock().now()
    zone = zone_where_it_is_noon(now)
    opened = now - timedelta(minutes=30)
    clock = VirtualClock(now - timedelta(hours=1))
    db = Database(make_engine(url_as(owner_url, WEB, KEYS)), SystemIds(), vault, clock)
    made = build_clinic(db)
    with made.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
        tell_each_by_itself(tx, made.site)
    local = opened.astimezone(UTC) + timedelta(hours=12 - now.hour)
    for number, phone in enumerate(PATIENTS):
        made.enrol_patient(
            name=f"Patient {number}",
            phone=phone,
            zone=zone,
            weekday=local.weekday(),
            local_time=local.time().replace(second=0, microsecond=0),
            consent_on=now.date() - timedelta(days=1),
        )
    yield made
    db.close()


@pytest.fixture
def house(clinic: Clinic, owner_url: str) -> Iterator[Installation]:
    with installation(owner_url) as made:
        yield made


def answer_all(base: str, link: str) -> bool:
    """The survey of `link` through one of the web processes."""
    post(f"{base}{link}/start", {"by": "self"})
    for number, item in enumerate(find("weekly-symptoms").items, start=1):
        post(f"{base}{link}/q/{number}", {item.code: SEVERE.get(item.code, "0")})
    return "202-555-0140" in post(f"{base}{link}/review", {"words": ""})


def post(url: str, fields: dict[str, str]) -> str:
    with urlopen(Request(url, urlencode(fields).encode()), timeout=30) as reply:  # noqa: S310
        return str(reply.read().decode())


def test_two_workers_and_two_web_processes(
    house: Installation, clinic: Clinic, owner: Engine
) -> None:
    other = f"http://127.0.0.1:{house.another_port()}"
    house.start_web()
    house.start(["rsm.cli", "web"], RSM_BIND=other.removeprefix("http://"))
    for _ in range(2):
        house.start(["rsm.cli", "worker"])
    wait_for(lambda: answers(f"{other}/readyz"), "the other web process")
    control = house.sandbox.control

    def texts(number: str) -> list[str]:
        return [each.body for each in control.log() if each.to == number]

    wait_for(lambda: all(texts(phone) for phone in PATIENTS), "a text to every patient")
    for number, phone in enumerate(PATIENTS):
        (body,) = texts(phone)
        found = re.search(r"(/s/\S+)", body)
        assert found is not None
        assert answer_all((house.url, other)[number % 2], found.group(1))
    wait_for(lambda: len(texts(NURSE_PHONE)) == len(PATIENTS), "every alert to the nurse")

    def settled() -> bool:
        with owner.connect() as connection:
            open_ones = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending')"
            return bool(connection.execute(text(open_ones)).scalar_one() == 0)

    wait_for(settled, "an empty outbox")
    assert all(len(texts(phone)) == 1 for phone in PATIENTS)
    assert len(texts(NURSE_PHONE)) == len(PATIENTS)
    callbacks = [each.callback_url for each in control.log()]
    assert len(callbacks) == len(set(callbacks))
