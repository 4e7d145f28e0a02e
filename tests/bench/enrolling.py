"""Patients entered and their surveys opened by a process for each core: building, not measured."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TypeVar

from rsm.bootstrap import open_database
from rsm.flow import outbound
from rsm.kernel.clock import VirtualClock
from rsm.security.keyring import parse_keys
from tests.clinic import Clinic
from tests.processes import KEYS_TEXT

Given = TypeVar("Given")


@dataclass(frozen=True)
class Part:
    """What one process does: `place` are the clinic's facts without its database."""

    url: str
    place: dict[str, object]
    now: datetime
    numbers: Sequence[int]


def enrol(url: str, clinic: Clinic, patients: int, now: datetime) -> None:
    """Patients who live where it is noon, so that no hour is quiet; due half an hour ago."""
    place = {each.name: getattr(clinic, each.name) for each in fields(clinic) if each.name != "db"}
    share = _processes()
    parts = [Part(url, place, now, range(first, patients, share)) for first in range(share)]
    _at_once(_enrol, parts)


def open_surveys(worker_url: str) -> None:
    """Open every survey that is due."""
    _at_once(_open, [worker_url] * _processes())
    _open(worker_url)  # what each left to the other


def _processes() -> int:
    return os.cpu_count() or 1


def _at_once(work: Callable[[Given], None], parts: Sequence[Given]) -> None:
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        list(pool.map(work, parts))


def _enrol(part: Part) -> None:
    clock = VirtualClock(part.now - timedelta(hours=1))
    db = open_database(part.url, parse_keys(KEYS_TEXT), "bench build", clock)
    clinic = Clinic(db=db, **part.place)  # type: ignore[arg-type]  # its own fields
    ahead = 12 - part.now.hour
    wall = (part.now - timedelta(minutes=30)).astimezone(UTC) + timedelta(hours=ahead)
    for number in part.numbers:
        clinic.patients_made = number
        clinic.enrol_patient(
            name=f"Patient {number}",
            phone=f"+120255501{50 + number % 50}",
            zone=f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT",
            weekday=wall.weekday(),
            local_time=wall.time().replace(second=0, microsecond=0),
        )
    db.close()


def _open(worker_url: str) -> None:
    db = open_database(worker_url, parse_keys(KEYS_TEXT), "bench build")
    while outbound.open_due(db):
        pass
    db.close()
