from datetime import timedelta
import pytest
from sqlalchemy import Engine, text
from rsm.db.work import Database, Scope
from rsm.flow import answer, outcome
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.responses.model import Author
from rsm.escalation import telling
from rsm.flow.escalate import escalate_due
from rsm.kernel.words import Level
from rsm.escalation import service as escalation
from tests.alert_world import Ward, build_ward
from tests.survey_world import World, build_world
from tests.flow.test_flow_escalation import clear_roster


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def test_outcome_fault_loses_the_submit(web_db: Database, owner: Engine, monkeypatch) -> None:
    world = build_world(web_db)
    survey = world.open_survey()
    with world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(4), Author()); answer.save(tx, survey.id, "pain.severity", answered(4), Author())
    monkeypatch.setattr(outcome, "_routed", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        with world.as_patient() as tx:
            answer.submit(tx, survey.id, "", Author())
    with owner.connect() as c:
        print("STATE", c.execute(text("select state from response")).scalars().all())


def test_nobody_told_because_telling_breaks(ward: Ward, monkeypatch) -> None:
    def broken(*a): raise RuntimeError
    monkeypatch.setattr(telling, "_tell_one", broken)
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        print("STANDING", escalation.standing(tx, [alert.id])[alert.id], tx.now)
    print("TOLD", ward.told(alert))


def test_cover_of_test_patient_hides_real(ward: Ward, owner: Engine) -> None:
    clear_roster(ward)
    testp = ward.clinic.enrol_patient("T", "+12025550133", is_test=True)
    ward.report({"pain.severity": 4, "pain.frequency": 3}, testp)
    ward.report({"pain.severity": 4, "pain.frequency": 3})
    with owner.connect() as c:
        print("COVER", c.execute(text("select kind,is_test,business_key from alert")).all())


def test_lock_blocks_fk(ward: Ward, web_db: Database, owner: Engine) -> None:
    from rsm.patients import service as patients
    with ward.clinic.begin() as tx:
        patients.locked(tx, ward.patient)
        with owner.begin() as c:
            c.execute(text("set lock_timeout='300ms'"))
            try:
                c.execute(text("select 1 from patient where id=:p for key share"), {"p": ward.patient})
                print("FK free")
            except Exception as e:
                print("FK blocked", type(e).__name__)
