"""A relative texts of death or hospital: nothing goes out any more, a person confirms or undoes."""

from uuid import UUID

import pytest

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import enrol, outbound, pauses
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import AlertKind, Level, SurveyState
from rsm.messaging.model import MessageState
from rsm.patients import service as patients
from rsm.patients.model import EndReason, PatientStatus, PauseReason
from rsm.schedules import service as schedules
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import Post


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient()


def status(post: Post, who: UUID) -> tuple[PatientStatus, PauseReason | None]:
    with post.clinic.begin() as tx:
        return patients.peek(tx, who).status, patients.paused_since(tx, who)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("my husband passed away", PauseReason.REPORTED_DEATH),
        ("Mi mamá falleció ayer", PauseReason.REPORTED_DEATH),
        ("mom is in the hospital", PauseReason.REPORTED_HOSPITAL),
        ("La internaron anoche", PauseReason.REPORTED_HOSPITAL),
    ],
)
def test_it_pauses_at_once_and_asks_a_person(
    post: Post, maria: UUID, body: str, reason: PauseReason
) -> None:
    queued = post.survey_text(maria)
    Phone(post, PATIENT_PHONE).says(body)
    assert status(post, maria) == (PatientStatus.PAUSED, reason)
    assert post.look(queued).state is MessageState.CANCELLED
    assert post.tasks() == [TaskKind.CONFIRM_PAUSE]


def test_a_death_is_answered_by_no_machine(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my husband passed away")
    assert phone.gets() == []


def test_a_word_of_the_hospital_is_answered_with_whom_to_call(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("mom is in the hospital")
    (answer,) = phone.gets()
    assert "nobody reads texts at once" in answer


@pytest.mark.parametrize("body", ["my husband passed away", "I'm in the hospital"])
def test_a_nurse_reads_the_words(post: Post, maria: UUID, body: str) -> None:
    Phone(post, PATIENT_PHONE).says(body)
    with post.clinic.begin() as tx:
        (alert,) = handling.worklist(tx, post.clinic.site)
    assert alert.kind is AlertKind.TEXT
    assert alert.level.rank >= Level.SOON.rank


def test_near_words_pause_nothing_and_are_read(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("took my mom to the hospital, what should she take with her?")
    assert status(post, maria) == (PatientStatus.ENROLLED, None)
    with post.clinic.begin() as tx:
        assert len(handling.worklist(tx, post.clinic.site)) == 1


def test_said_twice_it_is_asked_once(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my wife died")
    phone.says("my wife passed away")
    assert post.tasks() == [TaskKind.CONFIRM_PAUSE]


def test_a_confirmed_death_ends_it(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("my husband passed away")
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.confirm(tx, maria)
        assert patients.read(tx, maria).end_reason is EndReason.DEATH
    assert status(post, maria) == (PatientStatus.ENDED, None)
    assert post.tasks() == []


def test_a_confirmed_stay_in_hospital_is_a_pause_like_others(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("mom is in the hospital")
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.confirm(tx, maria)
    assert status(post, maria) == (PatientStatus.PAUSED, PauseReason.INPATIENT)
    assert post.tasks() == []
    post.later(days=7)
    pauses.pauses_due(post.db)
    assert post.tasks() == [TaskKind.END_PAUSE]


def test_undone_she_is_asked_again_in_place_of_the_survey_that_was_cut_short(
    post: Post, maria: UUID
) -> None:
    phone = Phone(post, PATIENT_PHONE)
    outbound.open_due(post.db)  # it is Monday, nine o'clock
    assert len(phone.gets()) == 1
    phone.says("my mother passed away")
    post.later(hours=2)
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.undo(tx, maria)
        surveys = schedules.recent(tx, maria)
    assert status(post, maria) == (PatientStatus.ENROLLED, None)
    assert [each.state for each in surveys if each.scheduled] == [SurveyState.CANCELLED]
    assert [each.state for each in surveys if not each.scheduled] == [SurveyState.OPEN]
    assert post.tasks() == []
    assert len(phone.gets()) == 2


def test_undone_with_no_survey_open_she_just_goes_on(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("my mother passed away")
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.undo(tx, maria)
        assert schedules.recent(tx, maria) == []


def test_what_nobody_reported_is_neither_confirmed_nor_undone(post: Post, maria: UUID) -> None:
    with post.clinic.begin() as tx:
        enrol.pause(tx, maria, PauseReason.TRAVEL)
    for answer in (pauses.confirm, pauses.undo):
        with post.clinic.begin() as tx, pytest.raises(Conflict):
            answer(tx, maria)


def test_a_death_is_news_of_whoever_is_in_hospital(post: Post, maria: UUID) -> None:
    with post.clinic.begin() as tx:
        enrol.pause(tx, maria, PauseReason.INPATIENT)
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my husband is in the hospital")
    assert status(post, maria)[1] is PauseReason.INPATIENT
    phone.says("my husband died")
    assert status(post, maria)[1] is PauseReason.REPORTED_DEATH
    assert post.tasks() == [TaskKind.CONFIRM_PAUSE]


def test_on_a_shared_phone_it_holds_for_all_and_asks_about_each(post: Post, maria: UUID) -> None:
    jorge = post.clinic.enrol_patient("Jorge Alvarez")
    Phone(post, PATIENT_PHONE).says("my husband passed away")
    assert {status(post, who)[0] for who in (maria, jorge)} == {PatientStatus.PAUSED}
    assert post.tasks().count(TaskKind.CONFIRM_PAUSE) == 2


def test_nobody_answers_and_somebody_is_asked_again(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("my husband passed away")
    with post.clinic.begin(post.clinic.nurse) as tx:
        (task,) = tasks.open_tasks(tx, post.clinic.site)
        tasks.finish(tx, task.id, TaskOutcome.NOT_REACHED)
    post.later(days=1)
    pauses.pauses_due(post.db)
    assert post.tasks() == [TaskKind.CONFIRM_PAUSE]
