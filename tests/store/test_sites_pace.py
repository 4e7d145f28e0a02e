"""Places in a sender's time: as many as its carrier lets through, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Audience, Channel
from rsm.sites import service as sites
from rsm.sites.calendar import SiteCalendar
from rsm.sites.model import as_agreed
from rsm.sites.pace import Places, reserve
from rsm.sites.senders import Registration, SenderKind, SenderSettings, SenderView
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic

NEW_YORK = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def agree(clinic: Clinic, **settings: object) -> None:
    """What the patients' sender may do from now on."""
    agreed = SenderSettings.model_validate(settings)
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, PATIENT_SENDER, agreed)


def sender_of(clinic: Clinic) -> SenderView:
    with clinic.begin() as tx:
        found = sites.senders(tx, clinic.site)
    return next(one for one in found if one.audience is Audience.PATIENT)


def take(db: Database, clinic: Clinic, wanted: int, *, overtakes: bool = False) -> Places:
    sender = sender_of(clinic)
    with db.begin(Scope.site(clinic.site)) as tx:
        return reserve(tx, sender, NEW_YORK, wanted, overtakes=overtakes)


def waits(places: Places, now: datetime) -> list[float]:
    return [round((at - now).total_seconds(), 3) for at in places.leave_at]


def test_one_a_second_whoever_asks(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    agree(clinic, per_second=1)
    assert waits(take(worker_db, clinic, 3), clock.now()) == [0, 1, 2]
    assert waits(take(worker_db, clinic, 2), clock.now()) == [3, 4]


def test_a_rest_gives_a_seconds_worth_and_no_more(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    agree(clinic, per_second=4)
    take(worker_db, clinic, 4)
    clock.advance(timedelta(hours=5))
    assert waits(take(worker_db, clinic, 6), clock.now()) == [0, 0, 0, 0, 0.25, 0.5]


def test_what_overtakes_leaves_now_and_what_is_planned_after_it_comes_later(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    agree(clinic, per_second=1, daily_cap=2)
    take(worker_db, clinic, 2)
    assert waits(take(worker_db, clinic, 3, overtakes=True), clock.now()) == [0, 0, 0]
    clock.advance(timedelta(days=1))
    take(worker_db, clinic, 1, overtakes=True)
    assert waits(take(worker_db, clinic, 1), clock.now()) == [1]


def test_the_days_cap_ends_with_the_sites_own_day(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    agree(clinic, per_second=1000, daily_cap=5)
    assert len(take(worker_db, clinic, 3).leave_at) == 3
    places = take(worker_db, clinic, 3)
    assert len(places.leave_at) == 2
    tomorrow = datetime(2026, 10, 20, 0, 0, tzinfo=NEW_YORK)
    assert places.again_at == tomorrow
    clock.set(tomorrow)
    assert len(take(worker_db, clinic, 6).leave_at) == 5


def test_several_workers_at_once_are_never_given_the_same_place(
    clinic: Clinic, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    agree(clinic, per_second=2)
    barrier = Barrier(6)
    start = clock.now()

    def work() -> list[float]:
        barrier.wait()
        return waits(take(worker_db, clinic, 4), start)

    with ThreadPoolExecutor(6) as pool:
        given = [wait for each in [pool.submit(work) for _ in range(6)] for wait in each.result()]
    evenly = [max(0, number / 2 - 0.5) for number in range(24)]
    assert sorted(given) == evenly
    with owner.connect() as connection:
        query = "SELECT handed_over, next_at FROM sender_pace"
        assert tuple(connection.execute(text(query)).one()) == (24, start + 12 * SECOND)


def test_new_settings_count_from_the_next_place_on(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    agree(clinic, per_second=0.1)
    take(worker_db, clinic, 1)
    agree(clinic, per_second=10)
    clock.advance(timedelta(seconds=10))
    assert waits(take(worker_db, clinic, 10), clock.now()) == [0] * 10


# --- the senders themselves -----------------------------------------------------------------------


def test_a_sender_keeps_its_settings_when_it_is_named_again(clinic: Clinic) -> None:
    campaign = Registration(campaign_id="CM1")
    agree(clinic, per_second=3, daily_cap=200, registration=campaign.model_dump(mode="json"))
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, PATIENT_SENDER)
    settings = sender_of(clinic).settings
    assert (settings.per_second, settings.daily_cap) == (3, 200)
    assert settings.registration == campaign


def test_a_site_may_have_an_address_for_mail_beside_its_number(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        sites.set_sender(
            tx, clinic.site, Audience.PATIENT, Channel.EMAIL, " Check-in@Lakeside.example.org"
        )
        assert sites.sender(tx, clinic.site, Audience.PATIENT, Channel.SMS) == PATIENT_SENDER
        mail = sites.sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL)
    assert mail == "check-in@lakeside.example.org"


@pytest.mark.parametrize("address", ["not an address", "+12025550100", "a@b"])
def test_mail_does_not_go_out_from_what_is_no_address(clinic: Clinic, address: str) -> None:
    with clinic.begin() as tx, pytest.raises(Invalid):
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL, address)


def test_a_number_is_no_sender_of_mail(clinic: Clinic) -> None:
    settings = SenderSettings(kind=SenderKind.EMAIL)
    with clinic.begin() as tx, pytest.raises(Invalid):
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.SMS, PATIENT_SENDER, settings)


# --- the site's calendar --------------------------------------------------------------------------


def test_a_sites_calendar_is_kept_and_read(clinic: Clinic) -> None:
    calendar = SiteCalendar(country="US", subdivision="NY", texts_on_holidays=False)
    with clinic.begin() as tx:
        agreed = as_agreed(sites.get(tx, clinic.site)).model_copy(update={"calendar": calendar})
        sites.update_site(tx, clinic.site, agreed)
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site).calendar == calendar
        christmas = date(2026, 12, 25)
        assert sites.is_closed(tx, clinic.site, christmas)
        assert christmas in sites.contact_times(tx, clinic.site).closed_dates


def test_a_calendar_of_nowhere_is_refused(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        here = as_agreed(sites.get(tx, clinic.site))
        nowhere = here.model_copy(update={"calendar": SiteCalendar(country="XX")})
        with pytest.raises(Invalid, match=r"calendar\.country"):
            sites.update_site(tx, clinic.site, nowhere)
