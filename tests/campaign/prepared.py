"""A clinic in a database of a campaign, and its patients: by this release, or by another one.

    python -m tests.campaign.prepared build URL
    python -m tests.campaign.prepared enrol URL CLINIC NUMBER

What is asked of another release runs by the `rsm` that PYTHONPATH names first.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from rsm.bootstrap import metadata
from rsm.db.migrate import disposed, migrate
from rsm.db.roles import WEB, url_as
from rsm.db.work import Database, make_engine
from rsm.flow import publish
from rsm.kernel.clock import Clock, SystemClock, VirtualClock
from rsm.kernel.ids import SystemIds
from rsm.kernel.words import Audience, Channel
from rsm.security.keyring import KeyRing
from rsm.security.tables import RingSecret
from rsm.sites import service as sites
from rsm.sites.senders import SenderSettings
from tests.campaign.residents import AREAS
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic, tell_each_by_itself
from tests.conftest import KEYS, SECRET

_IDS = ("organisation", "site", "team", "nurse", "second", "charge", "administrator")
_FIRST_AREA = 1  # the clinic's own numbers are in the first one


def build(url: str) -> dict[str, str]:
    """Migrate, and found Lakeside; returns its ids."""
    engine = create_engine(url)
    with disposed(engine):
        migrate(engine, metadata(), KEYS)
        with Session(engine) as session, session.begin():
            wrapped = KeyRing(KEYS, b"", SystemIds()).wrap(SECRET, "ring:installation")
            session.add(RingSecret(name="installation", ring_key="test", wrapped=wrapped))
    with door(url) as db:
        clinic = build_clinic(db)
        with clinic.begin() as tx:
            publish.publish_shipped(tx, ("en", "es"))
            tell_each_by_itself(tx, clinic.site)
            sender = (Audience.PATIENT, Channel.SMS, PATIENT_SENDER)
            sites.set_sender(tx, clinic.site, *sender, SenderSettings(per_second=1))
        return {name: str(getattr(clinic, name)) for name in _IDS}


def as_clinic(db: Database, ids: Mapping[str, str]) -> Clinic:
    org, site, team, nurse, second, charge, administrator = (UUID(ids[name]) for name in _IDS)
    return Clinic(db, org, site, team, nurse, second, charge, administrator)


@contextmanager
def door(url: str, clock: Clock | None = None) -> Iterator[Database]:
    """The web role's, at the database's own time unless a clock is given."""
    vault = KeyRing(KEYS, SECRET, SystemIds())
    db = Database(make_engine(url_as(url, WEB, KEYS)), SystemIds(), vault, clock)
    try:
        yield db
    finally:
        db.close()


def enrol(url: str, ids: Mapping[str, str], number: int, first: int = 0) -> None:
    """So many patients from the `first` on, entered an hour ago, whose surveys have just come due.

    The texts leave one a second, as the sender's rate has it.
    """
    now = SystemClock().now()
    zone, ahead = _where_it_is_noon(now)
    due = (now - timedelta(minutes=1)).astimezone(UTC) + ahead
    with door(url, VirtualClock(now - timedelta(hours=1))) as db:
        clinic = as_clinic(db, ids)
        for place in range(first, first + number):
            area, line = divmod(place, 100)
            clinic.enrol_patient(
                name=f"Resident {place}",
                record_number=f"C{place}",
                phone=f"+1{AREAS[_FIRST_AREA + area]}55501{line:02d}",
                zone=zone,
                weekday=due.weekday(),
                local_time=due.time().replace(second=0, microsecond=0),
            )


def _where_it_is_noon(now: datetime) -> tuple[str, timedelta]:
    """A zone whose clock shows 12, so that no hour is quiet, and how far it is ahead of UTC."""
    ahead = 12 - now.hour
    return (f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"), timedelta(hours=ahead)


def main(what: str, url: str, *others: str) -> None:
    if what == "build":
        sys.stdout.write(json.dumps(build(url)))
        return
    ids, number = others
    enrol(url, json.loads(ids), int(number))


if __name__ == "__main__":
    main(*sys.argv[1:])
