"""Who stands behind each loss of the hand-made clinic: as many as the figures say, and who."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, update

from rsm.db.work import Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message
from rsm.metrics import lost, rollup
from rsm.metrics.lost import Asked, Loss, Lost
from rsm.metrics.model import Days
from rsm.patients import service as patients
from rsm.patients.model import DeclineReason, PatientStatus
from rsm.patients.tables import Patient
from rsm.schedules.model import MissReason
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import FIRST, M, Rows, enrol_and_survey, surveys

DAYS = Days(FIRST, FIRST + timedelta(weeks=3))
ZONE = "America/New_York"
FIFTH, TWELFTH = date(2026, 10, 5), date(2026, 10, 12)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def rows(owner: Engine, clinic: Clinic) -> Rows:
    made = Rows(owner, clinic.site, SeededIds("lost"))
    enrol_and_survey(clinic, made)
    return made


def found(clinic: Clinic, loss: Loss, days: Days = DAYS) -> list[Lost]:
    with clinic.begin() as tx:
        rows, more = lost.lost(tx, clinic.site, Asked(loss, days, ZONE))
    assert more is None
    return rows


def names(clinic: Clinic, rows: list[Lost]) -> list[tuple[str, date]]:
    with clinic.begin() as tx:
        people = patients.names(tx, clinic.site, {row.patient_id for row in rows})
    return [(people[row.patient_id].name, row.on) for row in rows]


def test_each_loss_names_those_whom_it_counts(clinic: Clinic, rows: Rows) -> None:
    assert names(clinic, found(clinic, Loss.NOT_SENT)) == [("Bea", FIFTH)]
    unheard = [("Ann", TWELFTH), ("Cora", FIFTH)]
    assert names(clinic, found(clinic, Loss.NOT_DELIVERED)) == unheard
    assert names(clinic, found(clinic, Loss.NOT_ANSWERED)) == unheard
    assert names(clinic, found(clinic, Loss.PARTIAL)) == [("Bea", FIRST)]
    assert [name for name, _ in names(clinic, found(clinic, Loss.NOT_APPROACHED))] == ["Dot"]


@pytest.mark.parametrize("reason", list(MissReason))
def test_whoever_said_no_on_the_phone_was_asked(
    clinic: Clinic, rows: Rows, worker_db: Database, reason: MissReason
) -> None:
    patient = clinic.enrol_patient("Eve", phone="+12025550149", record_number="R9")
    rows.survey(patient, 1, M, miss_reason=reason, window_key="of-eve")
    rollup.roll_up_all(worker_db)
    with clinic.begin() as tx:
        counts = surveys(tx, clinic.site, DAYS)[""]
    asked = reason in {MissReason.NOT_ANSWERED, MissReason.REFUSED, MissReason.TOO_ILL}
    assert (counts["not_answered"], counts["not_sent"]) == ((3, 1) if asked else (2, 2))
    assert len(found(clinic, Loss.NOT_ANSWERED)) == counts["not_answered"]
    assert len(found(clinic, Loss.NOT_SENT)) == counts["not_sent"]


def test_there_are_as_many_as_the_roll_up_counts(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    rollup.roll_up_all(worker_db)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        counts = surveys(tx, clinic.site, DAYS)[""]
    listed = {loss: len(found(clinic, loss)) for loss in Loss if not loss.of_patients}
    assert listed == {
        Loss.NOT_SENT: counts["not_sent"],
        Loss.NOT_DELIVERED: counts["sent"] - counts["delivered"],
        Loss.NOT_ANSWERED: counts["not_answered"],
        Loss.PARTIAL: counts["partial"],
    }


def test_the_reason_is_what_is_on_record(clinic: Clinic, rows: Rows, owner: Engine) -> None:
    with owner.begin() as connection:
        kept = {"state": MessageState.SUPPRESSED, "reason": "opted_out", "handed_over_at": None}
        sent = Message.state == MessageState.SENT
        connection.execute(update(Message).where(sent).values(**kept))
        dot = Patient.status == PatientStatus.ELIGIBLE
        no = {"status": PatientStatus.DECLINED, "decline_reason": DeclineReason.NO_PHONE}
        connection.execute(update(Patient).where(dot).values(**no))
    reasons = {row.reason for row in found(clinic, Loss.NOT_SENT)}
    assert reasons == {"not_sent", "opted_out"}
    assert [row.reason for row in found(clinic, Loss.DECLINED)] == ["no_phone"]


def test_other_days_and_other_sites_have_none_of_them(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    before = Days(FIRST - timedelta(weeks=3), FIRST - timedelta(days=1))
    assert found(clinic, Loss.NOT_SENT, before) == []
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    assert found(other, Loss.NOT_ANSWERED) == []
    assert found(other, Loss.NOT_APPROACHED) == []


def test_a_page_is_bounded_and_the_next_one_goes_on(
    clinic: Clinic, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "PAGE", 2)
    eve = clinic.enrol_patient("Eve")
    for week in range(3):
        rows.survey(eve, week, M, miss_reason="not_sent")
    asked, seen = Asked(Loss.NOT_SENT, DAYS, ZONE), []
    with clinic.begin() as tx:
        while True:
            shown, after = lost.lost(tx, clinic.site, asked)
            assert len(shown) <= 2
            seen += [row.id for row in shown]
            if after is None:
                break
            asked = Asked(Loss.NOT_SENT, DAYS, ZONE, after)
    assert len(seen) == len(set(seen)) == 4
