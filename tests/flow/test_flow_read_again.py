"""A draft that was read and closed: what is answered or written after it reaches a person (P6)."""

from datetime import timedelta

import pytest

from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Database
from rsm.flow import answer, idle, judge, own_words, triage
from rsm.instruments import service as instruments
from rsm.kernel.answers import Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward

MINUTE = timedelta(minutes=1)
QUIET, ALARMING = "My cat is ill", "My dog is ill"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def survey(ward: Ward) -> OccurrenceView:
    with ward.clinic.begin() as tx:
        weekly = sites.get(tx, ward.clinic.site).instrument
        short = instruments.publish_shipped(tx, "short-measure")
        pin = instruments.publish_merged(tx, [weekly, short])
        return schedules.report_now(tx, patients.locked(tx, ward.patient), pin)


def wrote(text: str) -> Answer:
    return Answer(AnswerStatus.ANSWERED, 1, text=text)


def save(ward: Ward, survey: OccurrenceView, **given: Answer) -> None:
    """Saved and left: half an hour later it is judged. In the names `_` stands for `.`."""
    for item, one in given.items():
        code = "tell-us" if item == "tell" else item.replace("_", ".")
        with ward.clinic.begin() as tx:
            answer.save(tx, survey.id, code, one, Author())
    ward.passes(minutes=30)
    idle.judge_due(ward.worker)


def send(ward: Ward, survey: OccurrenceView, words: str = "") -> None:
    with ward.clinic.begin() as tx:
        answer.submit(tx, survey.id, words, Author())


def read(ward: Ward) -> AlertView:
    """The nurse reads the alert that stands, and closes it."""
    (alert,) = ward.worklist()
    nurse = ward.clinic.nurse
    ward.clock.advance(MINUTE)
    ward.take(alert, nurse)
    with ward.clinic.begin(nurse) as tx:
        triage.view(tx, alert.id, nurse)
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.PHONE_ADVICE))
    assert ward.worklist() == []
    ward.clock.advance(MINUTE)
    return alert


def test_words_after_those_that_were_read_are_read_as_well(
    ward: Ward, survey: OccurrenceView
) -> None:
    save(ward, survey, tell=wrote(QUIET))
    before = read(ward)
    send(ward, survey, "And I fell yesterday.")
    (again,) = ward.worklist()
    assert (again.id, again.kind, again.level) == (before.id, AlertKind.TEXT, Level.INFO)


def test_without_another_word_nobody_reads_them_twice(ward: Ward, survey: OccurrenceView) -> None:
    save(ward, survey, tell=wrote(QUIET))
    read(ward)
    send(ward, survey)
    assert ward.worklist() == []


def test_words_that_become_alarming_are_told_at_once(
    ward: Ward, survey: OccurrenceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flagged(_pack: object, words: str, _language: str) -> str | None:
        return words if words == ALARMING else None

    monkeypatch.setattr(own_words, "red_flag", flagged)
    save(ward, survey, tell=wrote(QUIET))
    (quiet,) = ward.worklist()
    told = len(ward.told(quiet))
    save(ward, survey, tell=wrote(ALARMING))
    (urgent,) = ward.worklist()
    assert (urgent.id, urgent.level) == (quiet.id, Level.URGENT)
    assert len(ward.told(quiet)) > told


def test_words_beside_an_alert_that_was_closed_before_are_read(
    ward: Ward, survey: OccurrenceView
) -> None:
    save(ward, survey, pain_frequency=answered(3), pain_severity=answered(4))
    assert read(ward).kind is AlertKind.SYMPTOM
    save(ward, survey, tell=wrote(QUIET))
    assert [alert.kind for alert in ward.worklist()] == [AlertKind.TEXT]


def test_what_was_sent_and_cannot_be_judged_is_looked_at_though_a_draft_of_it_was(
    ward: Ward, survey: OccurrenceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(judge, "pack_for", broken)
    save(ward, survey, pain_frequency=answered(3))
    before = read(ward)
    assert before.kind is AlertKind.REVIEW
    told = len(ward.told(before))
    send(ward, survey)
    (again,) = ward.worklist()
    assert (again.id, again.epoch) == (before.id, before.epoch + 1)
    assert len(ward.told(before)) > told
