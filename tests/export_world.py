"""A clinic whose days are exported: two patients, a test patient, one who was erased, an alert.

Maria answers on 19 October (severe pain, an alert that is closed) and a week later (no pain); Ruth
leaves one question out and would rather not answer another. Tess is a test patient. Edna was
erased.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from rsm.alerts.model import AlertAction
from rsm.db.work import Database
from rsm.flow import answer, triage
from rsm.flow.triage import Closing
from rsm.kernel.answers import REFUSED, SKIPPED, Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Actor, ActorKind
from rsm.metrics.model import Days
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import patient_keys
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward
from tests.databases import furnished

WEEK = timedelta(days=7)
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
SEVERE = {"pain.frequency": 3, "pain.severity": 3, "pain.interference": 1, "nausea.frequency": 0}
NOTE = "She asks for her daughter Juana to be called"
WORDS = "Juana, my daughter, drives me on Tuesdays"
NAMES = ("Maria", "Alvarez", "Ruth", "Okafor", "Tess", "Edna", "Juana", "Dana", "Reyes", "Cole")


@dataclass
class Exported:
    """The ward with what has happened in it."""

    ward: Ward
    maria: UUID
    ruth: UUID
    test: UUID
    erased: UUID

    @property
    def manager(self) -> Actor:
        """Ruth Cole, who is a nurse as well: she may export with names."""
        return Actor(ActorKind.STAFF, self.ward.clinic.charge)


def build_exported(web_db: Database, worker_db: Database, clock: VirtualClock) -> Exported:
    start = clock.now()
    world = furnished(web_db, "exported", lambda db: _build(db, clock))
    clock.set(start + WEEK)
    return replace(world, ward=replace(world.ward, worker=worker_db, clock=clock))


def _build(db: Database, clock: VirtualClock) -> Exported:
    start, ward = clock.now(), build_ward(db, db, clock)
    clinic = ward.clinic
    ruth = clinic.enrol_patient("Ruth Okafor", "+12025550132", "es", sex="f", insurance="Medicare")
    test = clinic.enrol_patient("Tess Trial", "+12025550133", is_test=True)
    erased = clinic.enrol_patient("Edna Gone", "+12025550134")
    world = Exported(ward, ward.patient, ruth, test, erased)
    _report(ward, world.maria, {item: answered(value) for item, value in SEVERE.items()}, WORDS)
    _report(ward, ruth, {"pain.frequency": SKIPPED, "fatigue.severity": REFUSED}, "")
    for who in (test, erased):
        ward.report(SEVERE, who)
    alert = next(each for each in ward.worklist() if each.patient_id == world.maria)
    clock.advance(timedelta(minutes=15))
    ward.take(alert, clinic.nurse)
    with clinic.begin(clinic.nurse) as tx:
        triage.close(tx, alert.id, clinic.nurse, Closing(AlertAction.PHONE_ADVICE, NOTE))
    clock.set(start + WEEK)
    ward.report({"pain.frequency": 0, "nausea.frequency": 0}, world.maria)
    with clinic.begin() as tx:
        patient_keys.destroy(tx, erased)
    clock.set(start)  # the caller moves it: building moves no clock
    return world


def _report(ward: Ward, who: UUID, answers: Answers, words: str) -> None:
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, who), pin)
        answer.enter(tx, survey.id, answers, words, Author())
