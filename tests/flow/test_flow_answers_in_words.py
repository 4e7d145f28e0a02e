"""Open questions are read like a patient's own words; names and dates are no grades (P6, P10)."""

from datetime import date

import pytest

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import answer, closing
from rsm.instruments import service as instruments
from rsm.instruments.branching import days
from rsm.kernel.answers import Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward

WELL: dict[str, Answer] = {
    "feeling.severity": answered(0),
    "week-overall": answered(9),
    "ache.presence": answered(1),
    "ache.where": Answer(AnswerStatus.ANSWERED, 2, (1, 3)),
    "troubles": Answer(AnswerStatus.ANSWERED, 3, (1, 2, 5)),
    "helped-by": answered(4),
    "last-visit": answered(days(date(2026, 10, 1))),
}
ALARMING = "I can't breathe when I lie down"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def wrote(text: str) -> dict[str, Answer]:
    return {"tell-us": Answer(AnswerStatus.ANSWERED, 1, text=text)}


def survey(ward: Ward) -> OccurrenceView:
    with ward.clinic.begin() as tx:
        weekly = sites.get(tx, ward.clinic.site).instrument
        short = instruments.publish_shipped(tx, "short-measure")
        pin = instruments.publish_merged(tx, [weekly, short])
        return schedules.report_now(tx, patients.locked(tx, ward.patient), pin)


def report(ward: Ward, given: dict[str, Answer]) -> list[AlertView]:
    asked = survey(ward)
    with ward.clinic.begin() as tx:
        answer.enter(tx, asked.id, given, "", Author())
    return ward.worklist()


def test_options_places_and_dates_without_a_rule_raise_nothing(ward: Ward) -> None:
    assert report(ward, WELL) == []


def test_an_open_question_is_read_by_a_person(ward: Ward) -> None:
    (alert,) = report(ward, wrote("My cat is ill"))
    assert (alert.kind, alert.level) == (AlertKind.TEXT, Level.INFO)
    assert "cat" not in alert.reason


def test_an_alarming_word_in_an_open_question_is_urgent(ward: Ward) -> None:
    (alert,) = report(ward, wrote(ALARMING))
    assert alert.level is Level.URGENT
    assert "alarming-words" in alert.reason
    assert "breathe" not in alert.reason


def test_words_of_a_survey_that_closed_half_way_are_read_as_well(ward: Ward) -> None:
    asked = survey(ward)
    with ward.clinic.begin() as tx:
        patients.locked(tx, ward.patient)
        responses.save(tx, asked, wrote(ALARMING), Author())
        closing.close_as(tx, asked, MissReason.NOT_ANSWERED)
    (alert,) = ward.worklist()
    assert alert.level is Level.URGENT
