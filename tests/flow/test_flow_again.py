"""Whoever comes back after the end goes on: asked by a new window, counted once, never twice."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import EVERYWHERE, Database
from rsm.flow import consent, enrol, outbound
from rsm.flow.enrol import ReturnReason
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import SurveyState
from rsm.metrics import check_rollups, rollup
from rsm.metrics.figures import figures
from rsm.metrics.model import Days
from rsm.patients import service as patients
from rsm.patients.model import ConsentView, EndReason, PatientFacts, PatientStatus
from rsm.schedules import service as schedules
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.web_desk import at_desk, submit

OCTOBER = Days(date(2026, 10, 1), date(2026, 11, 30))


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    """Monday, nine o'clock in New York."""
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient()


@pytest.fixture
def desk(post: Post, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(post.clinic, clock, post.clinic.nurse) as client:
        yield client


def run(post: Post) -> None:
    outbound.open_due(post.db)
    outbound.advance_due(post.db)
    post.deliver()


def end(post: Post, who: UUID, reason: EndReason = EndReason.TREATMENT_STOPPED) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.end(tx, who, reason)


def again(post: Post, who: UUID, reason: ReturnReason = ReturnReason.RETURNED) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.again(tx, who, reason)


def facts(post: Post, who: UUID) -> PatientFacts:
    with post.clinic.begin() as tx:
        return patients.peek(tx, who)


def surveys(post: Post, who: UUID) -> list[tuple[str, SurveyState]]:
    with post.clinic.begin() as tx:
        return [(each.window_key, each.state) for each in schedules.recent(tx, who, 60)[::-1]]


def test_whoever_comes_back_is_asked_by_the_next_window_and_nothing_of_before(
    post: Post, maria: UUID
) -> None:
    phone, began = Phone(post, PATIENT_PHONE), facts(post, maria).enrolled_at
    run(post)
    assert len(phone.gets()) == 1
    end(post, maria)
    post.later(weeks=4, days=2)  # a Wednesday
    run(post)
    assert len(phone.gets()) == 1
    again(post, maria)
    run(post)
    assert len(phone.gets()) == 1
    post.later(days=5, hours=1)  # nine o'clock, as winter time has it
    run(post)
    assert len(phone.gets()) == 2
    called_off = ("2026-10-19", SurveyState.CANCELLED)
    assert surveys(post, maria) == [called_off, ("2026-11-23", SurveyState.OPEN)]
    now = facts(post, maria)
    assert (now.status, now.enrolled_at) == (PatientStatus.ENROLLED, began)


def test_an_end_by_mistake_asks_nothing_twice_on_the_same_day(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    run(post)
    assert len(phone.gets()) == 1
    end(post, maria, EndReason.DEATH)
    again(post, maria, ReturnReason.MISTAKE)
    for _ in range(3):
        run(post)
        post.later(days=1)
    assert len(phone.gets()) == 1
    post.later(days=4)
    run(post)
    assert len(phone.gets()) == 2


def test_after_a_withdrawal_a_new_consent_is_asked(post: Post, maria: UUID) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        consent.withdraw(tx, maria, date(2026, 10, 19), "Maria Alvarez")
    post.later(weeks=2)
    with pytest.raises(Invalid, match="consent"):
        again(post, maria)
    assert facts(post, maria).status is PatientStatus.ENDED
    with post.clinic.begin(post.clinic.nurse) as tx:
        consent.give(tx, maria, ConsentView(True, date(2026, 11, 2), "Maria Alvarez", ""))
    assert facts(post, maria).status is PatientStatus.ENDED
    again(post, maria)
    assert facts(post, maria).status is PatientStatus.ENROLLED


def test_only_what_has_ended_begins_again(post: Post, maria: UUID) -> None:
    with pytest.raises(Conflict, match="has not ended"):
        again(post, maria)
    end(post, maria)
    with post.clinic.begin() as tx, pytest.raises(Conflict):
        enrol.enrol(tx, maria)


def test_she_is_one_patient_in_every_figure(post: Post, maria: UUID) -> None:
    end(post, maria)
    rollup.roll_up_all(post.db)
    post.later(weeks=3)
    again(post, maria)
    run(post)
    rollup.roll_up_all(post.db)
    with post.clinic.begin() as tx:
        found = figures(tx, post.clinic.site, OCTOBER)[""]
    assert [found[each].part for each in ("eligible", "enrolled")] == [1, 1]
    with post.db.begin(EVERYWHERE) as tx:
        asked = check_rollups.within(tx, post.clinic.site, OCTOBER.first, OCTOBER.last)
        assert check_rollups.check(tx, post.clinic.site, *asked).wrong == ()


def test_the_nurse_says_why_on_the_patients_page(post: Post, maria: UUID, desk: TestClient) -> None:
    here = f"/sites/{post.clinic.site}/patients/{maria}"
    assert f"{here}/again" not in desk.get(here).text
    end(post, maria)
    assert f"{here}/again" in desk.get(here).text
    assert submit(desk, f"{here}/again", fields={"reason": "because"}).status_code == 422
    assert facts(post, maria).status is PatientStatus.ENDED
    assert submit(desk, f"{here}/again", fields={"reason": "mistake"}).status_code == 303
    assert "Enrolled again" in desk.get(here).text
    assert facts(post, maria).status is PatientStatus.ENROLLED


def test_a_number_that_has_left_is_told_where_she_can_come_back(post: Post) -> None:
    who = post.clinic.enrol_patient("Ann", phone="+12025550139", record_number="R7")
    end(post, who)
    with pytest.raises(Conflict, match="enrolled again"):
        post.clinic.enrol_patient("Ann", phone="+12025550139", record_number="R7")
