"""Changes that meet a survey, a pause or a task: nothing is lost, doubled or asked in vain."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import calls, enrol, outbound, pauses, plans
from rsm.flow.calls import CallMade
from rsm.invitations import service as invitations
from rsm.kernel.clock import VirtualClock
from rsm.patients import pauses as kept
from rsm.patients import service as patients
from rsm.patients.decide import PauseDetails
from rsm.patients.model import CallOutcome, EndReason, PatientStatus, PauseReason, as_entered
from rsm.schedules import published, timers
from rsm.schedules import service as schedules
from rsm.schedules.model import AssignmentView, Due, OccurrenceView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import PUBLIC_URL, Post

OTHER_PHONE = "+12025550137"
DAY = timedelta(days=1)


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    """Monday, nine o'clock in New York."""
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient()


def change(post: Post, who: UUID, **fields: object) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        record = patients.read(tx, who)
        new = as_entered(record).model_copy(update=fields)
        enrol.change(tx, who, new, record.facts.changes)


def follow(post: Post, who: UUID, key: str, ends_on: date | None = None) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        plans.choose(tx, who, published.publish_shipped(tx, key), ends_on)


def following(post: Post, who: UUID) -> AssignmentView:
    with post.clinic.begin() as tx:
        active = schedules.assignment(tx, who)
    assert active is not None
    return active


def surveys(post: Post, who: UUID) -> list[OccurrenceView]:
    with post.clinic.begin() as tx:
        return [each for each in schedules.recent(tx, who, 60)[::-1] if each.scheduled]


def keys(post: Post, who: UUID) -> list[str]:
    return [each.window_key for each in surveys(post, who)]


def run(post: Post) -> None:
    outbound.open_due(post.db)
    outbound.advance_due(post.db)


# --- no window is lost ---------------------------------------------------------------------------


def test_moving_east_over_the_date_line_skips_no_survey(post: Post) -> None:
    maria = post.clinic.enrol_patient(zone="Pacific/Honolulu")
    run(post)
    post.clock.set(datetime(2026, 10, 19, 8, tzinfo=UTC))  # Sunday evening there
    change(post, maria, zone="Asia/Tokyo")  # Monday, five in the afternoon
    run(post)
    assert keys(post, maria) == ["2026-10-19"]


def test_moving_west_over_the_date_line_asks_nothing_twice(post: Post, maria: UUID) -> None:
    run(post)
    change(post, maria, zone="Pacific/Honolulu")
    assert following(post, maria).next_key == "2026-10-26"
    change(post, maria, zone="Asia/Tokyo")
    assert following(post, maria).next_key == "2026-10-26"


def test_an_hour_that_is_past_today_still_asks_today(post: Post) -> None:
    maria = post.clinic.enrol_patient(local_time=time(15))
    post.later(hours=2)
    change(post, maria, local_time=time(10))
    run(post)
    assert keys(post, maria) == ["2026-10-19"]


@pytest.mark.parametrize(
    "moved", [{"local_time": time(8)}, {"zone": "Europe/Madrid"}, {"zone": "Asia/Tokyo"}]
)
def test_an_earlier_hour_skips_no_day_of_a_daily_plan(
    post: Post, maria: UUID, moved: dict[str, object]
) -> None:
    follow(post, maria, "daily-14")
    run(post)
    post.later(hours=3)
    change(post, maria, **moved)
    for _ in range(30):
        post.later(hours=3)
        run(post)
    assert keys(post, maria)[:3] == ["2026-10-19", "2026-10-20", "2026-10-21"]


def test_a_window_that_could_not_be_opened_survives_a_change(post: Post, maria: UUID) -> None:
    active = following(post, maria)
    with post.clinic.begin() as tx:
        timers.failed(tx, Due(active.id, maria, post.clinic.site), planning=True)
    change(post, maria, zone="America/Halifax")  # where it was nine an hour ago
    run(post)
    assert keys(post, maria) == ["2026-10-19"]


def test_another_plan_on_the_same_day_twice_asks_once(post: Post, maria: UUID) -> None:
    run(post)
    follow(post, maria, "taper")
    follow(post, maria, "weekly")
    for _ in range(8):
        run(post)
        post.later(days=1)
    assert keys(post, maria) == ["2026-10-19", "2026-10-26"]


def test_a_plan_that_a_change_ends_is_told(post: Post, maria: UUID) -> None:
    follow(post, maria, "weekly", date(2026, 10, 27))
    run(post)
    change(post, maria, weekday=4)
    assert post.tasks() == [TaskKind.PLAN_OVER]


def test_a_new_end_date_does_not_begin_the_plan_anew(post: Post, maria: UUID) -> None:
    follow(post, maria, "taper")
    post.later(days=70)
    follow(post, maria, "taper", date(2027, 6, 1))
    assert following(post, maria).starts_on == date(2026, 10, 19)


# --- pauses within pauses ------------------------------------------------------------------------


def pause(post: Post, who: UUID, reason: PauseReason, until: date | None = None) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.pause(tx, who, reason, PauseDetails(until=until, note="4 West"))


def test_undone_a_report_gives_back_the_pause_that_it_met(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, date(2026, 11, 2))
    Phone(post, PATIENT_PHONE).says("my husband passed away")
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.undo(tx, maria)
        running = kept.running(tx, maria)
    assert running is not None
    assert (running.reason, running.note) == (PauseReason.TRAVEL, "4 West")
    assert running.until == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_a_death_after_a_stay_in_hospital_is_what_is_to_be_confirmed(
    post: Post, maria: UUID
) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my husband is in the hospital")
    phone.says("my husband died")
    with post.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, post.clinic.site, (TaskKind.CONFIRM_PAUSE,))
    assert "death" in task.reason


def test_a_traveller_in_hospital_is_not_resumed_by_herself(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, date(2026, 11, 2))
    Phone(post, PATIENT_PHONE).says("my wife is in the hospital")
    post.later(days=20)
    pauses.pauses_due(post.db)
    with post.clinic.begin() as tx:
        assert patients.peek(tx, maria).status is PatientStatus.PAUSED


# --- nobody is asked to call the dead ------------------------------------------------------------

_ABOUT_HER = (
    TaskKind.REACH_ANOTHER_WAY,
    TaskKind.NOT_DELIVERED,
    TaskKind.CHECK_CONTACT,
    TaskKind.UNCLEAR_STOP,
    TaskKind.NEEDS_DATE,
    TaskKind.PLAN_OVER,
    TaskKind.RELEASE_TEXTS,
)


@pytest.mark.parametrize("kind", _ABOUT_HER)
def test_after_a_death_nobody_is_asked_to_reach_her(
    post: Post, maria: UUID, kind: TaskKind
) -> None:
    with post.clinic.begin() as tx:
        tasks.open_task(tx, NewTask("k", kind, post.clinic.site, "For a test.", patient_id=maria))
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.end(tx, maria, EndReason.DEATH)
    assert post.tasks() == []


# --- numbers -------------------------------------------------------------------------------------


def test_a_stop_goes_with_her_to_a_new_number(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("STOP")
    change(post, maria, phone=OTHER_PHONE)
    run(post)
    assert Phone(post, OTHER_PHONE).gets() == []
    Phone(post, OTHER_PHONE).says("START")
    assert len(Phone(post, OTHER_PHONE).gets()) == 2


def test_a_strangers_stop_is_not_hers(post: Post, maria: UUID) -> None:
    stranger = Phone(post, PATIENT_PHONE)
    stranger.says("wrong number")
    stranger.says("STOP")
    change(post, maria, phone=OTHER_PHONE)
    run(post)
    assert len(Phone(post, OTHER_PHONE).gets()) == 1


def on_list(post: Post, who: UUID) -> OccurrenceView:
    run(post)
    (survey,) = surveys(post, who)
    with post.clinic.begin() as tx:
        assert calls.put_on_list(tx, survey, patients.locked(tx, who)) is not None
    return survey


def test_a_wrong_number_by_text_is_called_no_more_and_opens_no_link(
    post: Post, maria: UUID
) -> None:
    survey = on_list(post, maria)
    Phone(post, PATIENT_PHONE).says("wrong number")
    assert TaskKind.CALL_PATIENT not in post.tasks()
    with post.clinic.begin() as tx:
        assert invitations.latest(tx, survey.id) is None


def test_a_reminder_to_a_new_number_opens_the_survey(post: Post, maria: UUID) -> None:
    survey = on_list(post, maria)
    post.deliver()
    with post.clinic.begin(post.clinic.nurse) as tx:
        (task,) = tasks.open_tasks(tx, post.clinic.site, (TaskKind.CALL_PATIENT,))
        calls.record_call(tx, task.id, CallMade(CallOutcome.WRONG_NUMBER))
    change(post, maria, phone=OTHER_PHONE)
    post.later(hours=25)
    run(post)
    (text,) = Phone(post, OTHER_PHONE).gets()
    with post.clinic.begin() as tx:
        link = invitations.latest(tx, survey.id)
        assert link is not None
        assert invitations.url(tx, survey.id, link.serial, PUBLIC_URL) in text


# --- language ------------------------------------------------------------------------------------


def test_what_is_still_to_come_comes_in_her_new_language(post: Post, maria: UUID) -> None:
    run(post)
    change(post, maria, language="es")
    (invitation,) = Phone(post, PATIENT_PHONE).gets()
    assert "encuesta" in invitation
    post.later(hours=25)
    run(post)
    assert "encuesta" in Phone(post, PATIENT_PHONE).gets()[1]
