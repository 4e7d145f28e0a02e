"""Cold starts, memory at rest, and the bytes of the patient's first page."""

import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep
from urllib.request import urlopen

from tests.bench.figures import Figure
from tests.bench.servers import floor_command, installed, plain, resident, workers
from tests.bench.ward import Ward
from tests.processes import Installation, answers, end, free_port

ABOUT = "Cold starts, memory at rest, and all that a phone loads for a patient's first page."
REPEATS = 3
_PREVIEW = "rsm.cli schedule preview weekly --zone America/New_York --from 2026-10-19"
_SETTLED = 3.0  # seconds until memory is read
_ASSETS = re.compile(r'<(?:link|script)[^>]+(?:href|src)="([^"]+\.(?:css|js)[^"]*)"')


def measure(ward: Ward) -> list[Figure]:
    """A command, the web process, the worker, a page."""
    ward.run("UPDATE message SET state = 'accepted' WHERE state = 'queued'")
    with installed(ward, manual=True) as made:
        figures = [_command(), *_web(made), *_workers(ward, made)]
        return [*figures, *_first_page(made, ward)]


def _command() -> Figure:
    ours = [_seconds([sys.executable, "-m", *_PREVIEW.split()]) for _ in range(REPEATS)]
    bare = [_seconds([sys.executable, "-c", "pass"]) for _ in range(REPEATS)]
    note = "floor: python -c pass"
    return Figure("rsm schedule preview", "ms", tuple(ours), tuple(bare), note)


def _seconds(command: list[str]) -> float:
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (perf_counter() - started) * 1000


def _web(made: Installation) -> list[Figure]:
    ours = [_start(made, ["rsm.cli", "web"], made.port) for _ in range(REPEATS)]
    port = free_port()
    bare = [_start(made, floor_command(port), port) for _ in range(REPEATS)]
    return [
        Figure(
            name, unit, tuple(one[which] for one in ours), tuple(one[which] for one in bare), note
        )
        for which, (name, unit, note) in enumerate(
            (
                ("rsm web, start to first /readyz", "ms", "floor: bare FastAPI and uvicorn"),
                ("rsm web, memory at rest (RSS)", "MB", "floor: bare FastAPI and uvicorn"),
            )
        )
    ]


def _start(made: Installation, command: list[str], port: int) -> tuple[float, float]:
    """Milliseconds to the first /readyz, and megabytes a while later."""
    url = f"http://127.0.0.1:{port}/readyz"
    started = perf_counter()
    process = made.start(command, BENCH_URL=plain(made.owner_url))
    while not answers(url):
        if perf_counter() - started > 60:
            raise TimeoutError("a server does not answer")
        sleep(0.01)
    took = (perf_counter() - started) * 1000
    sleep(_SETTLED)
    held = resident(process.pid)
    end(process)
    return took, held


def _workers(ward: Ward, made: Installation) -> list[Figure]:
    """Until it hears what others commit; its floor is the web process's."""
    taken, held = [], []
    for _ in range(REPEATS):
        started = perf_counter()
        with workers(made, ward, 1) as (process,):
            taken.append((perf_counter() - started) * 1000)
            sleep(_SETTLED)
            held.append(resident(process.pid))
    return [
        Figure("rsm worker, start to first LISTEN", "ms", tuple(taken)),
        Figure("rsm worker, memory at rest (RSS)", "MB", tuple(held)),
    ]


def _first_page(made: Installation, ward: Ward) -> list[Figure]:
    """What a phone loads for the start page of a link, uncompressed as we send it."""
    path = ward.surveys[-1].path
    process = made.start_web()
    page = _get(f"{made.url}{path}")
    assets = sorted(set(_ASSETS.findall(page.decode())))
    sizes = {asset: len(_get(f"{made.url}{asset}")) for asset in assets}
    end(process)
    parts = ", ".join(f"{Path(asset).name} {size:,}" for asset, size in sizes.items())
    total = len(page) + sum(sizes.values())
    return [
        Figure("first page, all bytes", "B", (total,), note=f"page {len(page):,}, {parts}"),
        Figure("first page, requests", "n", (1 + len(assets),)),
    ]


def _get(url: str) -> bytes:
    with urlopen(url, timeout=10) as reply:  # noqa: S310 - loopback
        body: bytes = reply.read()
    return body
