"""Somebody answers for a patient: asked by a link of her own, stopped alone, ended at once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.flow import proxies as flow
from rsm.instruments.library import find
from rsm.invitations import service as invitations
from rsm.invitations.model import Door
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Audience, Channel, Relation, Reporter
from rsm.messaging import optouts
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.proxy_model import NewProxy
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.patient_browser import Browser, browser_of
from tests.proxy_world import DAUGHTER, DAUGHTER_PHONE, appoint, newest_link, proxy_link
from tests.survey_world import World, build_world

RISEN = {"pain_frequency": "2", "pain_severity": "2"}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def post(world: World, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(world.clinic, worker_db, clock)


def states(owner: Engine) -> list[tuple[str, str]]:
    """Business key without its ids, and state, of what is to the proxy."""
    with owner.connect() as connection:
        found = connection.execute(
            text(
                "SELECT purpose, state FROM message WHERE fields ->> 'proxy' IS NOT NULL"
                " ORDER BY created_at"
            )
        )
        return [(purpose, state) for purpose, state in found]


def test_she_is_invited_and_reminded_beside_the_patient_in_words_that_name_nobody(
    world: World, post: Post, clock: VirtualClock
) -> None:
    appoint(world)
    outbound.open_due(post.db)
    (hers,) = Phone(post, DAUGHTER_PHONE).gets()
    (own,) = Phone(post, PATIENT_PHONE).gets()
    assert "you help with a check-in" in hers
    for word in ("Maria", "Alvarez", "Lucia", "symptom", "pain", "patient"):
        assert word.lower() not in hers.lower()
    assert hers.split("/s/")[1][:32] != own.split("/s/")[1][:32]
    post.later(days=1)
    outbound.advance_due(post.db)
    assert len(Phone(post, DAUGHTER_PHONE).gets()) == 2
    assert len(Phone(post, PATIENT_PHONE).gets()) == 2


def test_she_is_asked_in_her_own_language(world: World, post: Post) -> None:
    new = NewProxy(relation=Relation.FRIEND, name="Ana", language="es", phone=DAUGHTER_PHONE)
    appoint(world, new)
    outbound.open_due(post.db)
    (hers,) = Phone(post, DAUGHTER_PHONE).gets()
    assert "usted ayuda con una encuesta" in hers


def test_without_a_phone_she_is_written_to_by_mail_where_the_site_sends_mails(
    world: World, worker_db: Database, owner: Engine
) -> None:
    new = NewProxy(relation=Relation.FRIEND, name="Ana", email="ana@example.org")
    with world.clinic.begin() as tx:
        mails = Channel.EMAIL, "care@lakeside.example.org"
        sites.set_sender(tx, world.clinic.site, Audience.PATIENT, *mails)
    appoint(world, new)
    outbound.open_due(worker_db)
    with owner.connect() as connection:
        sent = connection.execute(
            text("SELECT channel, purpose FROM message WHERE fields ->> 'proxy' IS NOT NULL")
        ).all()
    assert [tuple(row) for row in sent] == [("email", "proxy_invite")]


def test_named_while_a_survey_is_open_she_is_asked_at_once(world: World, post: Post) -> None:
    outbound.open_due(post.db)
    appoint(world)
    assert len(Phone(post, DAUGHTER_PHONE).gets()) == 1


def test_one_at_a_time(world: World) -> None:
    appoint(world)
    with pytest.raises(Conflict):
        appoint(world)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"phone": None}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": PATIENT_PHONE}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"language": "vi"}, "language"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    world: World, changed: dict[str, str | None], where: str
) -> None:
    with pytest.raises(Invalid) as refused:
        appoint(world, DAUGHTER.model_copy(update=changed))
    assert where in {problem.where for problem in refused.value.problems}
    with world.begin() as tx:
        assert proxies.standing(tx, world.patient) is None


def test_ended_her_links_die_and_what_was_queued_is_cancelled_in_one(
    world: World, worker_db: Database, owner: Engine, web_db: Database
) -> None:
    appoint(world)
    link = proxy_link(world, worker_db)
    with world.clinic.begin(world.clinic.nurse) as tx:
        assert flow.end(tx, world.patient)
        assert not flow.end(tx, world.patient)
    assert states(owner) == [("proxy_invite", "cancelled")]
    browser = browser_of(web_db, link)
    for page in (browser.get(), browser.start(), browser.post("/review"), browser.get("/q")):
        assert "This link is closed" in page.text
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        assert responses.of_occurrence(tx, survey.id) is None
        assert invitations.latest(tx, survey.id) is not None  # the patient's own


def test_the_trail_names_her_by_id_alone(world: World, owner: Engine) -> None:
    proxy = appoint(world)
    with world.clinic.begin(world.clinic.nurse) as tx:
        flow.end(tx, world.patient)
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT action, subject_id::text, facts::text FROM audit_event"
                " WHERE subject_kind = 'proxy'"
            )
        ).all()
    assert [row[0] for row in rows] == ["proxy.added", "proxy.revoked"]
    assert {row[1] for row in rows} == {str(proxy.id)}
    assert "Lucia" not in str(rows)
    assert "202555" not in str(rows)


def test_her_stop_stops_her_and_never_the_patient(world: World, post: Post, owner: Engine) -> None:
    appoint(world)
    outbound.open_due(post.db)
    phone = Phone(post, DAUGHTER_PHONE)
    phone.says("STOP")
    with world.begin() as tx:
        hers, own = (optouts.hash_of(tx, each) for each in (DAUGHTER_PHONE, PATIENT_PHONE))
        assert optouts.is_stopped(tx, hers, PATIENT_SENDER)
        assert not optouts.is_stopped(tx, own, PATIENT_SENDER)
    assert states(owner) == [("proxy_invite", "cancelled")]
    assert post.tasks() == [TaskKind.CHECK_CONTACT]
    assert len(phone.gets()) == 1  # the confirmation
    assert len(Phone(post, PATIENT_PHONE).gets()) == 1  # her invitation, as ever
    phone.says("START")
    with world.begin() as tx:
        assert not optouts.is_stopped(tx, optouts.hash_of(tx, DAUGHTER_PHONE), PATIENT_SENDER)


def test_a_wrong_number_of_hers_is_not_the_patients(world: World, post: Post) -> None:
    appoint(world)
    outbound.open_due(post.db)
    Phone(post, DAUGHTER_PHONE).says("wrong number")
    with world.begin() as tx:
        assert patients.address(tx, world.patient, Channel.SMS) == PATIENT_PHONE
        assert proxies.addresses(tx, world.patient) == {}
        survey = schedules.recent(tx, world.patient, 1)[0]
        assert invitations.latest(tx, survey.id, Door.PROXY) is None
        assert invitations.latest(tx, survey.id) is not None


def test_what_she_says_of_a_hospital_pauses_the_patients_surveys(world: World, post: Post) -> None:
    appoint(world)
    Phone(post, DAUGHTER_PHONE).says("She is in hospital")
    with world.begin() as tx:
        assert patients.paused_since(tx, world.patient) is not None


def test_ended_while_she_sends_either_all_of_it_counts_or_nothing(
    world: World, worker_db: Database, web_db: Database, owner: Engine
) -> None:
    for _ in range(4):
        _race(world, browser_of(web_db, _fresh_link(world, worker_db)))
    with owner.connect() as connection:
        late = connection.execute(
            text(
                "SELECT count(*) FROM answer_event e JOIN proxy p ON p.patient_id = e.patient_id"
                " WHERE e.reporter = 'proxy' AND NOT EXISTS (SELECT 1 FROM proxy q"
                " WHERE q.patient_id = e.patient_id AND q.revoked_at >= e.at)"
            )
        ).scalar_one()
    assert late == 0


def _fresh_link(world: World, worker_db: Database) -> str:
    appoint(world)
    return proxy_link(world, worker_db)


def _race(world: World, browser: Browser) -> None:
    barrier, first = Barrier(2), find("weekly-symptoms").items[0].code
    browser.start()

    def ends() -> None:
        barrier.wait()
        with world.clinic.begin(world.clinic.nurse) as tx:
            flow.end(tx, world.patient)

    def answers() -> None:
        barrier.wait()
        browser.post("/q/1", **{first: "2"})

    hands = [Thread(target=each) for each in (ends, answers)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert "This link is closed" in browser.get().text


def test_her_report_is_hers_with_the_relation_and_is_never_compared_with_the_patients(
    world: World, worker_db: Database, web_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    """None and then moderate is a rise only in one voice: the patient's, or the proxy's."""
    appoint(world)
    outbound.open_due(worker_db)
    _all_well(world)
    assert browser_of(web_db, newest_link(world)).post("/again").status_code == 200
    with world.begin() as tx:
        (report,) = (each for each in schedules.recent(tx, world.patient, 1) if not each.scheduled)
        link = invitations.latest(tx, report.id, Door.PROXY)
        assert link is not None
        assert invitations.latest(tx, report.id) is None  # no link of the patient's own was made
        address = invitations.url(tx, report.id, link.serial, "")
    browser = browser_of(web_db, address)
    browser.answer_all(browser.start(by="self"), **RISEN)
    browser.post("/review", words="")
    with world.begin() as tx:
        stored = responses.of_occurrence(tx, report.id)
        assert stored is not None
        assert (stored.reporter, stored.channel) == (Reporter.PROXY, Channel.WEB)
        assert stored.relation is Relation.CHILD
        assert _rules_met(owner) == set()
    clock.advance(timedelta(hours=1))
    with world.begin() as tx:
        again = schedules.report_now(tx, world.facts(tx), world.instrument(tx))
        answers = {code.replace("_", "."): answered(int(value)) for code, value in RISEN.items()}
        answer.enter(tx, again.id, answers, "", Author())
    assert _rules_met(owner) != set()  # the same, said by herself


def _all_well(world: World) -> None:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        well = {item.code: answered(0) for item in find("weekly-symptoms").items[:6]}
        answer.enter(tx, survey.id, well, "", Author(Reporter.SELF, Channel.WEB))


def _rules_met(owner: Engine) -> set[str]:
    with owner.connect() as connection:
        return set(connection.execute(text("SELECT rule FROM finding")).scalars())
