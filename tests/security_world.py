"""Rows that the security tests stand on: an organisation, its sites, members of staff."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pyotp
from sqlalchemy import Engine, text

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import Role
from rsm.security import invitations, second_factor, sessions, staff
from rsm.security.model import NewStaff
from tests.conftest import MONDAY_NINE

PASSWORD = "eleven tall herons"
_MAKE_SITE = text(
    """
    INSERT INTO site (id, organisation_id, name, sender_name, zone, languages, clinic_phone,
      emergency_number, safety_contact_name, safety_contact_phone, service_hours, texts_from,
      texts_until, instrument, rule_pack, policy, plan, routes, created_at)
    VALUES (:id, :organisation, :name, 'Clinic', 'America/New_York', '{en}', '+12025550140', '911',
      'Dr. Imani Cole', '+12025550141', '{}', '08:00', '20:00', :pin, :pin, :pin, :pin, '{}', :at)
    """
)
_MAKE_ORGANISATION = text(
    "INSERT INTO organisation (id, name, created_at) VALUES (:id, :name, :at)"
)


@dataclass(frozen=True)
class Sites:
    """One organisation with two sites."""

    organisation: UUID
    lakeside: UUID
    hillside: UUID


def make_sites(owner: Engine) -> Sites:
    ids = SeededIds("sites")
    made = Sites(*(new_id(ids, MONDAY_NINE) for _ in range(3)))
    with owner.begin() as connection:
        connection.execute(
            _MAKE_ORGANISATION, {"id": made.organisation, "name": "Care", "at": MONDAY_NINE}
        )
        for site, name in ((made.lakeside, "Lakeside"), (made.hillside, "Hillside")):
            connection.execute(
                _MAKE_SITE,
                {
                    "id": site,
                    "organisation": made.organisation,
                    "name": name,
                    "pin": '{"key": "k", "version": "1", "hash": "h"}',
                    "at": MONDAY_NINE,
                },
            )
    return made


@dataclass
class Person:
    """A member of staff as she is at her desk: with her password and her authenticator app."""

    db: Database
    clock: VirtualClock
    id: UUID
    email: str
    secret: str = ""

    def code(self) -> str:
        """The app's code, one step later than the last, so that none is a replay."""
        self.clock.advance(timedelta(seconds=30))
        return pyotp.TOTP(self.secret).at(self.clock.now())

    def log_in(self) -> str:
        """Both steps; the token of a session that is ready."""
        first = sessions.log_in(self.db, self.email, PASSWORD).token
        assert first is not None
        code = self.code()
        with self.db.begin(NOWHERE) as tx:
            token = sessions.confirm(tx, first, code)
        assert token is not None
        return token


def hire(
    db: Database, clock: VirtualClock, sites: Sites, *roles: Role, email: str = "dana@example.org"
) -> Person:
    """A member of staff at Lakeside who has set her password and enrolled her phone."""
    with db.begin(Scope.site(sites.lakeside)) as tx:
        who = staff.create(tx, NewStaff(sites.organisation, email, "Dana Reyes"))
        for role in roles:
            staff.grant(tx, who, sites.lakeside, role)
        invitations.set_password(tx, who, PASSWORD)
        secret = second_factor.begin(tx, who).secret
        person = Person(db, clock, who, email, secret)
    code = person.code()
    with db.begin(NOWHERE) as tx:
        assert second_factor.confirm(tx, who, code) is not None
    return person
