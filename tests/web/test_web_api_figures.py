"""Figures by the JSON interface: the pages' own, with what each means; few people are not told."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.ids import SeededIds
from rsm.metrics import rollup
from rsm.metrics.definitions import MEASURES
from rsm.security import api_keys
from rsm.security.model import ApiScope
from tests.clinic import Clinic, build_clinic
from tests.databases import Doors
from tests.hand_clinic import Rows, enrol_and_survey, raise_alerts
from tests.web_desk import browser

QUARTER = "from=2026-07-01&to=2026-09-30"
PERIOD = "from=2026-09-28&to=2026-10-19"


@pytest.fixture
def clinic(doors: Doors) -> Clinic:
    """Worked out by hand (`tests.hand_clinic`): of 7 due 3 were completed, 1 was never sent."""
    return doors.furnished("clinic of figures", _live)


def _live(doors: Doors) -> Clinic:
    clinic = build_clinic(doors.web)
    rows = Rows(doors.owner, clinic.site, SeededIds("figures"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    rollup.roll_up_all(doors.worker)
    return clinic


@pytest.fixture
def client(clinic: Clinic) -> Iterator[TestClient]:
    with browser(clinic) as machine:
        machine.headers["authorization"] = f"Bearer {key_for(clinic, ApiScope.FIGURES_READ)}"
        yield machine


def key_for(clinic: Clinic, *scopes: ApiScope) -> str:
    with clinic.begin() as tx:
        return api_keys.create(tx, clinic.site, "registry", scopes, None)[1]


def address(clinic: Clinic, query: str = PERIOD) -> str:
    return f"/api/v1/sites/{clinic.site}/figures?{query}"


def test_figures_come_out_as_worked_out_by_hand_with_their_interval(
    clinic: Clinic, client: TestClient, owner: Engine
) -> None:
    told = client.get(address(clinic)).json()
    assert (told["from"], told["to"], told["by"]) == ("2026-09-28", "2026-10-19", "all")
    figures = {each["measure"]: each for each in told["figures"]}
    assert figures.keys() == {measure.id for measure in MEASURES}
    completed = figures["completed"]
    assert (completed["part"], completed["whole"]) == (3, 7)
    assert completed["low"] < completed["share"] < completed["high"]
    assert (figures["not_sent"]["part"], figures["due"]["part"]) == (1, 7)
    assert figures["due"]["whole"] is None
    with owner.connect() as connection:
        count = text("SELECT facts->>'by' FROM audit_event WHERE action = 'figures.read'")
        assert connection.execute(count).scalars().all() == ["all"]


def test_each_figure_comes_with_what_it_means(clinic: Clinic, client: TestClient) -> None:
    told = client.get(address(clinic, f"{PERIOD}&measure=completed&measure=due")).json()
    assert [each["measure"] for each in told["figures"]] == ["due", "completed"]
    completed = told["definitions"][1]
    assert completed["id"] == "completed"
    assert completed["denominator"]
    assert "test patients" in completed["excluded"][0]


def test_divided_figures_that_few_people_stand_behind_are_withheld(
    clinic: Clinic, client: TestClient
) -> None:
    told = client.get(address(clinic, f"{QUARTER}&by=language&measure=completed")).json()
    assert "en" in {each["value"] for each in told["figures"]}
    for figure in told["figures"]:
        assert figure["withheld"] is True
        assert (figure["part"], figure["whole"], figure["share"]) == (None, None, None)


def test_divided_figures_are_of_one_quarter_that_is_over(
    clinic: Clinic, client: TestClient
) -> None:
    """Of days at will the figures of one day more, less those of one day fewer, are the day's; and
    of quarters no two have a day in common."""
    told = client.get(address(clinic, "by=sex")).json()
    assert (told["from"], told["to"]) == ("2026-07-01", "2026-09-30")
    earlier = client.get(address(clinic, "by=sex&from=2025-10-01&to=2025-12-31"))
    assert earlier.status_code == 200
    assert client.get(address(clinic, "to=0001-01-05")).status_code == 200
    for days in (
        PERIOD,
        "from=9999-10-01",
        "to=0001-01-05",
        "from=2026-07-01&to=2026-09-29",
        "from=2026-04-01&to=2026-09-30",
        "from=2026-10-01&to=2026-12-31",  # it is not over
        "from=2026-08-01&to=2026-10-31",
    ):
        refused = client.get(address(clinic, f"{days}&by=sex"))
        assert refused.status_code == 422
        assert "one calendar quarter that is over" in refused.text


def test_without_days_it_is_the_last_four_weeks(clinic: Clinic, client: TestClient) -> None:
    told = client.get(address(clinic, "")).json()
    assert (told["from"], told["to"]) == ("2026-09-21", "2026-10-18")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("measure=complete", "did you mean `completed`?"),
        ("from=2026-10-19&to=2026-09-28", "is before"),
        ("from=October", "from"),
        ("by=worker", "by"),
        ("by=name", "by"),
    ],
)
def test_what_is_wrong_is_told(clinic: Clinic, client: TestClient, query: str, said: str) -> None:
    refused = client.get(address(clinic, query))
    assert refused.status_code == 422
    assert said in refused.text


def test_a_key_without_the_scope_and_one_of_another_site_get_nothing(
    clinic: Clinic, client: TestClient, web_db: Database
) -> None:
    client.headers["authorization"] = f"Bearer {key_for(clinic, ApiScope.PATIENTS_READ)}"
    assert client.get(address(clinic)).status_code == 403
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    client.headers["authorization"] = f"Bearer {key_for(other, ApiScope.FIGURES_READ)}"
    assert client.get(address(clinic)).status_code == 404


def test_the_description_names_it(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    figures = paths["/api/v1/sites/{site_id}/figures"]["get"]
    assert {each["name"] for each in figures["parameters"]} >= {"from", "to", "by", "measure"}
