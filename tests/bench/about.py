"""Of what, when and on what a run of the benchmark was."""

import os
import platform
import subprocess
from pathlib import Path

from rsm.kernel.clock import SystemClock

ROOT = Path(__file__).parents[2]


def about() -> dict[str, object]:
    """Commit, time and machine."""
    return {
        "commit": _git("rev-parse", "--short=12", "HEAD") or "unknown",
        "changed": bool(_git("status", "--porcelain", "--", "rsm", "integrations")),
        "at": SystemClock().now().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def place(told: dict[str, object]) -> Path:
    """The file in which this run is kept."""
    return ROOT / "var" / "bench" / f"{told['commit']}.json"


def _git(*arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={ROOT}", *arguments]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip()
