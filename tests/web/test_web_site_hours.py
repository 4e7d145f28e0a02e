"""When a site writes to patients: changed by its managers, and the page says what follows."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.sites import service as sites
from rsm.sites.calendar import SiteCalendar
from rsm.sites.closed_days import upcoming
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def hours(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/hours"


def form_of(client: TestClient, clinic: Clinic, **others: str) -> dict[str, str]:
    page: str = client.get(hours(clinic)).text
    version = page.split('name="version" value="')[1].split('"', maxsplit=1)[0]
    return {
        "version": version,
        "texts_from": "08:00",
        "texts_until": "20:00",
        "texts_on_weekends": "yes",
        "texts_on_holidays": "yes",
        "country": "",
        "subdivision": "",
        "closed_dates": "",
        "spread_minutes": "0",
        "provider_keeps_days": "7",
        **others,
    }


def test_closed_days_are_told_by_name_and_when_their_texts_go_out(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    fields = form_of(
        manager,
        clinic,
        texts_on_weekends="",
        texts_on_holidays="",
        country="us",
        subdivision="ny",
        closed_dates="2026-12-24\n\n 2026-12-24 ",
        texts_from="9:00",
        spread_minutes="30",
    )
    sent = submit(manager, hours(clinic), "", fields)
    assert sent.headers["location"] == f"{hours(clinic)}?saved=true"
    page = manager.get(sent.headers["location"]).text
    assert "Texts of Saturday and Sunday go out on Monday at 09:00." in page
    assert "A text that is due at 20:00 goes out at 09:00 of the next open day." in page
    assert "within 30 minutes" in page
    assert page.count('<th scope="row" class="nw">') == 10
    assert "Thanksgiving Day</td><td>Friday 27 November at 09:00" in page
    assert "the site&#39;s own</td><td>Monday 28 December at 09:00" in page  # 25th is a Friday
    with clinic.begin() as tx:
        site = sites.get(tx, clinic.site)
    assert (site.texts_from, site.spread_minutes) == (time(9), 30)
    assert site.calendar == SiteCalendar(
        country="US",
        subdivision="NY",
        texts_on_weekends=False,
        texts_on_holidays=False,
        closed_dates=(date(2026, 12, 24),),
    )
    with owner.connect() as connection:
        query = text("SELECT facts FROM audit_event WHERE action = 'site.changed'")
        facts = connection.execute(query).scalar_one()
    assert facts["fields"] == ["calendar", "spread_minutes", "texts_from"]


def test_what_follows_can_be_seen_before_it_is_saved(clinic: Clinic, manager: TestClient) -> None:
    with clinic.begin() as tx:
        before = sites.get(tx, clinic.site)
    fields = form_of(manager, clinic, texts_on_weekends="", texts_from="10:30")
    shown = submit(manager, hours(clinic), f"{hours(clinic)}/check", fields)
    assert shown.status_code == 200
    assert "What would follow, if you saved it" in shown.text
    assert "Texts of Saturday and Sunday go out on Monday at 10:30." in shown.text
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site) == before


@pytest.mark.parametrize(
    ("name", "others", "says"),
    [
        ("texts_from", {"texts_from": "8"}, "write it as 09:00"),
        ("texts_until", {"texts_until": "07:00"}, "is not after"),
        ("texts_until", {"texts_until": ""}, "write it as 09:00"),
        ("country", {"country": "UZZ"}, "no known holidays"),
        ("country", {"country": "", "texts_on_holidays": ""}, "give the country, such as US"),
        ("country", {"subdivision": "NY"}, "a region is one of a country"),
        ("subdivision", {"country": "US", "subdivision": "XX"}, "US has no region"),
        ("closed_dates", {"closed_dates": "2026-12-24\n24.12."}, "line 2: “24.12.” is no"),
        (
            "closed_dates",
            {"closed_dates": "\n".join(f"2027-0{1 + n // 28}-{n % 28 + 1:02}" for n in range(56))
             + "\n2027-01-29\n2027-01-30\n2027-01-31"},
            "pause the patients",
        ),
        ("spread_minutes", {"spread_minutes": "ten"}, "is not a whole number"),
        ("spread_minutes", {"spread_minutes": "61"}, "less than or equal to 60"),
        ("provider_keeps_days", {"provider_keeps_days": "0"}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_to_do_and_nothing_is_lost(
    clinic: Clinic, manager: TestClient, name: str, others: dict[str, str], says: str
) -> None:
    with clinic.begin() as tx:
        before = sites.get(tx, clinic.site)
    typed = {"provider_keeps_days": "11", **others}
    fields = form_of(manager, clinic, **typed)
    for step in ("", "/check"):
        sent = submit(manager, hours(clinic), f"{hours(clinic)}{step}", fields)
        assert sent.status_code == 422
        assert f'href="#f-{name}"' in sent.text
        assert says in sent.text
        assert f'value="{typed["provider_keeps_days"]}"' in sent.text
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site) == before


def test_of_two_managers_the_second_is_told(clinic: Clinic, manager: TestClient) -> None:
    late = form_of(manager, clinic, texts_from="10:00")
    first = form_of(manager, clinic, texts_from="09:00")
    assert submit(manager, hours(clinic), "", first).status_code == 303
    sent = submit(manager, hours(clinic), "", late)
    assert sent.status_code == 422
    assert "Somebody else changed the site meanwhile" in sent.text


def test_only_managers_of_the_site_may(
    clinic: Clinic, web_db: Database, clock: VirtualClock, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    assert manager.get(hours(other)).status_code == 404
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(hours(clinic)).status_code == 403


def test_a_holiday_has_its_name_in_english_where_the_library_knows_it() -> None:
    closed = SiteCalendar(country="ES", texts_on_holidays=False, closed_dates=(CHRISTMAS,))
    (found,) = upcoming(closed, CHRISTMAS, 1)
    assert (found.day, found.name) == (CHRISTMAS, "Christmas Day")
    assert upcoming(SiteCalendar(closed_dates=(CHRISTMAS,)), CHRISTMAS)[0].name == ""
    assert upcoming(SiteCalendar(country="US"), CHRISTMAS) == []
