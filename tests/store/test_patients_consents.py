"""Consent: which words, in which version, with what to show for it; and how it is taken back."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import consent, enrol
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.messaging.model import MessageState
from rsm.patients import consents
from rsm.patients import service as patients
from rsm.patients.consents import NewConsentText
from rsm.patients.model import ConsentForm, ConsentView, EndReason, PatientStatus, as_entered
from tests.clinic import Clinic, build_clinic
from tests.flow.post import Post

WORDS = "You agree that we ask you every week how you are. You may end this at any time."


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def publish(clinic: Clinic, version: str, language: str = "en", body: str = WORDS) -> str:
    with clinic.begin(clinic.charge) as tx:
        new = NewConsentText(version=version, language=language, body=body)
        return consents.publish(tx, clinic.site, new).hash


def standing(clinic: Clinic, who: UUID) -> ConsentView:
    with clinic.begin() as tx:
        found = consents.standing(tx, who)
    assert found is not None
    return found


def test_a_consent_names_the_words_that_she_was_shown(clinic: Clinic) -> None:
    hashed = publish(clinic, "2")
    who = clinic.enrol_patient(
        consent_on=date(2026, 10, 19),
        consent_form=ConsentForm.PAPER,
        consent_evidence="Chart, folder 3",
    )
    found = standing(clinic, who)
    assert (found.text_version, found.text_hash, found.language) == ("2", hashed, "en")
    assert (found.form, found.evidence) == (ConsentForm.PAPER, "Chart, folder 3")


def test_without_published_words_the_version_is_what_was_said(clinic: Clinic) -> None:
    found = standing(clinic, clinic.enrol_patient(consent_text="2019-b"))
    assert (found.text_version, found.text_hash) == ("2019-b", None)


def test_a_consent_older_than_the_words_is_not_to_them(clinic: Clinic) -> None:
    publish(clinic, "2")
    found = standing(clinic, clinic.enrol_patient(consent_on=date(2026, 10, 1)))
    assert (found.text_version, found.text_hash) == (consents.UNVERSIONED, None)


def test_a_version_that_the_site_has_not_published_is_refused(clinic: Clinic) -> None:
    publish(clinic, "2")
    with pytest.raises(Invalid) as refused:
        clinic.enrol_patient(consent_text="3")
    assert refused.value.problems[0].where == "consent_text"
    assert "2" in refused.value.problems[0].mend


def test_a_published_version_never_changes(clinic: Clinic) -> None:
    publish(clinic, "2")
    with pytest.raises(Conflict):
        publish(clinic, "2", body=WORDS + " Another word.")
    publish(clinic, "2", "es", body="Usted acepta que le preguntemos cada semana. " + WORDS)
    with clinic.begin() as tx:
        assert {text.body for text in consents.texts(tx, clinic.site) if text.language == "en"} == {
            WORDS
        }


def test_a_new_version_takes_nothing_away(clinic: Clinic) -> None:
    publish(clinic, "2")
    who = clinic.enrol_patient(consent_on=date(2026, 10, 19))
    publish(clinic, "3", body=WORDS + " And we ask about sleep.")
    with clinic.begin() as tx:
        assert patients.peek(tx, who).status is PatientStatus.ENROLLED
    assert standing(clinic, who).text_version == "2"


def test_saving_the_record_again_adds_no_consent(clinic: Clinic) -> None:
    publish(clinic, "2")
    who = clinic.enrol_patient(consent_on=date(2026, 10, 19), consent_form=ConsentForm.VERBAL)
    with clinic.begin() as tx:
        record = patients.read(tx, who)
        patients.change(tx, who, as_entered(record), record.facts.changes)
        assert len(consents.history(tx, who)) == 1


def test_she_may_consent_again_to_newer_words(clinic: Clinic, clock: VirtualClock) -> None:
    publish(clinic, "2")
    who = clinic.enrol_patient(consent_on=date(2026, 10, 19))
    hashed = publish(clinic, "3", body=WORDS + " And we ask about sleep.")
    clock.advance(timedelta(hours=1))
    with clinic.begin(clinic.nurse) as tx:
        again = ConsentView(True, date(2026, 10, 19), "Maria Alvarez", "3")
        consent.give(tx, who, again)
        assert len(consents.history(tx, who)) == 2
    assert standing(clinic, who).text_hash == hashed


def test_a_withdrawal_is_a_later_line_and_ends_everything_at_once(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    who = clinic.enrol_patient()
    post = Post(clinic, worker_db, clock)
    queued = post.survey_text(who)
    with clinic.begin(clinic.nurse) as tx:
        consent.withdraw(tx, who, date(2026, 10, 19), "Maria Alvarez", "told the nurse")
        lines = consents.history(tx, who)
        record = patients.read(tx, who)
    assert [line.given for line in lines] == [False, True]
    assert lines[0].evidence == "told the nurse"
    assert record.end_reason is EndReason.WITHDRAWAL
    assert post.look(queued).state is MessageState.CANCELLED


def test_a_consent_that_was_taken_back_enrols_nobody(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
        who = patients.register(tx, clinic.site, new)
        consent.withdraw(tx, who, date(2026, 10, 19), "Maria Alvarez")
    with clinic.begin() as tx, pytest.raises(Invalid):
        enrol.enrol(tx, who)


def test_nothing_is_taken_back_twice_or_before_it_was_given(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        consent.withdraw(tx, who, date(2026, 10, 19), "Maria Alvarez")
    with clinic.begin() as tx, pytest.raises(Conflict):
        consent.withdraw(tx, who, date(2026, 10, 19), "Maria Alvarez")


def test_nothing_is_taken_back_on_a_day_before_it_was_given(clinic: Clinic) -> None:
    maria = clinic.enrol_patient()
    with clinic.begin(clinic.nurse) as tx, pytest.raises(Invalid, match="before the day"):
        consent.withdraw(tx, maria, date(2026, 9, 30), "Maria Alvarez")


def test_a_day_to_come_is_refused(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx, pytest.raises(Invalid):
        consent.withdraw(tx, who, date(2026, 10, 20), "Maria Alvarez")


def test_the_evidence_is_sealed(clinic: Clinic, owner: object) -> None:
    who = clinic.enrol_patient(consent_evidence="Chart, folder 3")
    with clinic.begin() as tx:
        raw = tx.session.connection().exec_driver_sql(
            "SELECT consent::text FROM consent WHERE patient_id = %s", (who,)
        )
        assert "folder" not in str(raw.scalar_one())


def test_line_ends_make_no_other_version() -> None:
    assert consents.hash_of("one\r\ntwo") == consents.hash_of("one\ntwo\n")
