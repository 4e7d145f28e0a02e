"""What a patient writes beside her answers: read by a person, at once when alarming (P6)."""

import pytest

from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import answer, own_words
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward

WELL = {"pain.severity": 0}
SEVERE = {"pain.frequency": 3, "pain.severity": 3}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def report(ward: Ward, values: dict[str, int], words: str) -> list[AlertView]:
    """A report with words; the alerts that stand on the worklist afterwards."""
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
        given = {item: answered(value) for item, value in values.items()}
        answer.enter(tx, survey.id, given, words, Author())
    return ward.worklist()


def test_words_beside_answers_that_were_all_well_stand_on_the_worklist(ward: Ward) -> None:
    (alert,) = report(ward, WELL, "May I take my vitamins with it?")
    assert (alert.kind, alert.level) == (AlertKind.TEXT, Level.INFO)
    assert "vitamins" not in alert.reason


def test_an_alarming_word_is_urgent_and_somebody_is_told(ward: Ward) -> None:
    (alert,) = report(ward, WELL, "I can't breathe when I lie down")
    assert alert.level is Level.URGENT
    assert ward.told(alert) == ["nurse"]


def test_words_beside_an_alert_stand_on_its_page_and_make_no_second_one(ward: Ward) -> None:
    (alert,) = report(ward, SEVERE, "It keeps me awake.")
    assert alert.kind is AlertKind.SYMPTOM


def test_a_fault_while_reading_words_loses_no_answer_and_asks_a_person(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(own_words, "red_flag", broken)
    (alert,) = report(ward, WELL, "It keeps me awake.")
    assert (alert.kind, alert.level) == (AlertKind.REVIEW, Level.URGENT)
