"""Before go-live: a manager asks what so many patients would mean; everybody there reads it."""

from datetime import timedelta
from uuid import UUID

import pytest

from rsm.db.work import EVERYWHERE, Database
from rsm.improvement import foresight
from rsm.improvement.foresight_model import ForesightState
from rsm.kernel.clock import VirtualClock
from tests.clinic import Clinic, build_clinic
from tests.simulated_samples import busy, result_of
from tests.web_desk import at_desk, browser, submit

FORM = {
    "patients": "40",
    "weeks": "4",
    "programme": "star",
    "pack": "own",
    "roster": "own",
    "minutes": "12",
}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def here(clinic: Clinic) -> str:
    return f"/sites/{clinic.site}/before-go-live"


def play(db: Database, alerts_a_day: int) -> UUID:
    """As a worker would, without waiting for months."""
    with db.begin(EVERYWHERE) as tx:
        claimed = foresight.claim(tx)
        assert claimed is not None
        result = result_of(("1", busy(alerts_a_day))).model_dump_json()
        foresight.finish(tx, claimed, result)
    return claimed.id


def test_a_question_is_asked_worked_out_read_and_held_against_another(
    clinic: Clinic, clock: VirtualClock, worker_db: Database
) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        assert "Nothing was asked yet" in client.get(here(clinic)).text
        assert submit(client, here(clinic), fields=FORM).status_code == 303
        assert "Waits for a worker" in client.get(here(clinic)).text
        again = submit(client, here(clinic), fields=FORM)
        assert again.status_code == 422
        assert "wait for its answer" in again.text
        first = play(worker_db, 3)
        clock.advance(timedelta(minutes=1))
        submit(client, here(clinic), fields=FORM | {"pack": "shipped", "roster": "shipped"})
        second = play(worker_db, 6)
        listed = client.get(here(clinic)).text
        assert "40 patients, 4 weeks, STAR, rules of our own, our weekly roster" in listed
        assert "STAR, the programme&#39;s own rules, a roster as shipped" in listed
        answer = client.get(f"{here(clinic)}/{first}")
        assert "What this cannot show" in answer.text
        file = client.get(f"{here(clinic)}/{first}/file")
        assert file.headers["content-disposition"].startswith("attachment")
        assert "<style>" in file.text
        chosen = {"first": str(first), "second": str(second)}
        both = submit(client, here(clinic), f"{here(clinic)}/compare", chosen)
        both = client.get(both.headers["location"])
        assert "Alerts on a usual day" in both.text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("patients", "many", "is not a number"),
        ("patients", "2.5", "is not a whole number"),
        ("patients", "0", "0 is not 1 to 500"),
        ("weeks", "nan", "is not a whole number"),
        ("weeks", "inf", "is not a whole number"),
        ("minutes", "nan", "nan is not 1 to 240"),
        ("programme", "ours", "choose one from the list"),
        ("pack", "theirs", "choose one from the list"),
        ("roster", "", "choose one from the list"),
    ],
)
def test_what_cannot_be_asked_stays_in_the_form(
    clinic: Clinic, clock: VirtualClock, field: str, value: str, said: str
) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        page = submit(client, here(clinic), fields=FORM | {field: value})
    assert page.status_code == 422
    assert said in page.text.replace("\n", " ")
    assert f'value="{value}"' in page.text or field in {"programme", "pack", "roster"}
    with clinic.begin() as tx:
        assert foresight.recent(tx, clinic.site) == []


def test_a_nurse_reads_and_does_not_ask(
    clinic: Clinic, clock: VirtualClock, worker_db: Database
) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        submit(client, here(clinic), fields=FORM)
    asked = play(worker_db, 3)
    with at_desk(clinic, clock, clinic.nurse) as client:
        page = client.get(here(clinic)).text
        assert "Work it out" not in page
        assert client.get(f"{here(clinic)}/{asked}").status_code == 200
        refused = submit(client, here(clinic), fields=FORM)
    assert refused.status_code == 403


def test_what_is_not_answered_and_what_is_anothers_is_not_found(
    clinic: Clinic, clock: VirtualClock, web_db: Database, worker_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with at_desk(clinic, clock, clinic.charge) as client:
        submit(client, here(clinic), fields=FORM)
        with clinic.begin() as tx:
            (one,) = foresight.recent(tx, clinic.site)
        assert one.state is ForesightState.QUEUED
        assert client.get(f"{here(clinic)}/{one.id}").status_code == 404
        play(worker_db, 3)
    with at_desk(other, clock, other.charge) as client:
        assert client.get(f"{here(other)}/{one.id}").status_code == 404
    with browser(clinic) as client:
        assert client.get(here(clinic)).status_code in {303, 401}
