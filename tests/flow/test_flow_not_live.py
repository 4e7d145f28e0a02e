"""A site that nobody has signed for sends to test patients and verified staff: every way out."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import escalate, link_requests, outbound
from rsm.flow.ask_now import ask_now
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Audience, Channel, SurveyState
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateReason
from rsm.messaging.model import Draft, Lane, MessageState
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason
from rsm.sites import service as sites
from rsm.tasks.model import TaskKind
from tests.clinic import NURSE_PHONE, PATIENT_PHONE, PATIENT_SENDER, SAFETY_PHONE
from tests.flow.mailpost import PATIENT_MAIL, MailPost
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.survey_callers import SurveyPhone
from tests.not_live import not_live
from tests.proxy_world import DAUGHTER_PHONE, appoint
from tests.survey_world import World, build_world

STRANGER = "+12025550177"


@pytest.fixture
def world(web_db: Database, owner: Engine) -> World:
    world = build_world(web_db)
    not_live(owner, world.clinic.site)
    return world


@pytest.fixture
def post(world: World, worker_db: Database, clock: VirtualClock) -> MailPost:
    return MailPost(world.clinic, worker_db, clock)


def ends(owner: Engine) -> set[tuple[str, str | None]]:
    """State and reason of everything to patients."""
    with owner.connect() as connection:
        query = "SELECT DISTINCT state, reason FROM message WHERE audience = 'patient'"
        return {(row.state, row.reason) for row in connection.execute(text(query))}


NOT_LIVE = {("suppressed", "not_live")}

# --- every way out --------------------------------------------------------------------------------


def survey(world: World, post: MailPost) -> None:
    outbound.open_due(post.db)


def reminder(world: World, post: MailPost) -> None:
    outbound.open_due(post.db)
    post.later(hours=25)
    outbound.advance_due(post.db)


def by_mail(world: World, post: MailPost) -> None:
    with world.begin() as tx:
        messaging.enqueue(
            tx,
            Draft(
                business_key="by:mail",
                lane=Lane.SURVEY,
                audience=Audience.PATIENT,
                site_id=world.clinic.site,
                purpose="survey_invite",
                language="en",
                channel=Channel.EMAIL,
                fields={"link": "https://rsm.example.org/s/x"},
                patient_id=world.patient,
                address=PATIENT_MAIL,
            ),
        )


def a_reply_to_stop(world: World, post: MailPost) -> None:
    Phone(post, PATIENT_PHONE).says("STOP")


def a_reply_to_help(world: World, post: MailPost) -> None:
    Phone(post, PATIENT_PHONE).says("HELP")


def a_reply_to_free_text(world: World, post: MailPost) -> None:
    Phone(post, PATIENT_PHONE).says("I feel so bad today and cannot breathe")


def a_reply_to_a_stranger(world: World, post: MailPost) -> None:
    Phone(post, STRANGER).says("HELP")


def a_link_on_request(world: World, post: MailPost) -> None:
    open_survey = world.open_survey()
    with world.as_patient() as tx:
        link_requests.text_new_link(tx, open_survey.id)


def to_a_proxy(world: World, post: MailPost) -> None:
    appoint(world)
    outbound.open_due(post.db)


def marked_as_a_test(world: World, post: MailPost) -> None:
    """A row that says it is a test, to somebody who is no test patient."""
    post.survey_text(world.patient, is_test=True)


WAYS: tuple[Callable[[World, MailPost], None], ...] = (
    survey,
    reminder,
    by_mail,
    a_reply_to_stop,
    a_reply_to_help,
    a_reply_to_free_text,
    a_reply_to_a_stranger,
    a_link_on_request,
    to_a_proxy,
    marked_as_a_test,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_leaves_to_anybody_who_is_no_test_patient(
    way: Callable[[World, MailPost], None], world: World, post: MailPost, owner: Engine
) -> None:
    way(world, post)
    post.deliver()
    assert ends(owner) == NOT_LIVE
    for number in (PATIENT_PHONE, DAUGHTER_PHONE, STRANGER):
        assert post.fake.received(number) == []
    assert post.mail.received == []


def test_no_call_is_made(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    world = build_world(web_db, channel=Channel.VOICE)
    not_live(owner, world.clinic.site)
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    phone.passes(hours=25)
    assert phone.rings() == 0
    assert ends(owner) <= NOT_LIVE | {("queued", None)}
    assert ends(owner) >= NOT_LIVE


def test_staff_are_told_plainly_when_they_want_to_ask_her_now(world: World) -> None:
    with pytest.raises(Conflict, match="not live"), world.begin() as tx:
        ask_now(tx, world.patient)


@pytest.mark.parametrize("test_row", [False, True])
def test_the_database_refuses_whatever_passes_the_gate(
    world: World, post: MailPost, web_db: Database, test_row: bool
) -> None:
    message = post.survey_text(world.patient, is_test=test_row)
    with pytest.raises(DBAPIError, match="the site is not live"), world.begin() as tx:
        tx.session.execute(
            text("UPDATE message SET state = 'sending' WHERE id = :id"), {"id": message}
        )
    assert post.look(message).state is MessageState.QUEUED


def test_the_database_lets_no_site_go_live_without_a_signature(world: World) -> None:
    with pytest.raises(DBAPIError, match="nobody has signed"), world.begin() as tx:
        sites.make_live(tx, world.clinic.site)


# --- what is not held back ------------------------------------------------------------------------


def test_a_test_patient_is_asked(world: World, post: MailPost) -> None:
    tester = world.clinic.enrol_patient("Tess Trial", "+12025550132", is_test=True)
    outbound.open_due(post.db)
    (text_,) = Phone(post, "+12025550132").gets()
    assert "/s/" in text_
    assert Phone(post, PATIENT_PHONE).gets() == []
    assert tester != world.patient


def test_a_stop_is_obeyed_all_the_same(world: World, post: MailPost) -> None:
    Phone(post, PATIENT_PHONE).says("STOP")
    with world.begin() as tx:
        hashed = optouts.hash_of(tx, PATIENT_PHONE)
        assert optouts.is_stopped(tx, hashed, PATIENT_SENDER, Channel.SMS)
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]


def test_what_she_writes_is_stored_and_judged(world: World, post: MailPost) -> None:
    Phone(post, PATIENT_PHONE).says("I cannot breathe")
    with world.begin() as tx:
        (alert,) = handling.worklist(tx, world.clinic.site)
    assert alert.patient_id == world.patient


def test_an_alert_is_told_to_verified_staff_and_the_safety_contact(
    world: World, post: MailPost, owner: Engine
) -> None:
    post.staff_text(post.alert())
    post.deliver()
    assert post.fake.received(NURSE_PHONE) != []
    with owner.begin() as connection:
        connection.execute(text("UPDATE staff_account SET phone_verified_at = NULL"))
    alert = post.alert("review:2", climbing=True)
    for _ in range(12):
        post.deliver()
        post.later(minutes=20)
        escalate.escalate_due(post.db)
    assert alert
    assert len(post.fake.received(NURSE_PHONE)) == 1
    assert post.fake.received(SAFETY_PHONE) != []


def test_many_alerts_at_once_reach_the_safety_contact_in_one_text(
    world: World, post: MailPost, owner: Engine
) -> None:
    """A bundle names no single alert: it is for the safety contact all the same."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE staff_account SET phone_verified_at = NULL"))
    for number in range(6):
        post.alert(f"review:{number}", climbing=True)
    for _ in range(12):
        post.deliver()
        post.later(minutes=10)
        escalate.escalate_due(post.db)
    told = post.fake.received(SAFETY_PHONE)
    assert [each for each in told if "more alerts wait" in each] != []
    assert post.fake.received(NURSE_PHONE) == []


# --- never asked ----------------------------------------------------------------------------------


def test_a_survey_that_was_not_to_be_asked_yet_is_called_off_and_lost_by_nobody(
    world: World, post: MailPost
) -> None:
    outbound.open_due(post.db)
    post.later(days=4)
    outbound.advance_due(post.db)
    post.deliver()
    post.later(days=3)
    outbound.advance_due(post.db)
    with world.begin() as tx:
        missed = schedules.recent(tx, world.patient, 1)[0]
        assert responses.of_occurrence(tx, missed.id) is None
    assert (missed.state, missed.miss_reason) == (SurveyState.CANCELLED, MissReason.NOT_LIVE)
    assert post.tasks() == [], "nobody is put on the call list, or asked after"


def test_the_reason_is_a_word_of_the_closed_list() -> None:
    assert GateReason("not_live") is GateReason.NOT_LIVE


def test_a_site_that_is_live_is_not_held_back(
    world: World, post: Post, owner: Engine, clock: VirtualClock
) -> None:
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO go_live_signature (id, site_id, extent, signed_by, name, words,"
                " signed_at, frozen) VALUES (:id, :site, 'everybody', :by, 'Ruth Cole', '', :now,"
                " '{}')"
            ),
            {
                "id": UUID(int=7),
                "site": world.clinic.site,
                "by": world.clinic.charge,
                "now": clock.now(),
            },
        )
    with world.begin() as tx:
        sites.make_live(tx, world.clinic.site)
    outbound.open_due(post.db)
    assert len(Phone(post, PATIENT_PHONE).gets()) == 1
