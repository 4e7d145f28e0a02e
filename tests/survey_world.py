"""A clinic with one enrolled patient and her weekly plan, for tests of surveys.

Monday 19 October 2026, 9:00 in New York, is both the clock's start and her first window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from rsm.db.work import Database, Scope, Tx
from rsm.flow.publish import publish_shipped
from rsm.kernel.words import Actor, ActorKind, Pin
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules.model import Assign, OccurrenceView
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.databases import furnished

OPENS = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)  # Monday 9:00 in New York
CLOSES = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # Saturday 21:00
BORN = date(1957, 3, 4)


@dataclass
class World:
    """One site, one patient, one plan."""

    clinic: Clinic
    patient: UUID

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self.clinic.begin() as tx:
            yield tx

    @contextmanager
    def as_patient(self, db: Database | None = None) -> Iterator[Tx]:
        """A transaction as the patient pages open it."""
        scope = Scope.of_patient(self.clinic.site, self.patient)
        with (db or self.clinic.db).begin(scope, Actor(ActorKind.PATIENT, self.patient)) as tx:
            yield tx

    def facts(self, tx: Tx) -> PatientFacts:
        return patients.locked(tx, self.patient)

    def instrument(self, tx: Tx) -> Pin:
        return sites.get(tx, self.clinic.site).instrument

    def open_windows(self, tx: Tx) -> list[OccurrenceView]:
        """Open what is due by now, as the worker does."""
        active = schedules.assignment(tx, self.patient)
        assert active is not None
        return schedules.open_due_windows(tx, active.id, self.facts(tx), self.instrument(tx))

    def open_survey(self) -> OccurrenceView:
        """The survey of the window that is due now."""
        with self.begin() as tx:
            return self.open_windows(tx)[-1]


def build_world(db: Database, **others: object) -> World:
    return furnished(db, ("world", repr(others)), lambda place: _build(place, others))


def _build(db: Database, others: dict[str, object]) -> World:
    clinic = build_clinic(db)
    with clinic.begin() as tx:
        publish_shipped(tx, ("en", "es"))
    return World(clinic, add_patient(clinic, **others))


def add_patient(clinic: Clinic, **others: object) -> UUID:
    """An enrolled patient whose windows open on Mondays at 9:00."""
    with clinic.begin() as tx:
        new = clinic.new_patient(**others)  # type: ignore[arg-type]  # the builder's own words
        patient = patients.register(tx, clinic.site, new)
        patients.mark_enrolled(tx, patients.peek(tx, patient))
        plan = sites.get(tx, clinic.site).plan
        start = date(2026, 10, 19)
        schedules.assign(
            tx,
            Assign(patient, clinic.site, plan, 0, time(9), "America/New_York", start),
        )
    return patient
