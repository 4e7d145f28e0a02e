"""The clinic that other tests stand on: made by the web's own role, with everything in place."""

from datetime import UTC, datetime, timedelta

import pytest

from rsm.db.work import Database, Scope
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import Audience, Channel
from rsm.sites import service as sites
from tests.clinic import PATIENT_SENDER, STAFF_SENDER, build_clinic


def test_somebody_is_on_duty_at_every_hour_of_the_week(web_db: Database) -> None:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        for hours in range(0, 8 * 24, 5):
            at = datetime(2026, 10, 28, 13, tzinfo=UTC) + timedelta(hours=hours)  # over 1 November
            told = [duty.staff_id for duty in sites.on_duty(tx, clinic.site, clinic.team, at)]
            assert told == [clinic.nurse, clinic.second, clinic.charge]


def test_staff_and_patients_are_told_from_different_numbers(web_db: Database) -> None:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        to_patients = sites.sender(tx, clinic.site, Audience.PATIENT, Channel.SMS)
        to_staff = sites.sender(tx, clinic.site, Audience.STAFF, Channel.SMS)
        assert (to_patients, to_staff) == (PATIENT_SENDER, STAFF_SENDER)
        with pytest.raises(Conflict):
            sites.set_sender(tx, clinic.site, Audience.STAFF, Channel.SMS, PATIENT_SENDER)


def test_a_former_number_still_finds_its_site_and_can_be_used_again(web_db: Database) -> None:
    clinic = build_clinic(web_db)
    for number in ("+12025550105", PATIENT_SENDER, "+12025550105"):
        with clinic.begin() as tx:
            sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, number)
            assert sites.sender(tx, clinic.site, Audience.PATIENT, Channel.SMS) == number
            for known in ("+12025550105", PATIENT_SENDER):
                owner = sites.owner_of(tx, known)
                assert owner is None or owner.site_id == clinic.site
    with clinic.begin() as tx:
        assert sites.owner_of(tx, PATIENT_SENDER) is not None
        with pytest.raises(Conflict):
            sites.set_sender(tx, clinic.site, Audience.STAFF, Channel.SMS, PATIENT_SENDER)


def test_another_site_sees_neither_teams_nor_roster(web_db: Database) -> None:
    clinic = build_clinic(web_db)
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with web_db.begin(Scope.site(other.site)) as tx:
        assert sites.teams(tx, clinic.site) == []
        assert sites.roster(tx, clinic.site) == []
        shift_id = None
    with clinic.begin() as tx:
        shift_id, _ = sites.roster(tx, clinic.site)[0]
    with web_db.begin(Scope.site(other.site)) as tx, pytest.raises(NotFound):
        sites.remove_shift(tx, other.site, shift_id)
