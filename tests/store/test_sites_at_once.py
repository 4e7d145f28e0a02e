"""Two who change a site at once: the second sees what the first has made, and no answer waits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest
from sqlalchemy import Engine, text

from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.db.work import Database
from rsm.flow import senders
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertKind, Audience, Channel, Level
from rsm.sites import service as sites
from rsm.sites.model import Address, as_agreed
from rsm.sites.rota import planning
from rsm.sites.rota.model import Rotation
from tests.at_once import begun
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic

FIRST, SECOND = "+12025550105", "+12025550106"
HILLSIDE = ("+12025550102", "+12025550103")


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def send_from(clinic: Clinic, number: str) -> None:
    with clinic.begin(clinic.charge) as tx:
        senders.change(tx, Address(clinic.site, Audience.PATIENT, Channel.SMS), number)


def sends_from(clinic: Clinic) -> str | None:
    with clinic.begin() as tx:
        return sites.sender(tx, clinic.site, Audience.PATIENT, Channel.SMS)


def test_an_alert_is_opened_and_routed_while_a_manager_changes_the_site_and_its_roster(
    clinic: Clinic,
) -> None:
    with clinic.begin(clinic.charge) as managers:
        planning.set_team_hours(managers, clinic.site, clinic.team, None)
        agreed = as_agreed(sites.get(managers, clinic.site))
        other = agreed.model_copy(update={"safety_contact_phone": "+12025550148"})
        sites.update_site(managers, clinic.site, other)
        with clinic.begin() as tx:  # would wait for ever: nobody else ends the first
            opening = Opening(
                "text:1", clinic.site, AlertKind.TEXT, Level.URGENT, "A text.", is_test=False
            )
            alert = alerts.open_alert(tx, opening).alert
            assert alerts.set_route(tx, alert.id, clinic.team, "all").team_id == clinic.team


def test_of_two_numbers_that_are_entered_at_once_the_later_one_is_sent_from(
    clinic: Clinic, owner: Engine
) -> None:
    address = Address(clinic.site, Audience.PATIENT, Channel.SMS)
    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            senders.change(tx, address, FIRST)
            second = begun(pool, owner, lambda: send_from(clinic, SECOND))
        second.result(60)
    assert sends_from(clinic) == SECOND
    with clinic.begin() as tx:
        for number in (PATIENT_SENDER, FIRST, SECOND):
            whose = sites.owner_of(tx, number)
            assert whose is not None
            assert whose.site_id == clinic.site


def test_of_two_sites_that_take_a_number_at_once_one_has_it(
    clinic: Clinic, web_db: Database, owner: Engine
) -> None:
    hillside = build_clinic(web_db, name="Hillside Clinic", numbers=HILLSIDE)
    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            senders.change(tx, Address(clinic.site, Audience.PATIENT, Channel.SMS), FIRST)
            second = begun(pool, owner, lambda: send_from(hillside, FIRST))
        with pytest.raises(Conflict, match="meanwhile"):
            second.result(60)
    assert (sends_from(clinic), sends_from(hillside)) == (FIRST, HILLSIDE[0])


def test_of_two_teams_of_one_name_that_are_made_at_once_the_second_is_refused(
    clinic: Clinic, owner: Engine
) -> None:
    def again() -> None:
        with clinic.begin(clinic.charge) as tx:
            sites.add_team(tx, clinic.site, "palliative")

    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            sites.add_team(tx, clinic.site, "palliative")
            second = begun(pool, owner, again)
        with pytest.raises(Invalid, match="another team's"):
            second.result(60)


def test_nobody_leaves_a_team_while_a_rotation_of_it_is_written_with_her(
    clinic: Clinic, owner: Engine
) -> None:
    with owner.begin() as connection:  # else it is written over the weekly shifts
        connection.execute(text("UPDATE duty_shift SET ended_at = now()"))

    def leaves() -> None:
        with clinic.begin(clinic.charge) as tx:
            sites.leave_team(tx, clinic.site, clinic.team, clinic.second)

    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            people = (clinic.second, clinic.nurse)
            row = Rotation(tx.new_id(), people, date(2026, 10, 20), 7, time(9))
            planning.add(tx, clinic.site, clinic.team, row)
            second = begun(pool, owner, leaves)
        with pytest.raises(Invalid, match="rotation"):
            second.result(60)
