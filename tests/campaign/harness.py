"""Runs a busy little clinic under a fault, lets it come to rest, and asks the judges."""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

from rsm.db import address
from tests.campaign import postgres, prepared, verdict
from tests.campaign.faults import Fault, Ground, Ready
from tests.campaign.people import People
from tests.campaign.town import PYTHON, Town
from tests.processes import installation


@dataclass
class Result:
    """One line of the table. Seconds are real ones, on the machine of the run."""

    name: str
    method: str
    not_tried: str = ""  # why
    seconds: float = 0.0  # how long the fault went on
    deaths: int = 0
    remark: str = ""
    patients: int = 0
    thanked: int = 0
    pressed_again: int = 0
    troubled: int = 0
    longest_wait: float = 0.0
    past_lease: float = 0.0
    settled_in: float = 0.0
    unsure: int = 0
    lost: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@contextmanager
def ready() -> Iterator[Ready]:
    """A clinic by this release, in a server that is stopped."""
    with folder() as place:
        server = postgres.make(place, fsync="off")
        with postgres.running(server):
            postgres.make_database(server)
            ids = prepared.build(server.url)
            server.stop()
        yield Ready(server, ids)


@contextmanager
def folder() -> Iterator[Path]:
    """One that the account of PostgreSQL can reach."""
    with tempfile.TemporaryDirectory(prefix="rsm-campaign-", ignore_cleanup_errors=True) as place:
        yield postgres.open_folder(Path(place))


def run(fault: Fault, given: Ready, keep: Path | None = None) -> Result:
    """Everything that this fault does to a clinic of its own. `keep`: where logs are left."""
    result = Result(fault.name, fault.method, fault.why_not())
    if result.not_tried:
        return result
    with folder() as place, ExitStack() as stack:
        try:
            ground = fault.ground(given, place, stack)
            fault.people(ground)
            _live(fault, ground, place, result)
        finally:
            if keep is not None:
                _keep_logs(place, keep / fault.name.replace(" ", "-"))
    return result


def _live(fault: Fault, ground: Ground, place: Path, result: Result) -> None:
    site = UUID(ground.ids["site"])
    with installation(ground.url) as house, prepared.door(_engines(ground.url)) as nurses:
        control = house.sandbox.control
        people = People(house.url, control, nurses, site, UUID(ground.ids["nurse"]))
        town = Town(house, ground.primary, people, place, ground.ids, servers=ground.servers)
        try:
            fault.processes(town)
            town.await_web()
            town.open()
            time.sleep(3)
            began = time.monotonic()
            fault.strike(town)
            result.seconds = time.monotonic() - began
            undone, result.settled_in = town.settle()
        finally:
            town.close()
        result.remark = fault.after(town)
        _note(town, result)
        if undone:
            result.lost.append(f"left undone after {result.settled_in:.0f} s: {undone}")
        environment = house.environment(RSM_DATABASE_URL=town.primary.url)
        with verdict.twelve_minutes_later(_only_ours(environment)) as db:
            result.unsure = verdict.unsure(db)
            result.lost += verdict.lost(db, control.log(), people.noted, site)
        result.lost += _chain(town)


def _only_ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("RSM_")}


def _engines(url: str) -> str:
    named = address.read(url).set(drivername="postgresql+psycopg")
    return named.render_as_string(hide_password=False)


def _note(town: Town, result: Result) -> None:
    noted = town.people.noted
    result.deaths = town.deaths
    result.thanked = len(noted.thanked)
    result.patients = result.thanked + len(noted.stopped)
    result.pressed_again = noted.pressed_again
    result.troubled = noted.troubled
    result.longest_wait = noted.longest_wait
    result.past_lease = town.past_lease
    result.lost += [f"{each} gave up pressing" for each in noted.gave_up]
    result.lost += [f"a patient was refused: {each}" for each in noted.refused]


def _chain(town: Town) -> list[str]:
    """What `rsm audit verify` says."""
    environment = town.house.environment(RSM_DATABASE_URL=town.primary.url)
    done = subprocess.run(
        [*PYTHON, "rsm.cli", "audit", "verify"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if done.returncode == 0 else [f"rsm audit verify: {done.stdout.strip()[-300:]}"]


def _keep_logs(place: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for log in [*place.glob("*.log"), *place.glob("*/server.log")]:
        target.joinpath(f"{log.parent.name}-{log.name}").write_bytes(log.read_bytes())
