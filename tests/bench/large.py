"""`python -m tests.bench.large [ENROLMENTS…]`: planning and the due scans at growing sizes, then
roll-ups of a million responses; `… large rollups [RESPONSES…]`: the roll-ups alone.

It is kept beside what `make bench` measured of the same commit, and what changed is said.

Ten thousand, a hundred thousand and a million enrolments unless told otherwise: each has a plan, an
open survey and a text that waits. Looking for what is due is to cost what is due, and nothing of
what is not. The million takes some minutes to make, and 6 GB of disk.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import ceil
from time import perf_counter
from typing import TypeVar

import psycopg

from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.flow import outbound
from rsm.flow.audit_plans import SHARE
from rsm.kernel.clock import SystemClock, VirtualClock
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from rsm.metrics import promises
from rsm.metrics.promises import Share
from rsm.schedules import timers
from tests.bench import crowd, kept, rollups
from tests.bench.about import about, place
from tests.bench.figures import Figure, table
from tests.bench.servers import plain
from tests.bench.ward import Ward, open_ward

ABOUT = """Looking for what is due, and writing the windows that have come, at so many enrolments.
Of each the plan, an open survey and a waiting text are there; a seventh of the plans falls due
within the day. "nothing due": what workers ask every few seconds."""
SIZES = (10_000, 100_000, 1_000_000)
LEAST = 1_000
ROLLUPS = "rollups"
REPEATS = 9
WINDOWS = 300  # opened for a rate
_BATCH = 200  # what a worker looks up at once
_DAY = timedelta(days=1)
_FLOOR = """SELECT id, patient_id, site_id FROM plan_assignment
    WHERE active AND next_at <= %s AND quarantined_at IS NULL ORDER BY next_at LIMIT %s"""
Looked = TypeVar("Looked")


def main(wanted: Sequence[str]) -> int:
    """Measure at each size in turn; the larger contains the smaller."""
    alone = wanted[:1] == [ROLLUPS]
    try:
        sizes = sorted(map(_size, wanted[alone:]))
    except ValueError as error:
        sys.stderr.write(f"no size: {error}\n")
        return 2
    with open_ward(2) as ward:
        figures = [] if alone else list(_enrolled(ward, sizes or SIZES))
        responses = (alone and sizes) or rollups.LARGE
        sys.stderr.write(f"… {max(responses):,} responses rolled up\n")
        figures += rollups.measure(ward, responses)
    told = about()
    path = place(told)
    kept.save(path, told, figures)
    said = filter(None, (f"LARGE. {ABOUT}", table(figures), kept.changes(path, figures)))
    sys.stdout.write("\n\n".join(said) + "\n")
    return 0


def _size(given: str) -> int:
    """How many there are to be; raises ValueError."""
    if not given.replace("_", "").isdecimal() or int(given) < LEAST:
        raise ValueError(f"`{given}`; whole numbers from {LEAST:,} on")
    return int(given)


def _enrolled(ward: Ward, sizes: Sequence[int]) -> Iterator[Figure]:
    begin, made = _next_monday(), 0
    for size in sizes:
        sys.stderr.write(f"… {size:,} enrolments\n")
        started = perf_counter()
        crowd.add(ward, made + 1, size, begin)
        made = size
        sys.stderr.write(f"  made in {perf_counter() - started:.0f} s\n")
        yield from measure(ward, size, begin)


def _next_monday() -> datetime:
    """A week ahead at least, so that nothing of the ward's own falls due."""
    day = SystemClock().now().date() + timedelta(days=8)
    return datetime.combine(day + timedelta(days=-day.weekday() % 7), time(), UTC)


def measure(ward: Ward, size: int, begin: datetime) -> list[Figure]:
    """The scans at times when nothing, a batch and a day's worth is due; then the planning."""
    name = f"{size:,} enrolments"
    due, before = _opens(ward, _BATCH), begin - timedelta(seconds=1)
    return [
        _plans(ward, f"{name}: plans due, nothing due", before, _BATCH),
        _scan(ward, f"{name}: surveys due, nothing due", before, timers.due_occurrences),
        _scan(ward, f"{name}: texts due, nothing due", before, _texts),
        _plans(ward, f"{name}: plans due, a batch of {_BATCH}", due, _BATCH),
        _plans(ward, f"{name}: plans due, all of a day", begin + _DAY, size),
        _planning(ward, size, name),
        *_audited(ward, size, name, begin),
    ]


def _opens(ward: Ward, count: int) -> datetime:
    """When the so-manieth window to come opens."""
    query = f"SELECT next_at FROM plan_assignment WHERE active ORDER BY next_at OFFSET {count - 1}"
    found = ward.rows(f"{query} LIMIT 1")[0][0]
    if not isinstance(found, datetime):
        raise TypeError("no time")
    return found


@contextmanager
def _worker(ward: Ward, now: datetime) -> Iterator[Database]:
    """The worker's door at that time."""
    yield Database(ward.worker.engine, ward.worker.ids, ward.worker.vault, VirtualClock(now))


def _times(look: Callable[[], int]) -> tuple[tuple[float, ...], int]:
    """Milliseconds of each repeat after the first, and how many rows the last found."""
    found = look()
    taken = []
    for _ in range(REPEATS):
        started = perf_counter()
        found = look()
        taken.append((perf_counter() - started) * 1000)
    return tuple(taken), found


def _scan(
    ward: Ward,
    name: str,
    now: datetime,
    look: Callable[[Tx, int], Sequence[object]],
    most: int = _BATCH,
) -> Figure:
    with _worker(ward, now) as db:

        def once() -> int:
            with db.begin(EVERYWHERE) as tx:
                return len(look(tx, most))

        taken, found = _times(once)
    return Figure(name, "ms", taken, note=f"{found:,} found")


def _texts(tx: Tx, most: int) -> Sequence[object]:
    return messaging.due(tx, list(Lane), most)


def _plans(ward: Ward, name: str, now: datetime, most: int) -> Figure:
    """Beside the same statement by hand, on a connection of its own."""
    ours = _scan(ward, name, now, timers.due_assignments, most)
    with psycopg.connect(plain(ward.url)) as connection:

        def by_hand() -> int:
            found = len(connection.execute(_FLOOR, (now, most)).fetchall())
            connection.commit()
            return found

        bare, found = _times(by_hand)
    return replace(ours, floor=bare, note=f"{found:,} found; floor: the statement by hand")


def _planning(ward: Ward, size: int, name: str) -> Figure:
    """Windows opened a second by one process: each with its link, invitation and audit."""
    before = ward.count("SELECT count(*) FROM occurrence")
    with _worker(ward, _opens(ward, WINDOWS)) as db:
        started = perf_counter()
        outbound.open_due(db)
        taken = perf_counter() - started
    opened = ward.count("SELECT count(*) FROM occurrence") - before
    if opened < WINDOWS:
        raise RuntimeError(f"{opened} of {WINDOWS} windows were opened")
    rate = opened / taken
    note = f"one process; so a day's {size // 7:,} take {size / 7 / rate / 60:,.1f} minutes"
    return Figure(f"{name}: windows opened", "/s", (rate,), note=note)


def _audited(ward: Ward, size: int, name: str, begin: datetime) -> Iterator[Figure]:
    """The auditor's look at plans, each minute: one share of them, so the same at any size."""
    share = Share(0, max(1, ceil(size / SHARE)))
    with _worker(ward, begin) as db, db.begin(EVERYWHERE) as tx:
        started = perf_counter()
        found = sum(1 for _ in promises.plans(tx, (begin - timedelta(days=60)).date(), share))
        taken = perf_counter() - started
    note = f"{found:,} plans, one of {share.of} shares"
    yield Figure(f"{name}: the auditor reads its share of plans", "s", (taken,), note=note)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
