"""The demo's months: a clinic, its patients, three months until now, and what a visitor needs.

The months are made in one go. Whoever calls writes `LogBook` down when they are whole; without it
they are made anew, in a fresh database.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rsm.db.work import EVERYWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import Ids
from rsm.security.audit import seal
from rsm.simulate import clinic, habits, run
from rsm.simulate.clinic import Clinic
from rsm.simulate.people import Months
from rsm.simulate.post import PastText, Post
from rsm.simulate.progress import Progress
from rsm.simulate.scene import Scene
from rsm.simulate.world import World


class LogIn(BaseModel):
    """How a visitor signs in as one of the staff; `secret` is of her authenticator app."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    job: str
    site: str
    email: str
    phone: str
    secret: str


class LogBook(BaseModel):
    """What stands beside the demo's database once its months are whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password: str
    site: str
    zone: str
    log_ins: tuple[LogIn, ...]


_LOG_BOOK = "demo.json"


def read_log_book(data_dir: Path) -> LogBook | None:
    """The log book of a demo whose months are whole; None where there is none."""
    kept = data_dir / _LOG_BOOK
    return LogBook.model_validate_json(kept.read_text(encoding="utf-8")) if kept.exists() else None


def write_log_book(data_dir: Path, book: LogBook) -> None:
    """The months are whole: written at once or not at all, for its owner's eyes."""
    fresh = data_dir / f"{_LOG_BOOK}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(book.model_dump_json(indent=1), encoding="utf-8")
    fresh.replace(data_dir / _LOG_BOOK)


@dataclass(frozen=True)
class Size:
    """How many patients for how many days, at how many of the sites."""

    patients: int = 150
    days: int = 91
    sites: int = len(clinic.BLUEPRINTS)


@dataclass(frozen=True)
class Doors:
    """The database's doors of web and worker, both on `clock`, drawing from `ids`."""

    web: Database
    worker: Database
    clock: VirtualClock
    ids: Ids = field(repr=False)


@dataclass(frozen=True)
class Made:
    """The months: who can sign in, and what stands on the phones."""

    log_book: LogBook
    texts: tuple[PastText, ...]


def begin_of(end: datetime, size: Size) -> datetime:
    """The midnight (UTC) at which the months begin that end at `end`."""
    return datetime.combine((end - timedelta(days=size.days)).date(), time(0), UTC)


def make(doors: Doors, end: datetime, size: Size, public_url: str, progress: Progress) -> Made:
    """Let the months pass until `end`; `doors.clock` stands at their beginning."""
    book = habits.shipped()
    months = Months(doors.clock.now().date(), size.days)
    progress.at(0.0, "sites, staff, rosters")
    built = clinic.build(doors.web, clinic.BLUEPRINTS[: size.sites])
    cast = run.cast(built.sites, size.patients, "demo", book, months)
    post = Post(doors.clock, doors.ids, cast.unreachable)
    world = World(doors.web, doors.worker, doors.clock, post, public_url, "demo")
    patients = run.enter(world, cast, book, months, end)
    Scene(world, patients, built.sites[0], end).stage()
    run.run_until(world, end, progress)
    clinic.settle_for_visitors(doors.web, built)
    _seal(doors.worker)
    return Made(_log_book(built), tuple(post.texts))


def _seal(db: Database) -> None:
    """Chain the months' audit trail, batch after batch."""
    while True:
        with db.begin(EVERYWHERE) as tx:
            if not seal(tx):
                return


def _log_book(built: Clinic) -> LogBook:
    workers = [built.administrator, *(one for site in built.sites for one in site.workers)]
    first = built.sites[0].blueprint
    return LogBook(
        password=clinic.PASSWORD,
        site=first.name,
        zone=first.zone,
        log_ins=tuple(
            LogIn(
                name=one.name,
                job=one.job,
                site=one.site,
                email=one.email,
                phone=one.phone,
                secret=one.secret,
            )
            for one in workers
        ),
    )
