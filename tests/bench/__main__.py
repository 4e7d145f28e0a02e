"""`python -m tests.bench [PART…]`: measure, print a table, keep it in `var/bench/COMMIT.json`."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from rsm.kernel.clock import SystemClock
from tests.bench import delivery, handoff, replay, rules, starts, submit
from tests.bench.figures import Figure, save, table
from tests.bench.servers import make_floor_tables
from tests.bench.ward import Ward, open_ward

_ROOT = Path(__file__).parents[2]
# In this order: a worker of one part must not find another's messages.
# The last one fills the tables with a year of surveys.
PARTS = ("rules", "starts", "delivery", "handoff", "submit", "replay")
_SPARE = 10


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    started = perf_counter()
    chosen = [part for part in PARTS if not wanted or part in wanted]
    figures: list[Figure] = []
    listing = ""
    needed = {"delivery": delivery.MESSAGES, "handoff": handoff.NEEDED, "submit": submit.NEEDED}
    with open_ward(_SPARE + sum(needed.get(part, 0) for part in chosen)) as ward:
        make_floor_tables(ward)
        for part in chosen:
            sys.stderr.write(f"… {part}\n")
            found, counted = _measure(part, ward)
            figures += found
            listing += counted
    about = _about() | {"seconds": round(perf_counter() - started), "statements": listing}
    path = _ROOT / "var" / "bench" / f"{about['commit']}.json"
    save(path, about, figures)
    kept = f"load at the end: {about['load']}; kept in {path.relative_to(_ROOT)}"
    sys.stdout.write("\n\n".join(filter(None, (table(figures), listing, kept))) + "\n")
    return 0


def _measure(part: str, ward: Ward) -> tuple[list[Figure], str]:
    match part:
        case "rules":
            return rules.measure(), ""
        case "starts":
            return starts.measure(ward), ""
        case "delivery":
            return delivery.measure(ward), ""
        case "handoff":
            return handoff.measure(ward), ""
        case "replay":
            return replay.measure(ward), ""
        case _:
            return submit.measure(ward)


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
