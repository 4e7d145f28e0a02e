"""`python -m tests.bench [PART…]`: measure, print a table, keep it in `var/bench/COMMIT.json`.

However it ends (Ctrl-C, a part that fails, a full disk): what was measured by then is printed and
kept, and says what is missing.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

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
from tests.bench.about import ROOT, about, place
from tests.bench.figures import Figure, table
from tests.bench.servers import LOG, make_floor_tables
from tests.bench.ward import Ward, open_ward

Found = tuple[list[Figure], str]  # and a list of statements, where they were counted
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
    try:
        with open_ward(_patients(chosen)) as ward:
            make_floor_tables(ward)
            for part in chosen:
                sys.stderr.write(f"… {part}, {perf_counter() - started:.0f} s\n")
                found[part] = _measure(part, ward)
    finally:
        if found:
            _tell(chosen, found, round(perf_counter() - started))
    return 0


def _tell(chosen: Sequence[str], found: Mapping[str, Found], seconds: int) -> None:
    """Printed first: no disk is needed for that."""
    figures = [figure for each, _ in found.values() for figure in each]
    listing = "".join(counted for _, counted in found.values())
    missing = [part for part in chosen if part not in found]
    told = about() | {"seconds": seconds, "statements": listing, "missing": missing}
    path = place(told)
    parts = [f"{part.upper()}. {PARTS[part]}\n\n{table(each)}" for part, (each, _) in found.items()]
    partial = f"PARTIAL. It ended early; not measured: {', '.join(missing)}." if missing else ""
    changes = kept.changes(path, figures)
    said = filter(None, (_HOW_TO_READ, *parts, listing, changes, partial))
    sys.stdout.write("\n\n".join(said) + "\n\n")
    kept.save(path, told, figures)
    sys.stdout.write(_end(told, path) + "\n")


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


def _end(told: Mapping[str, object], path: Path) -> str:
    where = path.relative_to(ROOT)
    return f"{told['seconds']} s in all; load at the end: {told['load']}; kept in {where}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
