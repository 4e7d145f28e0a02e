"""`python -m tests.bench [PART…]`: measure, print a table, keep it in `var/bench/COMMIT.json`."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from rsm.kernel.clock import SystemClock
from tests.bench import (
    delivery,
    desk,
    handoff,
    kept,
    phone,
    replay,
    rollups,
    rules,
    starts,
    storm,
    submit,
)
from tests.bench.figures import Figure, table
from tests.bench.servers import LOG, make_floor_tables
from tests.bench.ward import Ward, open_ward

Found = tuple[list[Figure], str]  # and a list of statements, where they were counted
_ROOT = Path(__file__).parents[2]
# In this order: a worker of one part must not find another's messages.
# The last ones fill the tables with a year of surveys.
PARTS: Mapping[str, str] = {
    "rules": rules.ABOUT,
    "starts": starts.ABOUT,
    "delivery": delivery.ABOUT,
    "phone": phone.ABOUT,
    "handoff": handoff.ABOUT,
    "storm": storm.ABOUT,
    "submit": submit.ABOUT,
    "desk": desk.ABOUT,
    "replay": replay.ABOUT,
    "rollups": rollups.ABOUT,
}
_SPARE = 10
_HOW_TO_READ = """\
Each line: what it is, the median of n repeats, and beside it the floor, the barest program that
does the same, measured in the same minutes; ratio: ours as a multiple of the floor's; spread: half
the range of the repeats. p50: half of all are no longer; p99: 99 of 100 are no longer."""


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    started = perf_counter()
    chosen = [part for part in PARTS if not wanted or part in wanted]
    found: dict[str, Found] = {}
    LOG.unlink(missing_ok=True)
    sys.stderr.write("… building the clinic and its patients\n")
    with open_ward(_patients(chosen)) as ward:
        make_floor_tables(ward)
        for part in chosen:
            sys.stderr.write(f"… {part}\n")
            found[part] = _measure(part, ward)
    figures = [figure for each, _ in found.values() for figure in each]
    listing = "".join(counted for _, counted in found.values())
    about = _about() | {"seconds": round(perf_counter() - started), "statements": listing}
    path = _ROOT / "var" / "bench" / f"{about['commit']}.json"
    kept.save(path, about, figures)
    parts = [f"{part.upper()}. {PARTS[part]}\n\n{table(each)}" for part, (each, _) in found.items()]
    changes = kept.changes(path, figures)
    said = filter(None, (_HOW_TO_READ, *parts, listing, changes, _end(about, path)))
    sys.stdout.write("\n\n".join(said) + "\n")
    return 0


def _patients(chosen: Sequence[str]) -> int:
    """Surveys are used up but for their invitations, of which delivery needs so many."""
    needed = {
        "phone": phone.NEEDED,
        "handoff": handoff.NEEDED,
        "storm": storm.NEEDED,
        "submit": submit.NEEDED,
        "desk": desk.NEEDED,
    }
    texts = delivery.MESSAGES if "delivery" in chosen else 0
    return max(texts, _SPARE + sum(needed.get(part, 0) for part in chosen))


def _measure(part: str, ward: Ward) -> Found:
    if part == "rules":
        return rules.measure(), ""
    if part == "submit":
        return submit.measure(ward)
    others: Mapping[str, Callable[[Ward], list[Figure]]] = {
        "starts": starts.measure,
        "delivery": delivery.measure,
        "phone": phone.measure,
        "handoff": handoff.measure,
        "storm": storm.measure,
        "desk": desk.measure,
        "replay": replay.measure,
        "rollups": rollups.measure,
    }
    return others[part](ward), ""


def _end(about: Mapping[str, object], path: Path) -> str:
    where = path.relative_to(_ROOT)
    return f"{about['seconds']} s in all; load at the end: {about['load']}; kept in {where}"


def _about() -> dict[str, object]:
    return {
        "commit": _git("rev-parse", "--short=12", "HEAD") or "unknown",
        "changed": bool(_git("status", "--porcelain", "--", "rsm", "integrations")),
        "at": SystemClock().now().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def _git(*arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={_ROOT}", *arguments]
    told = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
