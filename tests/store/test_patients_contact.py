"""How and when a patient may be reached: e-mail, her own hours, and numbers that take no texts."""

from datetime import date, time
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import enrol, treatment
from rsm.flow.import_patients import import_csv
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Channel
from rsm.patients import service as patients
from rsm.patients.model import EndReason, TreatmentEventKind, as_entered
from rsm.schedules import service as schedules
from tests.clinic import Clinic, build_clinic


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def problems(clinic: Clinic, **others: object) -> set[str]:
    try:
        clinic.enrol_patient(**others)  # type: ignore[arg-type]  # the fields of a patient
    except Invalid as error:
        return {problem.where for problem in error.problems}
    return set()


def test_hours_and_email_are_read_as_they_were_entered(clinic: Clinic) -> None:
    who = clinic.enrol_patient(
        email="Maria@Example.org", contact_from=time(8, 30), contact_until=time(18)
    )
    with clinic.begin() as tx:
        facts, record = patients.peek(tx, who), patients.read(tx, who)
        assert patients.address(tx, who, Channel.EMAIL) == "maria@example.org"
    assert (facts.contact_from, facts.contact_until) == (time(8, 30), time(18))
    assert as_entered(record).email == "maria@example.org"


def test_an_email_that_is_taken_away_is_used_no_more(clinic: Clinic) -> None:
    who = clinic.enrol_patient(email="maria@example.org")
    with clinic.begin() as tx:
        record = patients.read(tx, who)
        without = as_entered(record).model_copy(update={"email": None})
        enrol.change(tx, who, without, record.facts.changes)
        assert patients.address(tx, who, Channel.EMAIL) is None


@pytest.mark.parametrize(
    ("others", "where"),
    [
        ({"phone": "+442079460958"}, {"phone"}),
        ({"phone": "+442079460958", "channel": "email", "email": "m@example.org"}, set()),
        ({"channel": "email"}, {"email"}),
        ({"email": "maria at example"}, {"email"}),
        ({"contact_from": time(10)}, {"contact_until"}),
        ({"contact_from": time(18), "contact_until": time(10)}, {"contact_until"}),
        ({"contact_from": time(21), "contact_until": time(23)}, {"contact_from"}),
        ({"contact_from": time(10), "contact_until": time(18)}, {"local_time"}),  # asked at nine
        ({"contact_from": time(9), "contact_until": time(18)}, set()),
    ],
)
def test_what_could_never_reach_her_is_refused(
    clinic: Clinic, others: dict[str, object], where: set[str]
) -> None:
    assert problems(clinic, **others) == where


def test_a_file_brings_hours_email_and_the_form_of_consent(clinic: Clinic) -> None:
    text = (
        "name,record_number,birth_date,status,phone,email,contact_from,contact_until,local_time,"
        "consent_on,consent_by,consent_form\n"
        "Joan Price,R77,1949-05-06,enrolled,202-555-0139,joan@example.org,10:00,18:00,11:00,"
        "2026-10-12,Joan Price,paper\n"
    )
    with clinic.begin() as tx:
        report = import_csv(tx, clinic.site, text, dry_run=False)
        assert report.done, report
        who = patients.by_record_number(tx, clinic.site, "R77")
        assert who is not None
        assert patients.peek(tx, who).contact_from == time(10)
    with clinic.begin() as tx:
        again = import_csv(tx, clinic.site, text, dry_run=True)
    assert [row.verdict for row in again.rows] == ["same"]


def test_events_come_move_and_go(clinic: Clinic) -> None:
    who = clinic.enrol_patient()

    def known() -> dict[TreatmentEventKind, date]:
        with clinic.begin() as tx:
            return dict(patients.read(tx, who).events)

    def put(on: date | None) -> None:
        with clinic.begin(clinic.nurse) as tx:
            treatment.put_event(tx, who, TreatmentEventKind.SURGERY, on)

    put(date(2026, 11, 2))
    assert known() == {TreatmentEventKind.SURGERY: date(2026, 11, 2)}
    put(date(2026, 11, 9))
    assert known() == {TreatmentEventKind.SURGERY: date(2026, 11, 9)}
    put(None)
    put(None)
    assert known() == {}


def test_a_cycle_that_moves_leaves_what_was_sent_alone(clinic: Clinic) -> None:
    who = clinic.enrol_patient(cycle_starts=(date(2026, 10, 1),))
    with clinic.begin(clinic.nurse) as tx:
        before = schedules.recent(tx, who)
        treatment.set_cycles(tx, who, (date(2026, 10, 8), date(2026, 10, 29)))
        assert schedules.recent(tx, who) == before
        assert patients.read(tx, who).cycles == (date(2026, 10, 8), date(2026, 10, 29))


def test_after_the_end_nothing_of_it_changes(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        enrol.end(tx, who, EndReason.DEATH)
    with clinic.begin() as tx, pytest.raises(Conflict):
        treatment.set_cycles(tx, who, (date(2026, 10, 8),))


def test_whoever_edits_an_old_version_is_told_after_a_date_changed(clinic: Clinic) -> None:
    who: UUID = clinic.enrol_patient()
    with clinic.begin() as tx:
        record = patients.read(tx, who)
        treatment.put_event(tx, who, TreatmentEventKind.SURGERY, date(2026, 11, 2))
        with pytest.raises(Conflict):
            enrol.change(tx, who, as_entered(record), record.facts.changes)
