"""An answer comes in: stored before thanks, judged when it matters, once (P3, P6, P9, P15)."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Tx
from rsm.flow import answer, link_requests, outbound
from rsm.flow.ask_now import ask_now
from rsm.flow.outcome import Outcome, advice
from rsm.invitations import service as invitations
from rsm.kernel import faults
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Expired, Invalid, NotAllowed, NotFound
from rsm.kernel.words import Level, SurveyState
from rsm.patients import service as patients
from rsm.patients.model import EndReason
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.survey_world import CLOSES, World, add_patient, build_world

BY = Author()
WEEK = timedelta(weeks=1)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def survey(world: World, worker_db: Database) -> OccurrenceView:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 1)[0]


@pytest.fixture
def no_faults() -> Iterator[None]:
    yield
    faults.install(None)


def save(world: World, survey: OccurrenceView, **values: int) -> None:
    """Answer as the patient: keywords are items with `_` for `.` and `__` for `-`."""
    for code, value in values.items():
        item = code.replace("__", "-").replace("_", ".")
        with world.as_patient() as tx:
            answer.save(tx, survey.id, item, answered(value), BY)


def send(world: World, survey: OccurrenceView) -> Outcome:
    with world.as_patient() as tx:
        return answer.submit(tx, survey.id, "", BY)


def rows(owner: Engine, query: str) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_severe_answer_is_stored_alerted_and_told_in_one_transaction(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    save(world, survey, pain_frequency=3, pain_severity=4)
    outcome = send(world, survey)
    assert (outcome.level, outcome.review, outcome.nobody) == (Level.URGENT, False, False)
    assert "pain.severity" in outcome.items
    assert outcome.looker == "Dana Reyes"
    assert outcome.look_by is not None
    staff = "SELECT count(*) FROM message WHERE audience = 'staff'"
    assert rows(owner, staff) == [(1,)]


def test_a_mild_report_needs_nobody(world: World, survey: OccurrenceView, owner: Engine) -> None:
    save(world, survey, pain_frequency=1, pain_severity=1)
    outcome = send(world, survey)
    assert (outcome.level, outcome.review, outcome.look_by) == (None, False, None)
    assert rows(owner, "SELECT count(*) FROM alert") == [(0,)]
    assert rows(owner, "SELECT count(*) FROM score_set") == [(1,)]


def test_an_emergency_is_judged_when_its_answer_is_saved(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    save(world, survey, shortness__of__breath_severity=4)
    assert rows(owner, "SELECT level FROM alert") == [("emergency",)]
    assert send(world, survey).level is Level.EMERGENCY
    assert rows(owner, "SELECT count(*) FROM alert") == [(1,)]


def test_advice_follows_the_level_in_the_language_of_the_page(
    world: World, survey: OccurrenceView
) -> None:
    save(world, survey, shortness__of__breath_severity=4)
    outcome = send(world, survey)
    with world.as_patient() as tx:
        (english,) = advice(tx, outcome, "en")
        (spanish,) = advice(tx, outcome, "es")
    assert english.startswith("Call 911 now")
    assert spanish.startswith("Llame ahora al 911")


def test_a_second_press_changes_nothing(
    world: World, survey: OccurrenceView, owner: Engine, clock: VirtualClock
) -> None:
    save(world, survey, pain_frequency=3, pain_severity=4)
    first = send(world, survey)
    before = rows(owner, "SELECT count(*) FROM message")
    clock.advance(timedelta(minutes=3))
    assert send(world, survey) == first
    assert rows(owner, "SELECT count(*) FROM message") == before


def test_two_tabs_that_send_at_once_make_one_report_and_one_alert(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    save(world, survey, pain_frequency=3, pain_severity=4)
    barrier, outcomes = threading.Barrier(2), []

    def press() -> None:
        barrier.wait()
        outcomes.append(send(world, survey))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes[0] == outcomes[1]
    assert rows(owner, "SELECT count(*) FROM response") == [(1,)]
    assert rows(owner, "SELECT count(*) FROM alert") == [(1,)]


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.usefixtures("no_faults")
@pytest.mark.parametrize(
    "where", ["answer.saved", "submit.recorded", "submit.judged", "submit.before_commit"]
)
def test_a_crash_leaves_all_or_nothing_and_the_retry_works(
    world: World,
    survey: OccurrenceView,
    owner: Engine,
    where: str,
) -> None:
    save(world, survey, pain_frequency=3)

    def die(name: str) -> None:
        if name == where:
            raise Killed

    def finish() -> None:
        save(world, survey, pain_severity=4)
        send(world, survey)

    faults.install(die)
    with pytest.raises(Killed):
        finish()
    assert rows(owner, "SELECT count(*) FROM response WHERE state = 'final'") == [(0,)]
    assert rows(owner, "SELECT count(*) FROM alert") == [(0,)]
    faults.install(None)
    finish()
    assert rows(owner, "SELECT count(*) FROM response WHERE state = 'final'") == [(1,)]
    assert rows(owner, "SELECT level FROM alert") == [("urgent",)]


def test_a_fault_in_the_rules_keeps_the_answer_and_a_person_looks(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    with owner.begin() as connection:
        broken = """UPDATE site SET rule_pack = '{"key": "gone", "version": "9", "hash": "0"}'"""
        connection.execute(text(broken))
    save(world, survey, pain_frequency=3, pain_severity=4)
    outcome = send(world, survey)
    assert outcome.review
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    assert ("review",) in rows(owner, "SELECT kind FROM alert")
    with world.as_patient() as tx:
        assert advice(tx, outcome, "en") == ()


def test_an_answer_out_of_range_is_refused_and_nothing_is_half_done(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    with world.as_patient() as tx, pytest.raises(Invalid):
        answer.save(tx, survey.id, "pain.frequency", answered(5), BY)
    assert rows(owner, "SELECT count(*) FROM answer_event") == [(0,)]
    assert rows(owner, "SELECT state FROM occurrence") == [("open",)]


def test_after_the_closing_the_page_takes_nothing_any_more(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    save(world, survey, pain_frequency=1)
    clock.set(CLOSES)  # the worker has not closed it yet
    with world.as_patient() as tx, pytest.raises(Expired):
        answer.save(tx, survey.id, "pain.severity", answered(4), BY)
    with world.as_patient() as tx, pytest.raises(Expired):
        answer.submit(tx, survey.id, "", BY)


def test_what_the_closing_made_final_was_not_sent_so_nobody_is_thanked(
    world: World, worker_db: Database, survey: OccurrenceView, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, pain_frequency=1)
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    with world.as_patient() as tx, pytest.raises(Expired):
        answer.submit(tx, survey.id, "too late", BY)
    assert rows(owner, "SELECT state, words_sealed FROM response") == [("final", None)]


def test_a_nurse_may_take_down_a_late_report_which_is_judged_and_marked_late(
    world: World, worker_db: Database, survey: OccurrenceView, clock: VirtualClock
) -> None:
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    by_phone = Author(recorded_by=world.clinic.nurse)
    given = {"pain.frequency": answered(3), "pain.severity": answered(3)}
    with world.begin() as tx:
        outcome = answer.enter(tx, survey.id, given, "by phone", by_phone)
        assert outcome.level is Level.URGENT
        assert outcome.response.late
        assert outcome.survey.state is SurveyState.PARTIAL
        with pytest.raises(Conflict):
            answer.enter(tx, survey.id, given, "", by_phone)


def test_a_correction_judges_the_later_reports_again(
    world: World,
    worker_db: Database,
    survey: OccurrenceView,
    clock: VirtualClock,
    owner: Engine,
) -> None:
    save(world, survey, fatigue_severity=2)
    first = send(world, survey)
    clock.advance(WEEK)
    outbound.open_due(worker_db)
    with world.begin() as tx:
        second = schedules.recent(tx, world.patient, 1)[0]
    save(world, second, fatigue_severity=2)
    assert send(world, second).level is None
    with world.begin() as tx:
        by_nurse = Author(recorded_by=world.clinic.nurse)
        answer.correct(tx, first.response.id, {"fatigue.severity": answered(0)}, by_nurse)
    assert rows(owner, "SELECT level, occurrence_id FROM alert") == [("soon", second.id)]


def test_not_me_stops_the_phone_sets_the_answers_aside_and_asks_a_person(
    world: World, survey: OccurrenceView, owner: Engine
) -> None:
    save(world, survey, pain_frequency=4)
    with world.as_patient() as tx:
        link_requests.not_me(tx, survey.id)
    assert rows(owner, "SELECT state FROM contact_point") == [("suspended",)]
    assert rows(owner, "SELECT state, reason FROM message") == [("cancelled", "not_me")]
    assert rows(owner, "SELECT quarantined_at IS NOT NULL FROM response") == [(True,)]
    assert rows(owner, "SELECT state, miss_reason FROM occurrence") == [("cancelled", "not_me")]
    assert rows(owner, "SELECT kind FROM task") == [("check_contact",)]
    assert rows(owner, "SELECT revoked_at IS NOT NULL FROM link") == [(True,)]


def test_report_again_is_a_new_report_and_twice_is_the_same(
    world: World, survey: OccurrenceView
) -> None:
    send(world, survey)
    with world.as_patient() as tx:
        first = link_requests.report_again(tx, survey.id)
        assert link_requests.report_again(tx, survey.id) == first
    assert first[0] != survey.id


def test_a_worse_report_an_hour_later_is_never_swallowed(
    world: World, survey: OccurrenceView, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, pain_frequency=0)
    send(world, survey)
    clock.advance(timedelta(minutes=5))
    with world.as_patient() as tx:
        again, _ = link_requests.report_again(tx, survey.id)
        new = schedules.occurrence(tx, again)
    save(world, new, pain_frequency=4, pain_severity=4)
    assert send(world, new).level is Level.URGENT


def test_a_report_of_her_own_that_was_not_answered_is_no_missed_survey(
    world: World, worker_db: Database, survey: OccurrenceView, clock: VirtualClock
) -> None:
    send(world, survey)
    with world.as_patient() as tx:
        again, _ = link_requests.report_again(tx, survey.id)
    clock.advance(timedelta(hours=24))
    outbound.advance_due(worker_db)
    with world.begin() as tx:
        assert schedules.occurrence(tx, again).state is SurveyState.CANCELLED


def test_a_new_link_is_texted_once_however_often_it_is_asked_for(
    world: World,
    worker_db: Database,
    survey: OccurrenceView,
    clock: VirtualClock,
    owner: Engine,
) -> None:
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    for _ in range(3):
        with world.as_patient() as tx:
            link_requests.text_new_link(tx, survey.id)
        clock.advance(timedelta(minutes=2))
    sent = rows(owner, "SELECT lane, occurrence_id FROM message WHERE purpose = 'new_link'")
    assert len(sent) == 1
    assert sent[0][0] == "reply"
    assert sent[0][1] != survey.id


def test_whose_participation_has_ended_reports_no_more(
    world: World, survey: OccurrenceView
) -> None:
    send(world, survey)
    with world.begin() as tx:
        patients.mark_ended(tx, world.patient, EndReason.WITHDRAWAL)
    with world.as_patient() as tx, pytest.raises(NotAllowed):
        link_requests.report_again(tx, survey.id)


def test_call_me_is_one_task(world: World, survey: OccurrenceView, owner: Engine) -> None:
    for _ in range(2):
        with world.as_patient() as tx:
            link_requests.call_me(tx, survey.id)
    assert rows(owner, "SELECT kind FROM task") == [("reach_another_way",)]


def test_the_patients_scope_sees_no_other_patient(
    world: World, worker_db: Database, survey: OccurrenceView
) -> None:
    other = World(world.clinic, add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132"))
    outbound.open_due(worker_db)
    with other.as_patient() as tx:
        with pytest.raises(NotFound):
            answer.save(tx, survey.id, "pain.frequency", answered(1), BY)
        assert responses.of_occurrence(tx, survey.id) is None
        assert invitations.latest(tx, survey.id) is None


def break_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(tx: Tx, *_: object) -> Outcome:
        tx.session.execute(text("SELECT 1/0"))
        raise AssertionError

    monkeypatch.setattr("rsm.flow.outcome._routed", broken)


@pytest.mark.parametrize("level", [Level.URGENT, Level.EMERGENCY])
def test_an_outcome_that_cannot_be_read_keeps_the_answer_and_a_person_looks(
    world: World,
    survey: OccurrenceView,
    owner: Engine,
    monkeypatch: pytest.MonkeyPatch,
    level: Level,
) -> None:
    break_outcome(monkeypatch)
    save(world, survey, pain_frequency=3, pain_severity=4)
    if level is Level.EMERGENCY:
        save(world, survey, shortness__of__breath_severity=4)
    outcome = send(world, survey)
    assert (outcome.review, outcome.level) == (True, level)
    assert outcome.survey.state.is_over
    assert rows(owner, "SELECT state FROM response") == [("final",)]
    kinds = rows(owner, "SELECT kind FROM alert ORDER BY kind")
    assert kinds == [("review",), ("symptom",)]
    assert send(world, survey).review
    assert rows(owner, "SELECT count(*) FROM alert") == [(2,)]


def test_a_nurses_entry_survives_an_outcome_that_cannot_be_read(
    world: World, survey: OccurrenceView, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_outcome(monkeypatch)
    given = {"pain.frequency": answered(3), "pain.severity": answered(3)}
    with world.begin() as tx:
        by_phone = Author(recorded_by=world.clinic.nurse)
        assert answer.enter(tx, survey.id, given, "", by_phone).review
    assert rows(owner, "SELECT state FROM response") == [("final",)]


def test_reports_of_her_own_have_an_end_for_the_day_and_begin_again_the_next(
    world: World, survey: OccurrenceView, clock: VirtualClock, owner: Engine
) -> None:
    send(world, survey)
    for _ in range(link_requests.REPORTS_AT_MOST):
        with world.as_patient() as tx:
            own, _ = link_requests.report_again(tx, survey.id)
            assert (
                link_requests.report_again(tx, survey.id)[0] == own
            )  # the same one is no further one
        with world.as_patient() as tx:
            answer.submit(tx, own, "", BY)
    with world.as_patient() as tx, pytest.raises(link_requests.EnoughReports):
        link_requests.report_again(tx, survey.id)
    with world.as_patient() as tx, pytest.raises(link_requests.EnoughReports):
        link_requests.text_new_link(tx, survey.id)
    clock.advance(timedelta(hours=24, seconds=1))
    with world.as_patient() as tx:
        link_requests.report_again(tx, survey.id)


def test_asking_now_twice_texts_one_link(
    world: World, survey: OccurrenceView, clock: VirtualClock, owner: Engine
) -> None:
    clock.advance(timedelta(hours=1))
    for _ in range(2):
        with world.begin() as tx:
            assert ask_now(tx, world.patient).id == survey.id
    clock.advance(timedelta(minutes=9))
    with world.begin() as tx:
        ask_now(tx, world.patient)
    asked = "SELECT count(*) FROM message WHERE lane = 'reply'"
    assert rows(owner, asked) == [(1,)]
    clock.advance(timedelta(minutes=2))
    with world.begin() as tx:
        ask_now(tx, world.patient)
    assert rows(owner, asked) == [(2,)]
