"""The edges of a survey: two timers of one moment, late digits, a report beside another."""

from datetime import timedelta

import pytest

from rsm.alerts.model import AlertAction
from rsm.db.work import Database
from rsm.flow import answer, conversation_end, idle, judge, outbound, plans, triage, voices
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import AlertKind, Channel, Relation, Reporter
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import published
from rsm.schedules import service as schedules
from rsm.schedules.library import plan_text, read_plan
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.alert_world import build_ward
from tests.flow.survey_callers import SurveyPhone
from tests.flow.talk import begin
from tests.survey_world import CLOSES, OPENS, add_patient, build_world

MINUTE = timedelta(minutes=1)
PROXY = Author(Reporter.PROXY, Channel.WEB, relation=Relation.PARTNER)


def test_whoever_has_no_more_to_say_is_told_whom_to_call_once(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """Half an hour after the last answer two timers come at the same moment."""
    talk = begin(web_db, worker_db, clock)
    talk.says("3", "4")
    talk.answers_all()
    talk.post.later(minutes=30)
    idle.judge_due(talk.post.db)
    conversation_end.finish_silent(talk.post.db)
    talk.post.deliver()
    assert talk.report().is_final
    assert [each for each in talk.purposes() if each.startswith("advice")] == ["advice_urgent"]


def test_words_kept_after_the_review_of_a_draft_was_closed_are_read(
    web_db: Database,
    worker_db: Database,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    ward = build_ward(web_db, worker_db, clock)
    nurse = ward.clinic.nurse
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
    monkeypatch.setattr(judge, "pack_for", broken)
    with ward.clinic.begin() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(3), Author())
    ward.passes(minutes=30)
    idle.judge_due(ward.worker)
    (review,) = ward.worklist()
    assert review.kind is AlertKind.REVIEW
    clock.advance(MINUTE)
    ward.take(review, nurse)
    with ward.clinic.begin(nurse) as tx:
        triage.view(tx, review.id, nurse)
        triage.close(tx, review.id, nurse, triage.Closing(AlertAction.PHONE_ADVICE))
    clock.advance(MINUTE)
    with ward.clinic.begin() as tx:
        answer.keep_words(tx, survey.id, "I fell and cannot get up.")
    ward.passes(minutes=30)
    idle.judge_due(ward.worker)
    assert [alert.kind for alert in ward.worklist()] == [AlertKind.TEXT]


def test_her_own_report_beside_a_relatives_stays_open_as_long_as_the_survey(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)
    survey = phone.window_opens()
    with phone.world.begin() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(2), PROXY)
        own = voices.apart(tx, survey, Reporter.SELF)
    assert own.id != survey.id
    clock.advance(timedelta(hours=25))
    with phone.world.begin() as tx:
        assert schedules.occurrence(tx, survey.id).takes_answers(tx.now)
        later = voices.apart(tx, survey, Reporter.SELF)
        assert later.takes_answers(tx.now)


def test_a_relatives_draft_that_was_set_aside_leaves_the_survey_to_her_calls(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)
    survey = phone.window_opens()
    with phone.world.begin() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(2), PROXY)
        voices.own_of(tx, survey, Reporter.SELF, is_in_it=False)
    clock.advance(timedelta(hours=1))
    with phone.world.begin() as tx:
        responses.quarantine(tx, survey)
    clock.advance(timedelta(hours=24))
    with phone.world.begin() as tx:
        now = voices.own_of(tx, survey, Reporter.SELF, is_in_it=False)
        assert now.takes_answers(tx.now)


def test_a_report_of_her_own_that_a_relative_has_begun_too_is_not_gone_on_with(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """Her own was empty still when he was handed it ("report now" offers what is open)."""
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)
    survey = phone.window_opens()
    with phone.world.begin() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(2), PROXY)
        own = voices.own_of(tx, survey, Reporter.SELF, is_in_it=False)
        answer.save(tx, own.id, "pain.frequency", answered(3), PROXY)
    with phone.world.begin() as tx:
        hers = voices.own_of(tx, survey, Reporter.SELF, is_in_it=True)
        answer.save(tx, hers.id, "pain.frequency", answered(1), Author(Reporter.SELF))
    assert hers.id not in {survey.id, own.id}
    with phone.world.begin() as tx:
        assert voices.own_of(tx, survey, Reporter.SELF, is_in_it=True).id == hers.id
        for each, whose in ((survey, Reporter.PROXY), (own, Reporter.PROXY), (hers, Reporter.SELF)):
            report = responses.of_occurrence(tx, each.id)
            assert report is not None
            assert report.reporter is whose


def test_whoever_has_no_more_to_say_is_told_though_her_report_cannot_be_sent(
    web_db: Database,
    worker_db: Database,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    talk = begin(web_db, worker_db, clock)
    talk.says("3", "4")
    talk.answers_all()
    talk.post.later(minutes=30)
    idle.judge_due(talk.post.db)
    monkeypatch.setattr(answer, "submit", broken)
    for _ in range(2):
        conversation_end.finish_silent(talk.post.db)
    talk.post.deliver()
    assert [each for each in talk.purposes() if each.startswith("advice")] == ["advice_urgent"]


def test_p6_of_questionnaires_that_cannot_be_one_survey_a_person_hears(
    web_db: Database,
    worker_db: Database,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> Instrument:
        raise Invalid(Problem("asks", "both ask `pain.severity`", "ask them one by one"))

    world = build_world(web_db)
    asks = '[[asks]]\nrhythm = "weekly"\n'
    named = f'{asks}instrument = "short-measure@1.0.0"\n'
    body = f"{plan_text('weekly')}\n{asks}{named}".replace('key = "weekly"', 'key = "more"')
    with world.begin() as tx:
        instruments.publish_shipped(tx, "short-measure")
        plan = published.publish(tx, read_plan(body, "more.toml"), body)
        plans.choose(tx, world.patient, plan, None)
    other = add_patient(world.clinic, name="Pedro Alvarez", phone="+12025550177")
    with world.begin() as tx:
        plans.choose(tx, other, plan, None)
    monkeypatch.setattr(instruments, "merge", refused)
    clock.set(OPENS + timedelta(days=7))
    outbound.open_due(worker_db)
    with world.begin() as tx:
        (task,) = tasks.open_tasks(tx, world.clinic.site, (TaskKind.CHECK_ROW,))
    assert "only the first of them is asked" in task.reason


def test_a_late_digit_changes_nothing_in_a_report_that_a_nurse_took_down_since(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    survey = talk.survey()
    clock.set(CLOSES)
    talk.works()
    talk.post.later(hours=12)
    with talk.world.begin() as tx:
        by = Author(Reporter.STAFF, Channel.STAFF)
        answer.enter(tx, survey.id, {"pain.frequency": answered(4)}, "", by)
    talk.post.later(hours=12)
    talk.says("1")
    assert talk.answers()["pain.frequency"] == answered(4)
    assert talk.report().revision == 1
    assert AlertKind.TEXT in {alert.kind for alert in talk.alerts()}
