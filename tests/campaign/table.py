"""The table for operators: `python -m tests.campaign.table` writes deploy/faults.md.

From the result of a run on some machine (`python -m tests.campaign FILE`), by default the one that
is kept here, and nothing that the run did not measure.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.campaign.harness import Result

_HERE = Path(__file__).parent
KEPT = _HERE / "measured.json"
PAGE = _HERE.parents[1] / "deploy" / "faults.md"
_COLUMNS = ("fault", "method", "what people noticed", "how long", "what was lost")


def read(file: Path) -> tuple[dict[str, str], list[Result]]:
    """On what it was measured, and the lines."""
    told = json.loads(file.read_text())
    return told["machine"], [Result(**each) for each in told["results"]]


def page(machine: dict[str, str], results: Sequence[Result]) -> str:
    """The whole page."""
    return f"""# What happens when something breaks

A busy little clinic (one web process, two workers, an SMS provider, patients who answer and nurses
who take alerts) was put under each of these faults. Afterwards the provider's log, the database and
the audit chain were asked: every message once or accounted for, no answer thanked for and missing,
no open alert without a next step, the chain whole. `make soak` does it again and ends with this
table. What stands here was measured on {machine["on"]}, fault by fault:
{machine["what"]}. Seconds are what they were there, and no promise.

{table(results)}

- *Pressed again*: a page said that it did not work, or did not come, and somebody pressed once
  more. Nobody was thanked before it was stored.
- *In doubt*: nobody knows whether a text arrived. It is not sent again: after ten minutes a person
  is asked to reach the patient.
- *Past a lease*: whoever claims a message has it for 30 s; so much longer it lay until another
  looked after it.

## Not tried

{_not_tried(results)}
"""


def table(results: Sequence[Result]) -> str:
    """The faults that were tried."""
    tried = [
        (each.name, each.method, _noticed(each), _how_long(each), _lost(each))
        for each in results
        if not each.not_tried
    ]
    return "\n".join(map(_line, (_COLUMNS, ["---"] * len(_COLUMNS), *tried)))


def _noticed(result: Result) -> str:
    people = f"{result.troubled} of {result.patients} patients" if result.troubled else "nobody"
    words = f"{people} pressed again; longest wait {result.longest_wait:.0f} s"
    if not result.troubled:
        words = f"nothing; longest wait for a page {result.longest_wait:.1f} s"
    texts = "1 text" if result.unsure == 1 else f"{result.unsure} texts"
    return f"{words}; {texts} in doubt" if result.unsure else words


def _how_long(result: Result) -> str:
    words = f"{result.seconds:.0f} s"
    if result.deaths:
        words += f", {result.deaths} {'death' if result.deaths == 1 else 'deaths'}"
    words += f"; in order {result.settled_in:.0f} s later"
    if result.past_lease > 0:
        words += f"; longest past a lease {result.past_lease:.1f} s"
    return f"{words}; {result.remark}" if result.remark else words


def _lost(result: Result) -> str:
    return "; ".join(result.lost) or "nothing"


def _not_tried(results: Sequence[Result]) -> str:
    here = [
        f"- {each.name}: {each.not_tried} ({each.method})" for each in results if each.not_tried
    ]
    return "\n".join([*here, *NEVER_TRIED])


NEVER_TRIED = (
    "- Failover to an asynchronous standby. What the primary thanked for at last may be",
    "  missing there: RSM notices (nothing is sent until the provider's list was read) and cannot",
    "  bring an answer back. Use a synchronous one.",
    "- A former primary that comes back and takes writes beside the promoted one: see README.md.",
    "- Power cuts of a whole machine, disks that lie about fsync, bits that flip: PostgreSQL's",
    "  checksums and backups are for those.",
    "- A host's clock that steps while a process runs: each process had its wrong clock from the",
    "  start. (Steps of the database's clock are tried on a virtual clock in `make test`.)",
    "- A process that is frozen for minutes in the middle of a transaction (a paused machine). The",
    "  server ends its transaction after 60 s, so that others get its rows: that much is tried in",
    "  `make test`.",
)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def main(file: Path = KEPT) -> None:
    machine, results = read(file)
    PAGE.write_text(page(machine, results))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
