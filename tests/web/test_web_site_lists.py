"""The lists behind the funnel's losses, and rates by group: for whom, by whom, and audited."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Role
from rsm.metrics import lost, rollup
from rsm.metrics.dimensions import Dimension
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.security.tables import AuditEvent
from rsm.web.site_equity import RATES
from tests.clinic import Clinic, build_clinic
from tests.databases import Doors
from tests.hand_clinic import M, Rows, enrol_and_survey
from tests.web_desk import at_desk


@pytest.fixture
def clinic(doors: Doors) -> Clinic:
    return doors.furnished("clinic of lists", _live)


def _live(doors: Doors) -> Clinic:
    made = build_clinic(doors.web)
    rows = Rows(doors.owner, made.site, SeededIds("lists"))
    enrol_and_survey(made, rows)
    eve = made.enrol_patient("Eve", language="es", sex="female")
    for week in range(3):
        rows.survey(eve, week, M, miss_reason="not_sent")
    rollup.roll_up_all(doors.worker)
    return made


@pytest.fixture
def nurse(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def listed(owner: Engine) -> list[dict[str, object]]:
    query = select(AuditEvent.facts).where(AuditEvent.action == "patients.listed")
    with owner.connect() as connection:
        return [dict(facts) for facts in connection.scalars(query)]


def test_a_nurse_sees_who_was_never_sent_one_line_each_and_the_reading_is_audited(
    clinic: Clinic, nurse: TestClient, owner: Engine
) -> None:
    before = len(listed(owner))
    page = nurse.get(f"/sites/{clinic.site}/lost/not_sent?weeks=4").text
    assert "4 surveys were never sent to anybody" in page
    assert page.count("data-row") == 2
    assert re.search(r">Eve</a>", page)
    assert re.search(r">Bea</a>", page)
    assert "its time passed before it could be sent" in page
    audited = listed(owner)[before:]
    assert len(audited) == 1
    assert len(audited[0]["patients"]) == 2  # type: ignore[arg-type]  # ids, as a JSON list


@pytest.mark.parametrize(
    ("step", "names"),
    [
        ("not_answered", {"Ann", "Cora"}),
        ("not_delivered", {"Ann", "Cora"}),
        ("partial", {"Bea"}),
        ("not_approached", {"Dot"}),
        ("declined", set()),
        ("not_enrolled", set()),
    ],
)
def test_each_loss_has_its_list(
    clinic: Clinic, nurse: TestClient, step: str, names: set[str]
) -> None:
    page = nurse.get(f"/sites/{clinic.site}/lost/{step}").text
    assert set(re.findall(r"data-open>(\w+)</a>", page)) == names
    assert ("No patient was lost here in this period." in page) == (not names)


def test_a_manager_who_cares_for_nobody_sees_the_count_and_why_no_names(
    clinic: Clinic, clock: VirtualClock, owner: Engine
) -> None:
    with clinic.begin() as tx:
        kim = staff.create(tx, NewStaff(clinic.organisation, "kim@example.org", "Kim Osei"))
        staff.grant(tx, kim, clinic.site, Role.MANAGER)
    before = len(listed(owner))
    with at_desk(clinic, clock, kim) as client:
        page = client.get(f"/sites/{clinic.site}/lost/not_sent").text
    assert "4 surveys were never sent to anybody" in page
    assert "Names of patients are for those who care for them" in page
    assert "Eve" not in page
    assert "Bea" not in page
    assert len(listed(owner)) == before


def test_a_long_list_is_read_page_by_page(
    clinic: Clinic, nurse: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "PAGE", 2)
    seen, address, pages = 0, f"/sites/{clinic.site}/lost/not_sent", 0
    while address:
        page = nurse.get(address).text
        found = re.search(r'class="btn quiet" href="([^"]+after=[^"]+)"', page)
        address, pages = found[1].replace("&amp;", "&") if found else "", pages + 1
        seen += page.count("data-row")
    assert pages == 2
    assert seen >= 2
    odd = nurse.get(f"/sites/{clinic.site}/lost/not_sent?after=nonsense_1&weeks=100000")
    assert odd.status_code == 200


def test_a_step_that_is_none_is_not_found(clinic: Clinic, nurse: TestClient) -> None:
    assert nurse.get(f"/sites/{clinic.site}/lost/anywhere").status_code == 404


def test_rates_of_every_kind_are_shown_by_every_group(clinic: Clinic, nurse: TestClient) -> None:
    here = f"/sites/{clinic.site}/equity"
    for by in Dimension:
        page = nurse.get(f"{here}?by={by}&measure=completed")
        assert page.status_code == 200
    for measure in (*RATES[::9], "retained_12", "weekly_adherence"):
        page = nurse.get(f"{here}?by=sex&measure={measure}")
        assert page.status_code == 200, measure
    assert nurse.get(f"{here}?by=nothing&measure=none&weeks=3").status_code == 200


def test_groups_have_their_rate_interval_and_not_recorded_as_a_row(
    clinic: Clinic, nurse: TestClient
) -> None:
    here = f"/sites/{clinic.site}/equity?by=sex&measure=not_sent"
    page = nurse.get(here).text
    assert "Female" in page
    assert "Not recorded" in page
    assert "A group with fewer than 10 says next to nothing" in page
    table = nurse.get(f"{here}&picture=csv").content.decode("utf-8-sig").splitlines()
    assert table[1].startswith("Female,3,3,100 %,44 to 100 %,")
    assert table[2].startswith("Not recorded,1,7,14 %")
    picture = nurse.get(f"{here}&picture=svg")
    assert 'filename="not-sent-by-sex.svg"' in picture.headers["content-disposition"]


def test_a_group_of_nobody_is_said_plainly(clinic: Clinic, nurse: TestClient) -> None:
    page = nurse.get(f"/sites/{clinic.site}/equity?by=language&measure=acted").text
    assert "There is nothing to divide by in this period" in page
    assert '<svg class="chart"' not in page
