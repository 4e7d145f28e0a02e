"""A ward for the tests of alerts: reports come in, the worker goes its rounds, phones are read.

ward = build_ward(web_db, worker_db, clock)
alert = ward.report(ward.patient, {"pain.severity": 3})      # through flow.answer, as a page would
ward.passes(minutes=15)                                      # the clock, then the worker's round
ward.texts()                                                 # who was told, in order
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from rsm.alerts import events, handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView, Opening
from rsm.alerts.timeline import EventView
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.flow import answer, publish, triage
from rsm.flow.escalate import escalate_due
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Pin
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.databases import furnished

SAFETY = "safety contact"


@dataclass(frozen=True)
class Told:
    """One text to staff in the outbox."""

    who: str
    purpose: str
    code: str
    lane: str
    state: str


@dataclass
class Ward:
    """The clinic, with its published versions, the worker's door and the clock."""

    clinic: Clinic
    worker: Database
    clock: VirtualClock
    patient: UUID

    def report(
        self, values: Mapping[str, int], patient: UUID | None = None, by: Author | None = None
    ) -> AlertView | None:
        """A whole report at once; its alert, if it raised one."""
        who = patient or self.patient
        answers: Answers = {item: answered(value) for item, value in values.items()}
        with self.clinic.begin() as tx:
            pin = sites.get(tx, self.clinic.site).instrument
            survey = schedules.report_now(tx, patients.locked(tx, who), pin)
            outcome = answer.enter(tx, survey.id, answers, "", by or Author())
            return alerts.get(tx, outcome.alert_id) if outcome.alert_id else None

    def alarm(self, level: Level = Level.URGENT, key: str = "text:1") -> AlertView:
        """An alert without a report, on the ladder of the site's policy."""
        with self.clinic.begin() as tx:
            opening = Opening(key, self.clinic.site, AlertKind.TEXT, level, "A text.", False)
            opened = alerts.open_alert(tx, opening)
            alerts.set_route(tx, opened.alert.id, self.clinic.team, "everything")
            site = sites.get(tx, self.clinic.site)
            escalation.start(tx, alerts.get(tx, opened.alert.id), site)
            return alerts.get(tx, opened.alert.id)

    def passes(self, minutes: float) -> int:
        """Time passes, then the worker goes its round."""
        self.clock.advance(timedelta(minutes=minutes))
        return escalate_due(self.worker)

    def take(self, alert: AlertView, by: UUID, channel: Channel = Channel.WEB) -> AlertView:
        with self.clinic.begin(by) as tx:
            return triage.acknowledge(tx, alert.id, by, channel)

    def now(self, alert: AlertView) -> AlertView:
        with self.clinic.begin() as tx:
            return alerts.get(tx, alert.id)

    def worklist(self) -> list[AlertView]:
        with self.clinic.begin() as tx:
            return handling.worklist(tx, self.clinic.site)

    def timeline(self, alert: AlertView) -> list[EventView]:
        with self.clinic.begin() as tx:
            return events.timeline(tx, alerts.get(tx, alert.id))

    def texts(self, alert: AlertView | None = None) -> list[Told]:
        """Every text to staff so far, in the order of writing."""
        query = text(
            "SELECT staff_id, purpose, fields->>'code', lane, state FROM message"
            " WHERE audience = 'staff' AND (CAST(:alert AS uuid) IS NULL OR alert_id = :alert)"
            " ORDER BY created_at, business_key"
        ).bindparams(alert=alert.id if alert else None)
        with self.clinic.begin() as tx:
            rows = tx.session.execute(query).all()
        return [Told(self._name(who), *rest) for who, *rest in rows]

    def told(self, alert: AlertView | None = None) -> list[str]:
        """Just who, in order."""
        return [each.who for each in self.texts(alert)]

    def _name(self, staff_id: UUID | None) -> str:
        clinic = self.clinic
        names = {clinic.nurse: "nurse", clinic.second: "second", clinic.charge: "charge"}
        return SAFETY if staff_id is None else names.get(staff_id, "somebody else")


def build_ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """Lakeside with its people, what we ship published, and one patient."""
    clinic, patient = furnished(web_db, "ward", _build)
    return Ward(clinic, worker_db, clock, patient)


def _build(db: Database) -> tuple[Clinic, UUID]:
    clinic = build_clinic(db)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    return clinic, clinic.enrol_patient()


def agree_to(ward: Ward, column: str, pin: Pin) -> None:
    """The site is judged by another pack, told by another policy: without any check."""
    assert column in {"rule_pack", "policy"}
    statement = text(f"UPDATE site SET {column} = CAST(:pin AS jsonb)")
    with ward.clinic.begin() as tx:
        tx.session.execute(statement, {"pin": json.dumps(pin.document)})


def plant(ward: Ward, column: str, body: str, content_hash: str = "planted") -> None:
    """Publish something broken behind the house's back, and have the site agree to it."""
    table = {"rule_pack": "rule_pack_version", "policy": "policy_version"}[column]
    pin = Pin("planted", "1.0.0", content_hash)
    statement = text(
        f"INSERT INTO {table} (key, version, hash, body, published_at)"
        " VALUES (:key, :version, :hash, :body, :at)"
    )
    values = pin.document | {"body": body, "at": ward.clock.now()}
    with ward.clinic.begin() as tx:
        tx.session.execute(statement, values)
    agree_to(ward, column, pin)
