"""The world of the benchmarks: a durable server, a clinic, patients with half a year behind them.

Each patient's survey is open and answered in full, so that only its sending is left to do. A third
of them say that their pain is severe. The patients live where it is noon: no hour is quiet.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, create_engine, make_url, text

from rsm.bootstrap import Addresses, bring_up_to_date, open_database
from rsm.db import embedded
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import Database
from rsm.flow import answer
from rsm.instruments.library import find
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import SystemClock
from rsm.kernel.words import Audience, Channel
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security.keyring import parse_keys
from rsm.sites import service as sites
from rsm.sites.senders import SenderSettings
from tests.bench import enrolling
from tests.bench.history import (
    ANSWER_OTHERWISE,
    ANSWER_THEM_ALL,
    LIVE_THROUGH_IT,
    QUIET,
    ROLLED_UP,
)
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic, tell_each_by_itself
from tests.processes import KEYS_TEXT

WEEKS = 26
ITEMS = [item.code for item in find("weekly-symptoms").items]
SEVERE = {"pain.severity": 3}  # urgent
BREATHLESS = {"shortness-of-breath.severity": 4}  # an emergency


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

    def take_alerting(self, count: int) -> list[Survey]:
        """As `take`, but all of them urgent."""
        taken = self.take(count)
        self.say(taken, SEVERE)
        return [replace(each, alerts=True) for each in taken]

    def say(self, surveys: Sequence[Survey], grades: Mapping[str, int]) -> None:
        """Change these answers of surveys that were not sent yet."""
        given = {item: {"status": "answered", "value": grade} for item, grade in grades.items()}
        ids = [each.occurrence for each in surveys]
        self.run(ANSWER_OTHERWISE, answers=json.dumps(given), surveys=ids)

    def quiet(self) -> None:
        """No open alert, nothing due, nobody told within the last hour: the next part begins."""
        for statement in QUIET:
            self.run(statement)

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
            _open_surveys(ward, worker)
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
    db = open_database(web_url, parse_keys(KEYS_TEXT), "bench build")
    clinic = build_clinic(db)
    with clinic.begin() as tx:  # what is measured is us, not a carrier's rate
        rate = SenderSettings(per_second=10_000)
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, PATIENT_SENDER, rate)
        tell_each_by_itself(tx, clinic.site)
    db.close()
    enrolling.enrol(web_url, clinic, patients, SystemClock().now())
    return clinic


def _open_surveys(ward: Ward, worker_url: str) -> None:
    enrolling.open_surveys(worker_url)
    ward.clinic.db = ward.web
    found = ward.rows("SELECT patient_id, id FROM occurrence ORDER BY id")
    paths = _answer(ward, [UUID(str(occurrence)) for _, occurrence in found])
    for number, (patient, occurrence) in enumerate(found):
        id_ = UUID(str(occurrence))
        ward.surveys.append(Survey(UUID(str(patient)), id_, paths[id_], alerts=number % 3 == 0))
    ward.say([each for each in ward.surveys if each.alerts], SEVERE)
    for statement in LIVE_THROUGH_IT:
        ward.run(statement, **({"weeks": WEEKS} if ":weeks" in statement else {}))
    ward.run(ROLLED_UP)
    ward.run("ANALYZE")


def _answer(ward: Ward, surveys: Sequence[UUID]) -> dict[UUID, str]:
    """Begin and save the first as the pages do, the others by copy; the paths of their links."""
    by = Author()
    with ward.clinic.begin() as tx:
        begun = answer.start(tx, surveys[0], by)
        responses.save(tx, schedules.occurrence(tx, begun.id), answers(severe=False), by)
        links = invitations.urls(tx, {(each, 1) for each in surveys}, "")
    for statement in ANSWER_THEM_ALL:
        ward.run(statement)
    return {survey: path for (survey, _), path in links.items()}


def answers(*, severe: bool) -> Answers:
    """Everything mild; pain severe if so."""
    mild = dict.fromkeys(ITEMS, answered(1))
    return mild | {"pain.severity": answered(3)} if severe else mild
