"""A survey by text that cannot go on so: another way at once, and nobody waits for ever."""

from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import text

from rsm.db.work import Database, Tx
from rsm.flow import asked_texts, conversation_end, outbound
from rsm.flow.set_aside import finish_task
from rsm.instruments.model import Instrument, Item
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging import questions
from rsm.messaging.incoming import ConversationEnd
from rsm.schedules.model import OccurrenceView
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.talk import Talk, begin, by_text
from tests.proxy_world import DAUGHTER_PHONE, appoint
from tests.survey_world import World, add_patient, build_world

JORGE = {"name": "Jorge Alvarez", "phone": "+12025550188"}


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    return begin(web_db, worker_db, clock)


# --- a question that cannot be asked by text ------------------------------------------------------


def never_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(instrument: Instrument, item: Item, language: str) -> bool:
        return False

    monkeypatch.setattr(questions, "fits", no)


def test_a_question_that_cannot_be_texted_after_all_is_followed_by_the_link_at_once(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_fits(monkeypatch)
    said = talk.says("1")
    assert "/s/" in said or "/s/" in talk.last()
    assert talk.ends() == [ConversationEnd.LINK]
    assert talk.tasks() == []
    assert len(talk.answers()) == 1


def test_so_it_is_with_the_first_question(
    web_db: Database, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world(web_db)
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    outbound.open_due(talk.post.db)
    never_fits(monkeypatch)
    talk.post.deliver()
    talk.post.deliver()
    (said,) = talk.heard()
    assert "/s/" in said
    assert talk.ends() == [ConversationEnd.LINK]


def test_where_the_instrument_cannot_be_read_she_gets_the_link_and_a_person_is_told(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise Invalid(Problem("instrument", "cannot be read", "publish it anew"))

    talk.phone.says("1")
    monkeypatch.setattr(asked_texts, "_words", unreadable)
    talk.post.deliver()
    talk.post.deliver()
    assert "/s/" in talk.last()
    assert talk.ends() == [ConversationEnd.LINK]
    assert talk.tasks() == [TaskKind.CHECK_ROW]


# --- a STOP of which only the carrier knew --------------------------------------------------------


def test_a_stop_at_the_carrier_ends_the_conversation_at_once_as_a_stop_to_us_does(
    talk: Talk,
) -> None:
    talk.post.fake.faults.refused[PATIENT_PHONE] = 21610
    talk.says("1")
    assert talk.ends() == [ConversationEnd.STOPPED]
    assert talk.tasks() == [TaskKind.REACH_ANOTHER_WAY]
    with talk.world.begin() as tx:
        waiting = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending')"
        assert tx.session.scalar(text(waiting)) == 0


def test_a_proxys_stop_at_the_carrier_leaves_the_patients_conversation(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    by_text(world, world.patient)
    appoint(world)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    talk.post.fake.faults.refused[DAUGHTER_PHONE] = 21610
    talk.works()
    assert talk.ends() == [None]
    talk.says("1")
    assert len(talk.answers()) == 1


# --- what cannot be finished ----------------------------------------------------------------------


def test_a_hundred_that_break_do_not_keep_the_others_from_being_finished(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.answers_all("0")
    jorge = Talk(World(talk.world.clinic, add_patient(talk.world.clinic, **JORGE)), talk.post)
    jorge.phone = Phone(talk.post, JORGE["phone"])
    by_text(jorge.world, jorge.world.patient)
    talk.post.later(minutes=1)
    jorge.works()
    jorge.answers_all("0")
    talk.post.later(minutes=31)
    finish, broken = conversation_end.finish, talk.survey().id

    def breaks(tx: Tx, survey: OccurrenceView, *others: object) -> None:
        if survey.id == broken:
            raise RuntimeError("a fault")
        finish(tx, survey, *others)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(conversation_end, "finish", breaks)
    rounds = [conversation_end.finish_silent(talk.post.db, limit=1) for _ in range(2)]
    assert rounds == [0, 1]
    assert jorge.report().is_final
    assert not talk.report().is_final


def test_what_breaks_is_tried_later_and_later_and_then_a_person_is_told(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.answers_all("0")
    tries: list[datetime] = []

    def breaks(tx: Tx, *others: object) -> None:
        tries.append(tx.now)
        raise RuntimeError("a fault")

    monkeypatch.setattr(conversation_end, "finish", breaks)
    for _ in range(96):
        talk.post.later(minutes=15)
        conversation_end.finish_silent(talk.post.db)
    waits = [later - former for former, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert len(tries) == 5
    assert talk.tasks() == [TaskKind.CHECK_ROW]
    assert talk.ends() == [None]  # the closing keeps what was answered
    monkeypatch.undo()
    with talk.world.begin() as tx:
        (task,) = tasks.open_tasks(tx, talk.world.clinic.site)
        finish_task(tx, task.id, TaskOutcome.DONE)
    assert conversation_end.finish_silent(talk.post.db) == 1
    assert talk.report().is_final


def test_what_broke_once_is_finished_in_the_end(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.answers_all("0")
    talk.post.later(minutes=31)
    with monkeypatch.context() as broken:
        broken.setattr(conversation_end, "finish", lambda *_: 1 / 0)
        assert conversation_end.finish_silent(talk.post.db) == 0
    talk.post.later(minutes=31)
    assert conversation_end.finish_silent(talk.post.db) == 1
    assert talk.report().is_final
    assert talk.tasks() == []
