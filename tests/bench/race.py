"""Processes of `tests.bench.courier`, started together and timed together."""

import subprocess
import sys
from dataclasses import dataclass

from tests.processes import Installation


@dataclass(frozen=True)
class Race:
    """How much was done, and how long it took from the first's start to the last's end."""

    done: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.done / self.seconds


def race(made: Installation, command: list[str], processes: int, **others: str) -> Race:
    """`command` is the courier's: what it does, and by how many threads."""
    whole = [sys.executable, "-m", "tests.bench.courier", *command]
    pipe = subprocess.PIPE
    running = []
    for number in range(processes):
        which = {"BENCH_NUMBER": str(number), "BENCH_OF": str(processes)}
        environment = made.environment(**others, **which)
        running.append(subprocess.Popen(whole, stdin=pipe, stdout=pipe, text=True, env=environment))
    for process in running:
        if process.stdout is None or process.stdout.readline().strip() != "READY":
            raise RuntimeError("a courier did not start")
    for process in running:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.flush()
    told = [process.communicate(timeout=300)[0].split() for process in running]
    done = sum(int(each[0]) for each in told)
    return Race(done, max(float(each[2]) for each in told) - min(float(each[1]) for each in told))
