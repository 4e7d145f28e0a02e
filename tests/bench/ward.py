"""The world of the benchmarks: a durable server, a clinic, patients with half a year behind them.

Each patient's survey is open and answered in full, so that only its sending is left to do. A third
of them say that their pain is severe.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, create_engine, make_url, text

from rsm.bootstrap import Addresses, bring_up_to_date, open_database
from rsm.db import embedded
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.instruments.library import find
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import SystemClock, VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security.keyring import parse_keys
from rsm.sites import service as sites
from rsm.sites.senders import SenderSettings
from tests.bench.history import LIVE_THROUGH_IT
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic, tell_each_by_itself
from tests.processes import KEYS_TEXT

WEEKS = 26
ITEMS = [item.code for item in find("weekly-symptoms").items]


@dataclass(frozen=True)
class Survey:
    """An open survey, answered but not sent."""

    patient: UUID
    occurrence: UUID
    path: str  # of its link
    alerts: bool


@dataclass
class Ward:
    """The database (`url` is the owner's), and surveys that are used up one after another."""

    url: str
    owner: Engine
    web: Database
    worker: Database
    clinic: Clinic
    surveys: list[Survey] = field(default_factory=list)

    def take(self, count: int) -> list[Survey]:
        """The next surveys that nobody has sent yet."""
        if len(self.surveys) < count:
            raise ValueError("too few surveys were prepared")
        taken, self.surveys[:count] = self.surveys[:count], []
        return taken

    def run(self, statement: str, **values: object) -> None:
        """SQL of the owner's, whom row-level security does not bind."""
        with self.owner.begin() as connection:
            connection.execute(text(statement), values)

    def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def count(self, query: str) -> int:
        return int(str(self.rows(query)[0][0]))


@contextmanager
def open_ward(patients: int) -> Iterator[Ward]:
    """A ward with so many surveys, on a server of its own with PostgreSQL's own durability."""
    keys = parse_keys(KEYS_TEXT)
    with tempfile.TemporaryDirectory(prefix="rsm-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as another account when we are root
        with embedded.start(Path(folder) / "server") as running:
            url = _make_database(running.url)
            web, worker = url_as(url, WEB, keys), url_as(url, WORKER, keys)
            bring_up_to_date(Addresses(url, web, worker), keys)
            owner = create_engine(url)
            web_db = open_database(web, keys, "bench web")
            worker_db = open_database(worker, keys, "bench worker")
            ward = Ward(url, owner, web_db, worker_db, _clinic(web, patients))
            _open_surveys(ward)
            try:
                yield ward
            finally:
                for engine in (owner, web_db.engine, worker_db.engine):
                    engine.dispose()


def _make_database(server: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE rsm"))
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            if connection.execute(text(f"SHOW {name}")).scalar_one() != "on":
                raise ValueError(f"{name} is off: what is measured would not be durable")
    engine.dispose()
    return make_url(server).set(database="rsm").render_as_string(hide_password=False)


def _clinic(web_url: str, patients: int) -> Clinic:
    """Patients who live where it is noon, so that no hour is quiet; due half an hour ago."""
    now = SystemClock().now()
    clock = VirtualClock(now - timedelta(hours=1))
    db = open_database(web_url, parse_keys(KEYS_TEXT), "bench build", clock)
    clinic = build_clinic(db)
    with clinic.begin() as tx:  # what is measured is us, not a carrier's rate
        rate = SenderSettings(per_second=10_000)
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, PATIENT_SENDER, rate)
        tell_each_by_itself(tx, clinic.site)
    ahead = 12 - now.hour
    wall = (now - timedelta(minutes=30)).astimezone(UTC) + timedelta(hours=ahead)
    for number in range(patients):
        clinic.enrol_patient(
            name=f"Patient {number}",
            phone=f"+120255501{50 + number % 50}",
            zone=f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT",
            weekday=wall.weekday(),
            local_time=wall.time().replace(second=0, microsecond=0),
        )
    db.close()
    return clinic


def _open_surveys(ward: Ward) -> None:
    outbound.open_due(ward.worker)
    while outbound.open_due(ward.worker):
        pass
    ward.clinic.db = ward.web
    found = ward.rows("SELECT patient_id, id FROM occurrence ORDER BY id")
    for number, (patient, occurrence) in enumerate(found):
        alerts = number % 3 == 0
        path = _answer(ward, UUID(str(occurrence)), answers(severe=alerts))
        ward.surveys.append(Survey(UUID(str(patient)), UUID(str(occurrence)), path, alerts))
    for statement in LIVE_THROUGH_IT:
        ward.run(statement, weeks=WEEKS)
    ward.run("ANALYZE")


def answers(*, severe: bool) -> Answers:
    """Everything mild; pain severe if so."""
    mild = dict.fromkeys(ITEMS, answered(1))
    return mild | {"pain.severity": answered(3)} if severe else mild


def _answer(ward: Ward, occurrence: UUID, given: Answers) -> str:
    """Begin and save as the pages do, in one transaction; the path of the link."""
    by = Author()
    with ward.clinic.begin() as tx:
        begun = answer.start(tx, occurrence, by)
        responses.save(tx, schedules.occurrence(tx, begun.id), given, by)
        return invitations.url(tx, occurrence, 1, "")
