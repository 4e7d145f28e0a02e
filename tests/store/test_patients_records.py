"""Patients on a real database: entered, changed, reached, sealed, erased."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import Channel
from rsm.patients import service as patients
from rsm.patients.model import (
    ConsentView,
    ContactState,
    DeclineReason,
    NewPatient,
    PatientStatus,
    as_entered,
)
from rsm.security import patient_keys
from tests.clinic import PATIENT_PHONE, Clinic, build_clinic

OTHER_PHONE = "+12025550132"
SECRETS = ("Maria", "Alvarez", "MRN-77123", "1957-03-04", "2025550131", "Rosa Quispe")


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def hillside(web_db: Database) -> Clinic:
    numbers = ("+12025550102", "+12025550103")
    return build_clinic(web_db, name="Hillside Clinic", numbers=numbers)


def problems(clinic: Clinic, new: NewPatient) -> set[str]:
    with clinic.begin() as tx, pytest.raises(Invalid) as refused:
        patients.register(tx, clinic.site, new)
    return {problem.where for problem in refused.value.problems}


def actions(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT action FROM audit_event ORDER BY seq"))
        return [row[0] for row in rows]


def test_a_patient_is_read_as_she_was_entered(clinic: Clinic) -> None:
    new = clinic.new_patient(
        phone="(202) 555-0131",
        cycle_starts=(date(2026, 10, 15), date(2026, 10, 1)),
        regimen="FOLFOX",
        sex="female",
        status=PatientStatus.ELIGIBLE,
    )
    with clinic.begin() as tx:
        who = patients.register(tx, clinic.site, new)
        record = patients.read(tx, who)
    assert record.label.name == "Maria Alvarez"
    assert record.address(Channel.SMS) == PATIENT_PHONE
    assert record.cycles == (date(2026, 10, 1), date(2026, 10, 15))
    assert (record.facts.zone, record.facts.regimen, record.sex) == (
        "America/New_York",
        "FOLFOX",
        "female",
    )
    assert record.consent == ConsentView(
        True, date(2026, 10, 1), "Maria Alvarez", "1", language="en"
    )


def test_a_record_number_is_known_once_at_a_site_and_may_be_known_at_another(
    clinic: Clinic, hillside: Clinic
) -> None:
    new = clinic.new_patient(record_number="ab-1", status=PatientStatus.ELIGIBLE)
    with clinic.begin() as tx:
        patients.register(tx, clinic.site, new)
    again = new.model_copy(update={"record_number": " AB-1 ".strip()})
    with clinic.begin() as tx, pytest.raises(Conflict):
        patients.register(tx, clinic.site, again)
    with hillside.begin() as tx:
        assert patients.register(tx, hillside.site, again)


def test_whoever_is_younger_than_the_instrument_allows_is_refused(clinic: Clinic) -> None:
    seventeen = clinic.new_patient(birth_date=date(2008, 10, 20), status=PatientStatus.ELIGIBLE)
    assert problems(clinic, seventeen) == {"birth_date"}
    with clinic.begin() as tx:
        eighteen = clinic.new_patient(birth_date=date(2008, 10, 19), status=PatientStatus.ELIGIBLE)
        assert patients.register(tx, clinic.site, eighteen)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", date(2026, 10, 20)),
        ("birth_date", date(1857, 3, 4)),
        ("phone", "12"),
        ("zone", "America/New_Yorck"),
        ("consent_on", date(2026, 10, 20)),
        ("status", PatientStatus.PAUSED),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    clinic: Clinic, field: str, value: object
) -> None:
    new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
    assert problems(clinic, new.model_copy(update={field: value})) == {field}


def test_whoever_is_enrolled_needs_phone_consent_and_a_language_of_the_site(
    clinic: Clinic,
) -> None:
    bare = clinic.new_patient(phone=None, language="pl", consent_on=None, consent_by=None)
    assert problems(clinic, bare) == {"phone", "consent_on", "language"}


def test_whoever_declined_has_a_reason_and_counts_as_asked(clinic: Clinic) -> None:
    new = clinic.new_patient(status=PatientStatus.DECLINED, consent_on=None, consent_by=None)
    assert problems(clinic, new) == {"decline_reason"}
    with clinic.begin() as tx:
        told = new.model_copy(update={"decline_reason": DeclineReason.BURDEN})
        who = patients.register(tx, clinic.site, told)
        assert patients.read(tx, who).decline_reason is DeclineReason.BURDEN


def test_of_two_editors_the_second_is_told_and_changes_nothing(clinic: Clinic) -> None:
    new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
    with clinic.begin() as tx:
        who = patients.register(tx, clinic.site, new)
        seen = patients.peek(tx, who).changes
    with clinic.begin() as tx:
        patients.change(tx, who, new.model_copy(update={"regimen": "FOLFOX"}), seen)
    with clinic.begin() as tx, pytest.raises(Conflict):
        patients.change(tx, who, new.model_copy(update={"regimen": "CAPOX"}), seen)
    with clinic.begin() as tx:
        assert patients.peek(tx, who).regimen == "FOLFOX"


def test_saving_what_is_on_record_changes_nothing(clinic: Clinic) -> None:
    who = clinic.enrol_patient(cycle_starts=(date(2026, 10, 1),))
    with clinic.begin() as tx:
        before = patients.read(tx, who)
        patients.change(tx, who, as_entered(before), before.facts.changes)
        after = patients.read(tx, who)
    assert as_entered(after) == as_entered(before)
    assert after.contacts == before.contacts


def test_a_new_number_replaces_the_old_one_which_is_kept_on_record(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        record = patients.read(tx, who)
        new = as_entered(record).model_copy(update={"phone": OTHER_PHONE})
        patients.change(tx, who, new, record.facts.changes)
        contacts = {each.address: each.state for each in patients.read(tx, who).contacts}
        assert patients.address(tx, who, Channel.SMS) == OTHER_PHONE
    assert contacts == {PATIENT_PHONE: ContactState.REPLACED, OTHER_PHONE: ContactState.ACTIVE}


def test_the_number_of_an_enrolled_patient_cannot_be_taken_away(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        record = patients.read(tx, who)
        without = as_entered(record).model_copy(update={"phone": None})
        with pytest.raises(Invalid):
            patients.change(tx, who, without, record.facts.changes)


def test_a_suspended_number_is_not_reached_and_does_not_come_back_by_saving(
    clinic: Clinic,
) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        assert patients.suspend_contact(tx, who, Channel.SMS, "wrong_number")
        record = patients.read(tx, who)
        patients.change(tx, who, as_entered(record), record.facts.changes)
        assert patients.address(tx, who, Channel.SMS) is None


def test_a_number_finds_its_patients_at_every_site_before_a_scope_is_known(
    clinic: Clinic, hillside: Clinic, web_db: Database
) -> None:
    here, there = clinic.enrol_patient(), hillside.enrol_patient()
    with web_db.begin(NOWHERE) as tx:
        found = {
            (match.site_id, match.patient_id) for match in patients.by_address(tx, "+12025550131")
        }
        assert patients.by_address(tx, OTHER_PHONE) == []
    assert found == {(clinic.site, here), (hillside.site, there)}


def test_another_site_finds_nobody(clinic: Clinic, hillside: Clinic) -> None:
    who = clinic.enrol_patient()
    with hillside.begin() as tx:
        assert patients.find(tx, hillside.site) == []
        assert patients.names(tx, hillside.site, [who]) == {}
        assert patients.lock(tx, who) is None
        for ask in (patients.peek, patients.read):
            with pytest.raises(NotFound):
                ask(tx, who)


def test_search_finds_by_part_of_name_or_record_number(clinic: Clinic) -> None:
    maria = clinic.enrol_patient("María Álvarez", record_number="A-77")
    clinic.enrol_patient("Clarence Webb", OTHER_PHONE, record_number="B-12")
    with clinic.begin() as tx:
        for asked in ("álva", "MARÍA", "a-7"):
            assert [facts.id for facts, _ in patients.find(tx, clinic.site, asked)] == [maria]
        assert len(patients.find(tx, clinic.site)) == 2
        assert patients.find(tx, clinic.site, "", [PatientStatus.ENDED]) == []


def test_every_reading_is_audited_with_ids_only(clinic: Clinic, owner: Engine) -> None:
    who = clinic.enrol_patient()
    with clinic.begin(clinic.nurse) as tx:
        patients.read(tx, who)
        patients.find(tx, clinic.site, "Maria")
        patients.names(tx, clinic.site, [who])
        patients.peek(tx, who)
    assert actions(owner)[-3:] == ["patient.read", "patients.listed", "patients.listed"]
    with owner.connect() as connection:
        facts = connection.execute(text("SELECT facts::text FROM audit_event")).scalars().all()
    assert not any("Maria" in each or "555" in each for each in facts)


def rows_of(owner: Engine) -> Iterator[str]:
    """Every row of every table, as text: bytes as they are."""
    with owner.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        for table in tables.all():
            found = connection.execute(text(f'SELECT * FROM "{table}"'))
            for row in found:
                for value in row:
                    is_raw = isinstance(value, (bytes, memoryview))
                    yield bytes(value).decode("latin-1") if is_raw else str(value)


def test_no_table_holds_what_names_a_patient_in_plain_text(clinic: Clinic, owner: Engine) -> None:
    clinic.enrol_patient(record_number="MRN-77123", consent_by="Rosa Quispe")
    held = "\n".join(rows_of(owner))
    assert "Lakeside Clinic" in held  # it would find what is there
    assert [secret for secret in SECRETS if secret in held] == []


def test_a_birth_date_is_compared_without_being_shown(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        assert patients.birth_date_matches(tx, who, date(1957, 3, 4))
        assert not patients.birth_date_matches(tx, who, date(1957, 3, 5))


def test_whose_key_is_destroyed_is_nobody_any_more(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        patient_keys.destroy(tx, who)
    with clinic.begin() as tx:
        with pytest.raises(NotFound):
            patients.read(tx, who)
        assert patients.find(tx, clinic.site) == []
        assert patients.names(tx, clinic.site, [who]) == {}
        assert patients.address(tx, who, Channel.SMS) is None
        assert patients.peek(tx, who).status is PatientStatus.ENROLLED  # she still counts


def test_the_latest_consent_stands_and_a_withdrawn_one_is_not_given_again_by_saving(
    clinic: Clinic,
) -> None:
    who = clinic.enrol_patient()
    withdrawn = ConsentView(False, date(2026, 10, 19), "Maria Alvarez", "1", language="en")
    with clinic.begin() as tx:
        tx.now += timedelta(minutes=1)
        patients.add_consent(tx, who, withdrawn)
        record = patients.read(tx, who)
        assert record.consent == withdrawn
        assert as_entered(record).consent_on is None


def test_two_sites_transactions_do_not_see_one_another(clinic: Clinic, hillside: Clinic) -> None:
    here, there = clinic.enrol_patient(), hillside.enrol_patient()
    with clinic.db.begin(Scope.site(clinic.site, hillside.site)) as tx:
        assert set(patients.names(tx, clinic.site, [here, there])) == {here}


def test_two_who_hold_the_same_patient_follow_one_another(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as held, clinic.begin() as tx:
        patients.locked(held, who)
        assert patients.lock(tx, who, skip_locked=True) is None
