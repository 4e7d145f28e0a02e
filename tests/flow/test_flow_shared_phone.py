"""One phone and two patients, or two phones of them: nobody is guessed, nobody is waited for."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.db.work import Database, Tx
from rsm.flow import proxies
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Relation, Reporter
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.patients.proxy_model import NewProxy
from rsm.patients.store import details
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.talk import Talk, begin, second_patient
from tests.survey_world import CLOSES, add_patient, build_world

_JORGES = "+12025550188"


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    """Maria and Pedro have one phone; no survey is open yet."""
    world = build_world(web_db)
    return Talk(world, Post(world.clinic, worker_db, clock))


def test_an_emergency_from_a_shared_phone_is_one_of_each_patient_at_once(talk: Talk) -> None:
    pedro = second_patient(talk, birth_date=date(1949, 6, 1))
    talk.phone.says("please help I can't breathe")
    alerts = talk.alerts()
    assert {each.patient_id for each in alerts} == {talk.world.patient, pedro}
    assert {(each.kind, each.level) for each in alerts} == {(AlertKind.TEXT, Level.EMERGENCY)}
    assert TaskKind.READ_TEXT not in talk.tasks()


def test_other_words_from_a_shared_phone_are_an_alert_and_a_task(talk: Talk) -> None:
    second_patient(talk, birth_date=date(1949, 6, 1))
    talk.phone.says("what time is my appointment please")
    assert len(talk.alerts()) == 1
    assert TaskKind.READ_TEXT in talk.tasks()


@pytest.mark.parametrize("word", ["STOP", "START", "wrong number"])
def test_two_phones_that_cross_hold_their_patients_in_one_order(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """Each answers for the other: whoever texts first, no two texts wait for one another."""
    jorge = add_patient(talk.world.clinic, name="Jorge Alvarez", phone=_JORGES)
    for patient, phone in ((talk.world.patient, _JORGES), (jorge, PATIENT_PHONE)):
        with talk.world.clinic.begin(talk.world.clinic.nurse) as tx:
            proxies.appoint(
                tx, patient, NewProxy(relation=Relation.PARTNER, name="the other", phone=phone)
            )
    for phone in (PATIENT_PHONE, _JORGES):
        held = _held(monkeypatch)
        Phone(talk.post, phone).says(word)
        assert list(dict.fromkeys(held))[:2] == sorted({talk.world.patient, jorge})


def _held(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The patients whose rows are taken from now on, in order."""
    held: list[UUID] = []
    lock = patients.lock

    def noted(tx: Tx, patient_id: UUID, *, skip_locked: bool = False) -> PatientFacts | None:
        held.append(patient_id)
        return lock(tx, patient_id, skip_locked=skip_locked)

    monkeypatch.setattr(patients, "lock", noted)
    return held


def test_a_phone_that_has_gone_to_her_proxy_gives_no_late_answer_of_hers(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    clock.set(CLOSES + timedelta(minutes=1))
    talk.works()
    with talk.world.clinic.begin(talk.world.clinic.nurse) as tx:
        facts = patients.locked(tx, talk.world.patient)
        details.put_contact(tx, facts, Channel.SMS, Reporter.SELF, _JORGES)
        new = NewProxy(relation=Relation.PARTNER, name="the other", phone=PATIENT_PHONE)
        proxies.appoint(tx, talk.world.patient, new)
    talk.phone.says("3")
    with talk.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 0
    assert [each.kind for each in talk.alerts()] == [AlertKind.TEXT]
