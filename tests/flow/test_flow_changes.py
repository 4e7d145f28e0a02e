"""Changes that meet a survey, a pause or a task: nothing is lost, doubled or asked in vain."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import calls, enrol, outbound, pauses, plans
from rsm.flow.calls import CallMade
from rsm.invitations import service as invitations
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Channel, SurveyState
from rsm.messaging import arrivals
from rsm.patients import pauses as kept
from rsm.patients import service as patients
from rsm.patients.decide import PauseDetails
from rsm.patients.model import CallOutcome, EndReason, PatientStatus, PauseReason, as_entered
from rsm.schedules import published, timers
from rsm.schedules import service as schedules
from rsm.schedules.model import AssignmentView, Due, MissReason, OccurrenceView
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


def test_a_date_that_her_plan_does_not_hang_on_moves_nothing(post: Post, maria: UUID) -> None:
    """Her day was moved while a survey was open: the next one waits for a week."""
    run(post)
    change(post, maria, weekday=1)
    change(post, maria, cycle_starts=(date(2026, 12, 1),))
    assert following(post, maria).next_key == "2026-10-27"


def test_her_last_day_stays_the_last_day_in_another_zone(post: Post, maria: UUID) -> None:
    follow(post, maria, "weekly", date(2026, 11, 2))
    run(post)
    change(post, maria, zone="Pacific/Kiritimati")
    for _ in range(40):
        post.later(days=1)
        run(post)
    assert keys(post, maria) == ["2026-10-19", "2026-10-26", "2026-11-02"]


_ZONES = ("America/New_York", "Pacific/Honolulu", "Asia/Tokyo", "Pacific/Apia", "Europe/Madrid")


@pytest.mark.parametrize("seed", range(6))
def test_whatever_moves_and_however_the_clock_steps_each_day_is_asked_once(
    post: Post, maria: UUID, seed: int
) -> None:
    """Another zone or hour every few hours: the days of a daily plan follow one another."""
    chance = Random(seed)
    follow(post, maria, "daily-14")
    run(post)
    for _ in range(30):
        post.clock.advance(timedelta(hours=chance.uniform(3, 14)))
        change(post, maria, zone=chance.choice(_ZONES), local_time=time(chance.randrange(8, 20)))
        if chance.random() < 0.3:
            post.clock.set(post.clock.now() - timedelta(hours=chance.uniform(0, 2)))
        run(post)
    asked = [date.fromisoformat(key) for key in keys(post, maria)]
    assert asked == [date(2026, 10, 19) + n * DAY for n in range(len(asked))]
    assert len(asked) >= 7


def test_a_check_in_that_nobody_could_send_is_no_silence_of_hers(
    post: Post, maria: UUID, owner: Engine
) -> None:
    """The site sends nothing at week-ends; she answers on every other day."""
    with owner.begin() as connection:
        connection.execute(text("""UPDATE site SET calendar = '{"texts_on_weekends": false}'"""))
    follow(post, maria, "daily-14")
    for _ in range(8 * 8):
        run(post)
        post.deliver()
        answer_all(post, maria)
        post.later(hours=3)
    missed = [each for each in surveys(post, maria) if each.state is SurveyState.MISSED]
    assert [each.window_key for each in missed] == ["2026-10-24", "2026-10-25"]
    assert {each.miss_reason for each in missed} == {MissReason.NOT_SENT}
    assert post.tasks() == []


def answer_all(post: Post, who: UUID) -> None:
    """She completes whatever has come to her phone."""
    with post.clinic.begin() as tx:
        waiting = [each for each in schedules.recent(tx, who) if not each.state.is_over]
        for survey in waiting:
            if arrivals.arrived(tx, [survey.id]):
                schedules.mark(tx, survey.id, SurveyState.COMPLETED)


def test_who_wants_no_texts_any_more_is_called_instead(post: Post, maria: UUID) -> None:
    run(post)
    change(post, maria, channel=Channel.VOICE)
    post.later(hours=1)
    assert Phone(post, PATIENT_PHONE).gets() == []
    assert post.tasks() == [TaskKind.CALL_PATIENT]


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


def test_undone_a_death_leaves_the_stay_in_hospital_to_be_confirmed(
    post: Post, maria: UUID
) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my husband is in the hospital")
    phone.says("my husband died")
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.undo(tx, maria)
        (task,) = tasks.open_tasks(tx, post.clinic.site, (TaskKind.CONFIRM_PAUSE,))
        pauses.confirm(tx, maria)
        running = kept.running(tx, maria)
    assert "hospital" in task.reason
    assert running is not None
    assert running.reason is PauseReason.INPATIENT


def test_whoever_read_of_a_hospital_does_not_confirm_a_death(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("my husband is in the hospital")
    with post.clinic.begin() as tx:
        read = kept.running(tx, maria)
    assert read is not None
    phone.says("my husband died")
    with post.clinic.begin(post.clinic.nurse) as tx, pytest.raises(Conflict):
        pauses.confirm(tx, maria, read.id)
    with post.clinic.begin() as tx:
        assert patients.peek(tx, maria).status is PatientStatus.PAUSED


def test_a_traveller_in_hospital_is_not_resumed_by_herself(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, date(2026, 11, 2))
    Phone(post, PATIENT_PHONE).says("my wife is in the hospital")
    post.later(days=20)
    pauses.pauses_due(post.db)
    with post.clinic.begin() as tx:
        assert patients.peek(tx, maria).status is PatientStatus.PAUSED


# --- nobody is asked to call the dead ------------------------------------------------------------

_NEEDLESS = (
    TaskKind.NOT_DELIVERED,
    TaskKind.UNCLEAR_STOP,
    TaskKind.NEEDS_DATE,
    TaskKind.PLAN_OVER,
    TaskKind.RELEASE_TEXTS,
)
_REACH_HER = (TaskKind.REACH_ANOTHER_WAY, TaskKind.CHECK_CONTACT)


def ask_each(post: Post, who: UUID) -> None:
    with post.clinic.begin() as tx:
        for kind in (*_NEEDLESS, *_REACH_HER, TaskKind.READ_TEXT):
            tasks.open_task(tx, NewTask(kind, kind, post.clinic.site, "For a test.", who))


def test_after_a_death_nobody_is_asked_to_reach_her(post: Post, maria: UUID) -> None:
    ask_each(post, maria)
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.end(tx, maria, EndReason.DEATH)
    assert post.tasks() == [TaskKind.READ_TEXT]


def test_at_another_end_only_what_was_about_her_surveys_goes(post: Post, maria: UUID) -> None:
    ask_each(post, maria)
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.end(tx, maria, EndReason.TREATMENT_STOPPED)
    assert set(post.tasks()) == {*_REACH_HER, TaskKind.READ_TEXT}


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
    (said,) = Phone(post, OTHER_PHONE).gets()
    with post.clinic.begin() as tx:
        link = invitations.latest(tx, survey.id)
        assert link is not None
        assert invitations.url(tx, survey.id, link.serial, PUBLIC_URL) in said


# --- language ------------------------------------------------------------------------------------


def test_what_is_still_to_come_comes_in_her_new_language(post: Post, maria: UUID) -> None:
    run(post)
    change(post, maria, language="es")
    (invitation,) = Phone(post, PATIENT_PHONE).gets()
    assert "encuesta" in invitation
    post.later(hours=25)
    run(post)
    assert "encuesta" in Phone(post, PATIENT_PHONE).gets()[1]
