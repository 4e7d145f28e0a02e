"""Surveys by text: one open conversation per phone and sender, whoever begins it."""

import threading
from uuid import UUID

import pytest

from rsm.db.work import Database, Scope
from rsm.messaging import conversations, optouts
from rsm.messaging import service as messaging
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    NewConversation,
)
from rsm.schedules.model import OccurrenceView
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER
from tests.survey_world import World, build_world


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def survey(world: World) -> OccurrenceView:
    return world.open_survey()


def new(world: World, survey: OccurrenceView, phone: bytes) -> NewConversation:
    return NewConversation(
        site_id=world.clinic.site,
        patient_id=world.patient,
        occurrence_id=survey.id,
        phone_hash=phone,
        sender=PATIENT_SENDER,
        language="en",
        stage=ConversationStage.ASKING,
        is_test=False,
    )


def hashed(world: World) -> bytes:
    with world.begin() as tx:
        return optouts.hash_of(tx, PATIENT_PHONE)


def begin(world: World, survey: OccurrenceView) -> ConversationView | None:
    phone = hashed(world)
    with world.begin() as tx:
        return conversations.begin(tx, new(world, survey, phone))


def standing(world: World, phone: bytes) -> ConversationView | None:
    with world.begin() as tx:
        return conversations.open_at(tx, phone, world.clinic.site)


def test_of_two_that_begin_at_once_one_does(
    world: World, survey: OccurrenceView, worker_db: Database
) -> None:
    gate, phone = threading.Barrier(2), hashed(world)
    begun: list[UUID | None] = []

    def race(db: Database) -> None:
        with db.begin(Scope.site(world.clinic.site)) as tx:
            gate.wait()
            made = conversations.begin(tx, new(world, survey, phone))
            begun.append(made.id if made else None)

    threads = [threading.Thread(target=race, args=(db,)) for db in (world.clinic.db, worker_db)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each is None for each in begun) == [False, True]


def test_an_ended_one_makes_room_and_its_turns_go_on(world: World, survey: OccurrenceView) -> None:
    first = begin(world, survey)
    assert first is not None
    assert begin(world, survey) is None
    with world.begin() as tx:
        conversations.asked(tx, first, ConversationStage.ASKING, "pain.frequency")
    with world.begin() as tx:
        conversations.end(tx, first, ConversationEnd.STOPPED)
    second = begin(world, survey)
    assert second is not None
    assert (second.turn, second.repeats, second.item) == (1, 0, None)


def test_an_end_is_told_once_and_stays_as_it_was(world: World, survey: OccurrenceView) -> None:
    first = begin(world, survey)
    assert first is not None
    with world.begin() as tx:
        conversations.end(tx, first, ConversationEnd.SENT)
        conversations.end(tx, first, ConversationEnd.STOPPED)
        messaging.cancel_for_patient(tx, world.patient, "opted_out")
    with world.begin() as tx:
        phone = first.phone_hash
        assert conversations.open_at(tx, phone, world.clinic.site) is None
        assert conversations.closed_at(tx, phone, world.clinic.site, first.started_at) is None


def test_what_cancels_the_messages_of_a_survey_ends_its_conversation(
    world: World, survey: OccurrenceView
) -> None:
    begun = begin(world, survey)
    assert begun is not None
    with world.begin() as tx:
        messaging.cancel_for_occurrence(tx, survey.id, "closed")
    assert standing(world, begun.phone_hash) is None
    with world.begin() as tx:
        late = conversations.closed_at(tx, begun.phone_hash, world.clinic.site, begun.started_at)
    assert late is not None
    assert late.outcome is ConversationEnd.CLOSED


def test_repeats_count_the_same_question_only(world: World, survey: OccurrenceView) -> None:
    begun = begin(world, survey)
    assert begun is not None
    with world.begin() as tx:
        asked = conversations.asked(tx, begun, ConversationStage.ASKING, "pain.frequency")
        again = conversations.asked(tx, asked, ConversationStage.ASKING, asked.item, again=True)
        following = conversations.asked(tx, again, ConversationStage.ASKING, "pain.severity")
    assert [each.repeats for each in (asked, again, following)] == [0, 1, 0]
    assert [each.turn for each in (asked, again, following)] == [1, 2, 3]
