"""Simulated months may be lost with the machine: their seed makes them again. Nothing else may."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("rsm", "integrations", "deploy", "tests/bench", "tests/campaign")
OFF = re.compile(r"synchronous_commit\W{1,6}off")


def test_only_simulated_months_do_not_wait_for_the_disk() -> None:
    files = [file for each in FOLDERS for file in (ROOT / each).rglob("*") if file.is_file()]
    found = {
        str(file.relative_to(ROOT))
        for file in files
        if file.suffix != ".pyc" and OFF.search(file.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == {"rsm/cli/simulate_scratch.py", "rsm/cli/site_processes.py"}
