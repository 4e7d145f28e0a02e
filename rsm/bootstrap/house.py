"""A house: its settings, keys and database; its web process and its worker, with their adapters."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from socket import gethostname
from threading import Event, Thread
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, create_engine, make_url

from rsm.bootstrap import adapters, demo
from rsm.db import address, embedded
from rsm.db.migrate import disposed, ensure_database, migrate
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import Database, make_engine
from rsm.kernel.clock import Clock, SystemClock
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import Ids, SystemIds
from rsm.security.keyring import parse_keys
from rsm.security.ring import ensure_secret, open_ring
from rsm.settings import Settings

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

    from rsm.worker.services import WorkerServices

_TABLES = (
    "rsm.db.tables",
    "rsm.security.tables",
    "rsm.sites.tables",
    "rsm.sites.rota.tables",
    "rsm.instruments.tables",
    "rsm.patients.tables",
    "rsm.messaging.tables",
    "rsm.messaging.conversation_tables",
    "rsm.tasks.tables",
    "rsm.schedules.tables",
    "rsm.invitations.tables",
    "rsm.responses.tables",
    "rsm.scoring.tables",
    "rsm.alerts.tables",
    "rsm.escalation.tables",
    "rsm.metrics.tables",
    "rsm.improvement.foresight_tables",
    "rsm.improvement.tables",
    "rsm.reports.tables",
    "rsm.reports.export_tables",
    "rsm.reports.archive_tables",
    "rsm.collaborative.tables",
)
_DATABASE = "rsm"
_KEYS_FILE = "secret.keys"


def metadata() -> MetaData:
    """The tables of all rooms: what migrations must lead to."""
    from rsm.db.base import Base

    for module in _TABLES:
        import_module(module)
    return Base.metadata


def read_keys(settings: Settings) -> dict[str, bytes]:
    """The key ring of this installation; refuses to go on without one."""
    if settings.secret_keys is None:
        raise Invalid(Problem("RSM_SECRET_KEYS", "is not set", "make one with `rsm keys new`"))
    return parse_keys(settings.secret_keys.get_secret_value())


def own_keys(data_dir: Path, ids: Ids) -> str:
    """The demo's key ring: drawn at its first start and kept beside its database."""
    from rsm.security.ring import new_keys

    kept = data_dir / _KEYS_FILE
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(new_keys(ids))
    return kept.read_text().strip()


@dataclass(frozen=True, repr=False)
class Addresses:
    """The database as its three roles reach it. Only those who migrate have the owner's."""

    owner: str | None
    web: str
    worker: str


@contextmanager
def find_database(settings: Settings, keys: Mapping[str, bytes]) -> Iterator[Addresses]:
    """The database of these settings; the embedded server lives as long as the block."""
    if settings.database_url is None:
        with embedded.start(settings.data_dir) as running:
            ensure_database(running.url, _DATABASE)
            owner = make_url(running.url).set(database=_DATABASE)
            yield _addresses(settings, owner.render_as_string(hide_password=False), keys)
    else:
        yield _addresses(settings, _driver(settings.database_url.get_secret_value()), keys)


def _addresses(settings: Settings, base: str, keys: Mapping[str, bytes]) -> Addresses:
    owner, worker = settings.migrate_database_url, settings.worker_database_url
    return Addresses(
        owner=_driver(owner.get_secret_value()) if owner else base,
        web=url_as(base, WEB, keys) if worker is None else base,
        worker=_driver(worker.get_secret_value()) if worker else url_as(base, WORKER, keys),
    )


def _driver(url: str) -> str:
    named = address.read(url).set(drivername="postgresql+psycopg")
    return named.render_as_string(hide_password=False)


def bring_up_to_date(addresses: Addresses, keys: Mapping[str, bytes]) -> None:
    """Roles, migrations, the secret: idempotent, and safe for any number at once."""
    if addresses.owner is None:
        raise Invalid(Problem("RSM_MIGRATE_DATABASE_URL", "is not set"))
    engine = create_engine(addresses.owner, hide_parameters=True)
    with disposed(engine):
        migrate(engine, metadata(), keys)
        with engine.begin() as connection:
            ensure_secret(connection, keys, SystemIds())


def open_database(
    url: str,
    keys: Mapping[str, bytes],
    name: str,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Database:
    """One role's door, with the vault of this installation."""
    metadata()  # every table known before the first statement
    engine = make_engine(url, name=name)
    ids = ids or SystemIds()
    try:
        with engine.connect() as connection:
            vault = open_ring(connection, keys, ids)
    except Exception:
        engine.dispose()
        raise
    return Database(engine, ids, vault, clock)


@dataclass(frozen=True, repr=False)
class House:
    """What a process needs to run: settings, keys, and the doors to the database."""

    settings: Settings
    keys: Mapping[str, bytes]
    addresses: Addresses
    web: Database
    worker: Database


@contextmanager
def open_house(settings: Settings, *, update: bool = False) -> Iterator[House]:
    """Open everything below the network; `update` migrates first."""
    keys = read_keys(settings)
    with ExitStack() as stack:
        addresses = stack.enter_context(find_database(settings, keys))
        if update:
            bring_up_to_date(addresses, keys)
        web = open_database(addresses.web, keys, "rsm web")
        stack.callback(web.close)
        worker = open_database(addresses.worker, keys, "rsm worker")
        stack.callback(worker.close)
        yield House(settings, keys, addresses, web, worker)


def web_app(house: House, *extra: "APIRouter") -> "FastAPI":
    """The web process of this house. `extra` are routers of the demo."""
    from integrations.twilio.callbacks import TwilioCallbacks
    from integrations.twilio.hooks import SignatureCheck
    from rsm.web.app import create_app
    from rsm.web.services import Services

    settings = house.settings
    token = settings.twilio_auth_token
    services = Services(
        db=house.web,
        public_url=settings.public_url,
        signature=SignatureCheck(token.get_secret_value(), settings.public_url) if token else None,
        callbacks=TwilioCallbacks() if token else None,
        mail_hook=adapters.mail_hook(settings),
        extra=(*extra, *demo.phones_page(settings)),
    )
    return create_app(services)


def worker_services(house: House, name: str) -> "WorkerServices":
    """The flow joined with its adapters. Raises `Invalid` when there is nobody to send by."""
    from rsm import __version__
    from rsm.flow import history, holds
    from rsm.flow.deliver import DeliveryConfig, deliver_due
    from rsm.flow.reconcile import recheck_silent, reconcile_due
    from rsm.flow.redact import redact_due
    from rsm.flow.reports_due import reports_due
    from rsm.messaging.model import Lane
    from rsm.worker.foreseeing import Foreseeing
    from rsm.worker.keepsake import LifelineFile
    from rsm.worker.lanes import looked_into
    from rsm.worker.services import WorkerServices

    settings, db = house.settings, house.worker
    sender, record = adapters.senders(settings), adapters.twilio_record(settings)
    keepsake, foreseeing = LifelineFile(settings.data_dir), Foreseeing(db)
    source = history.Source(record, record, settings.public_url)
    config = DeliveryConfig(public_url=settings.public_url)
    sizes = {Lane.SURVEY: config.batch_size()}  # whoever waits for help waits for no large batch
    host, _, port = settings.metrics_bind.rpartition(":")
    return WorkerServices(
        db=db,
        deliver=lambda lane: deliver_due(db, sender, looked_into(lane), config, sizes.get(lane)),
        reconcile=lambda: reconcile_due(db, sender, config),
        recheck=lambda: recheck_silent(db, sender),
        lifeline=lambda: holds.beat(db, keepsake),
        read_back=lambda: history.reconcile_hold(db, source),
        compare=lambda: history.reconcile_day(db, source),
        redact=lambda: redact_due(db, record),
        reports=lambda: reports_due(db, adapters.report_desk),
        foresee=foreseeing.look,
        let_go=foreseeing.close,
        name=name,
        release=__version__,
        switch=adapters.switch(settings),
        host_clock=SystemClock(),
        metrics_at=(host, int(port)),
    )


def take_mail_report(house: House, raw: bytes) -> bool:
    """A delivery report or complaint that a mail server hands in; False if it is on none of ours.

    Raises `Invalid` for what is no report.
    """
    from integrations.email.bounces import MailReports
    from rsm.flow import bounces

    return bounces.receive(house.web, MailReports().read(raw))


def run_worker(house: House, stop: Event) -> None:
    """Work until `stop` is set. The process is known by its host and the port of its metrics."""
    from rsm.worker.main import run

    name = f"worker {gethostname()} {house.settings.metrics_bind}"
    run(worker_services(house, name), stop)


def run_worker_until_told(house: House) -> None:
    """Work until SIGTERM or Ctrl-C."""
    stop = Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    run_worker(house, stop)


@contextmanager
def worker_beside(house: House) -> Iterator[None]:
    """A worker in a thread of this process, for `rsm up`; it finishes before the block is left."""
    stop = Event()
    thread = Thread(target=run_worker, args=(house, stop), name="worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
