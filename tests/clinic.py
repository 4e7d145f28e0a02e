"""A clinic for flow and web tests: Lakeside, its people on duty around the clock, its patients.

clinic = build_clinic(web_db)
maria = clinic.enrol_patient()
with clinic.begin() as tx: …          # a transaction that sees the site
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.packs import parse_pack
from rsm.db.work import NOWHERE, Database, Scope, Tx
from rsm.escalation import published as policies
from rsm.escalation.policies import default_policy, default_text, load_policy
from rsm.flow import enrol
from rsm.instruments import service as instruments
from rsm.kernel.words import SYSTEM, Actor, ActorKind, Audience, Channel, Pin, Role
from rsm.patients.model import NewPatient, PatientStatus
from rsm.routing.trees import single
from rsm.schedules.library import plan_named
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, NewSite, Shift, as_agreed
from rsm.sites.senders import SenderSettings
from tests.databases import furnished
from tests.packs import FIRST

PATIENT_SENDER = "+12025550100"
STAFF_SENDER = "+12025550101"
CLINIC_PHONE = "+12025550140"
SAFETY_PHONE = "+12025550149"
NURSE_PHONE = "+12025550111"
SECOND_PHONE = "+12025550112"
CHARGE_PHONE = "+12025550113"
PATIENT_PHONE = "+12025550131"
TEAM = "triage"
MIDNIGHT = time(0)
FAST = SenderSettings(per_second=1000)  # so that nothing waits while a test's clock stands


@dataclass
class Clinic:
    """Lakeside Clinic and who works there. Transactions come from `db`, at this site's scope."""

    db: Database
    organisation: UUID
    site: UUID
    team: UUID
    nurse: UUID  # rank 1, +12025550111
    second: UUID  # rank 2, +12025550112
    charge: UUID  # rank 3, +12025550113; a nurse and the site's manager
    administrator: UUID  # no phone, not on duty
    patients_made: int = 0

    @contextmanager
    def begin(self, by: UUID | None = None) -> Iterator[Tx]:
        """A transaction that sees this site; acted by a member of staff, or the system."""
        actor = Actor(ActorKind.STAFF, by) if by else SYSTEM
        with self.db.begin(Scope.site(self.site), actor) as tx:
            yield tx

    def new_patient(
        self,
        name: str = "Maria Alvarez",
        phone: str | None = PATIENT_PHONE,
        language: str = "en",
        birth_date: date = date(1957, 3, 4),
        **others: object,
    ) -> NewPatient:
        """Enrolled with consent, Mondays 9:00 by text; every field may be given otherwise."""
        self.patients_made += 1
        values: dict[str, object] = {
            "name": name,
            "record_number": f"R{1000 + self.patients_made}",
            "birth_date": birth_date,
            "status": PatientStatus.ENROLLED,
            "phone": phone,
            "language": language,
            "weekday": 0,
            "local_time": time(9),
            "consent_on": date(2026, 10, 1),
            "consent_by": name,
        }
        return NewPatient.model_validate(values | others)

    def enrol_patient(
        self,
        name: str = "Maria Alvarez",
        phone: str | None = PATIENT_PHONE,
        language: str = "en",
        birth_date: date = date(1957, 3, 4),
        **others: object,
    ) -> UUID:
        """A patient through `flow.enrol`, as a page would enter her."""
        new = self.new_patient(name, phone, language, birth_date, **others)
        with self.begin(self.nurse) as tx:
            return enrol.enter(tx, self.site, new)


def build_clinic(
    db: Database, *, name: str = "Lakeside Clinic", numbers: tuple[str, str] | None = None
) -> Clinic:
    """The clinic, of which a second one on the same database needs its own name.

    `numbers` are the senders for patients and for staff: one number never serves two sites.
    """
    return furnished(db, ("clinic", name, numbers), lambda place: _build(place, name, numbers))


def _build(db: Database, name: str, numbers: tuple[str, str] | None) -> Clinic:
    tag = name.split(maxsplit=1)[0].lower()
    with db.begin(NOWHERE) as tx:
        known = sites.organisation_named(tx, "Example Care")
        organisation = known or sites.create_organisation(tx, "Example Care")
        site = sites.create_site(tx, organisation, new_site(name, publish(tx)), live=True)
    with db.begin(Scope.site(site)) as tx:
        patient_sender, staff_sender = numbers or (PATIENT_SENDER, STAFF_SENDER)
        sites.set_sender(tx, site, Audience.PATIENT, Channel.SMS, patient_sender, FAST)
        sites.set_sender(tx, site, Audience.STAFF, Channel.SMS, staff_sender, FAST)
        clinic = Clinic(
            db=db,
            organisation=organisation,
            site=site,
            team=sites.add_team(tx, site, TEAM),
            nurse=_hire(tx, organisation, f"dana@{tag}.example.org", "Dana Reyes", NURSE_PHONE),
            second=_hire(tx, organisation, f"ben@{tag}.example.org", "Ben Okafor", SECOND_PHONE),
            charge=_hire(tx, organisation, f"ruth@{tag}.example.org", "Ruth Cole", CHARGE_PHONE),
            administrator=_hire(tx, organisation, f"ada@{tag}.example.org", "Ada Lindqvist", None),
        )
        _give_roles(tx, clinic)
        _put_on_duty(tx, clinic)
    return clinic


def new_site(name: str, pins: dict[str, Pin]) -> NewSite:
    """Lakeside's settings: New York, English and Spanish, open Monday to Friday 8 to 18."""
    return NewSite(
        name=name,
        sender_name="Lakeside",
        zone="America/New_York",
        languages=("en", "es"),
        clinic_phone=CLINIC_PHONE,
        emergency_number="911",
        safety_contact_name="Dr. Imani Cole",
        safety_contact_phone=SAFETY_PHONE,
        service_hours={day: (time(8), time(18)) for day in WEEKDAYS[:5]},
        spread_minutes=0,
        routes=single(TEAM).model_dump(mode="json"),
        **pins,
    )


def publish(tx: Tx) -> dict[str, Pin]:
    """Publish what we ship, and say which versions a site agrees to."""
    return {
        "instrument": instruments.publish_shipped(tx, "weekly-symptoms"),
        "rule_pack": alerts.publish(tx, parse_pack(FIRST, "first")[0], FIRST),
        "policy": policies.publish(tx, default_policy(), default_text()),
        "plan": plan_named("weekly").pin,
    }


def tell_each_by_itself(tx: Tx, site_id: UUID) -> None:
    """Every alert is a text of its own, however many come at once."""
    unbundled = 'key = "unbundled"\ntexts_in_ten_minutes = 1000'
    body = default_text().replace('key = "default"', unbundled)
    pin = policies.publish(tx, load_policy(body, "unbundled"), body)
    agreed = as_agreed(sites.get(tx, site_id))
    sites.update_site(tx, site_id, agreed.model_copy(update={"policy": pin}))


def _hire(tx: Tx, organisation: UUID, email: str, name: str, phone: str | None) -> UUID:
    staff_id = staff.create(tx, NewStaff(organisation, email, name, phone=phone))
    if phone:
        staff.verify_phone(tx, staff_id)
    return staff_id


def _give_roles(tx: Tx, clinic: Clinic) -> None:
    for who, role in (
        (clinic.nurse, Role.NURSE),
        (clinic.second, Role.NURSE),
        (clinic.charge, Role.NURSE),
        (clinic.charge, Role.MANAGER),
        (clinic.administrator, Role.ADMINISTRATOR),
    ):
        staff.grant(tx, who, clinic.site, role)


def _put_on_duty(tx: Tx, clinic: Clinic) -> None:
    """Midnight to midnight every day: `ends` at `starts` runs to the next day."""
    for rank, who in enumerate((clinic.nurse, clinic.second, clinic.charge), start=1):
        sites.join_team(tx, clinic.site, clinic.team, who)
        for weekday in range(7):
            shift = Shift(clinic.team, who, weekday, MIDNIGHT, MIDNIGHT, rank)
            sites.add_shift(tx, clinic.site, shift)
