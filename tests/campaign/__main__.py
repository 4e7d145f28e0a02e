"""The fault campaign: `python -m tests.campaign [FILE [FAULT…]]`; about 25 minutes on two cores.

Runs each fault of the catalogue (or those named), writes FILE (var/campaign.json unless given)
after each, and ends with the table. Exit 1 when anything was lost, 2 for a fault that there is not.
"""

import json
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.campaign import catalogue, harness, table
from tests.campaign.faults import Fault, Ready
from tests.campaign.harness import Result

_FILE = Path(__file__).parents[2] / "var" / "campaign.json"


def main(arguments: Sequence[str]) -> int:
    known = [kind.__name__ for kind in catalogue.FAULTS]
    if unknown := set(arguments[1:]) - set(known):
        sys.stderr.write(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing of ours goes on
    file = Path(arguments[0]) if arguments else _FILE
    file.parent.mkdir(exist_ok=True)
    results: list[Result] = []
    with harness.ready() as given:
        for kind in catalogue.FAULTS:
            if arguments[1:] and kind.__name__ not in arguments[1:]:
                continue
            sys.stderr.write(f"{kind.name} …\n")
            results.append(_run(kind(), given, file.parent / "campaign"))
            _write(file, results)
    sys.stdout.write(table.table(results) + "\n")
    return 1 if any(each.lost for each in results) else 0


def _run(fault: Fault, given: Ready, logs: Path) -> Result:
    """What breaks one fault's run is told in its line, and the others go on."""
    try:
        return harness.run(fault, given, logs)
    except Exception as error:  # noqa: BLE001 - as above
        told = f"the run broke: {type(error).__name__}: {error}"
        return Result(fault.name, fault.method, lost=[told])


def _write(file: Path, results: Sequence[Result]) -> None:
    machine = {
        "on": time.strftime("%d %B %Y"),
        "what": f"{os.cpu_count()} cores, {platform.system()}, one fault after another",
    }
    told = {"machine": machine, "results": [each.as_json() for each in results]}
    file.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
