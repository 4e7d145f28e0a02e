"""The demo's months: a clinic, its patients, three months until now, and what a visitor needs.

Each site's months are `rsm.simulate.months`; they are made in one go. Whoever calls writes
`LogBook` down when they are whole; without it they are made anew, in a fresh database.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rsm.metrics import rollup
from rsm.simulate import clinic, habits, run
from rsm.simulate.clinic import Clinic
from rsm.simulate.months import SEED, Doors, Part, Play, seal_all
from rsm.simulate.people import Months
from rsm.simulate.post import PastText
from rsm.simulate.progress import Progress


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
class Made:
    """The months: who can sign in, and what stands on the phones."""

    log_book: LogBook
    texts: tuple[PastText, ...]


@dataclass(frozen=True)
class Order:
    """What is to be made: until when, how much, and under which address."""

    end: datetime
    public_url: str
    size: Size = field(default_factory=Size)

    @property
    def begin(self) -> datetime:
        """The midnight (UTC) at which the months begin."""
        return datetime.combine((self.end - timedelta(days=self.size.days)).date(), time(0), UTC)


def make(doors: Doors, order: Order, play: Play, progress: Progress) -> Made:
    """Let the months pass until the order's end; `doors.clock` stands at their beginning.

    `play` lets each site's months pass, side by side or one after the other: it comes to the same.
    """
    progress.at(0.0, "sites, staff, rosters")
    built = clinic.build(doors.web, clinic.BLUEPRINTS[: order.size.sites])
    texts = play(_parts(built, order), progress)
    doors.clock.set(order.end)
    clinic.settle_for_visitors(doors.web, built)
    seal_all(doors.worker)
    rollup.roll_up_all(doors.worker)
    progress.at(1.0, "done")
    in_order = sorted((one for each in texts for one in each), key=lambda one: one.at)
    return Made(_log_book(built), tuple(in_order))


def _parts(built: Clinic, order: Order) -> list[Part]:
    months = Months(order.begin.date(), order.size.days)
    cast = run.cast(built.sites, order.size.patients, SEED, habits.shipped(), months)
    return [
        Part(
            site=site,
            pins=built.pins,
            people=tuple(cast.people[site.blueprint.tag]),
            begin=order.begin,
            end=order.end,
            public_url=order.public_url,
            staged=place == 0,
        )
        for place, site in enumerate(built.sites)
    ]


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
