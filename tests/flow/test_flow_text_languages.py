"""Texts are in one language each, and of a survey all in one; where we text in none of hers, she
gets whole texts in another and the page in her own."""

import pytest
from sqlalchemy import text

from rsm.db.work import Database
from rsm.flow import enrol, outbound
from rsm.kernel.clock import VirtualClock
from rsm.messaging import texts
from rsm.patients import service as patients
from rsm.patients.model import as_entered
from tests.flow.post import Post
from tests.flow.talk import Talk, begin, by_text
from tests.survey_world import World, build_world


def reads_arabic(world: World) -> None:
    """Her site asks in Arabic as well, in which we have pages and no texts."""
    with world.begin() as tx:
        tx.session.execute(text("UPDATE site SET languages = ARRAY['en', 'es', 'ar']"))
        tx.session.execute(text("UPDATE patient SET language = 'ar'"))


def test_who_reads_arabic_gets_a_whole_text_in_english_and_her_page_in_arabic(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    reads_arabic(world)
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    talk.works()
    (said,) = talk.heard()
    assert said.startswith("Lakeside: your check-in is ready.")
    assert talk.ends() == []
    assert talk.survey().language == "ar"
    assert talk.purposes() == ["survey_invite"]


@pytest.mark.parametrize("body", ["STOP", "HELP", "I can't breathe", "wrong number"])
def test_what_she_is_answered_is_whole_as_well(
    web_db: Database, worker_db: Database, clock: VirtualClock, body: str
) -> None:
    world = build_world(web_db)
    reads_arabic(world)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    said = talk.says(body)
    assert said.startswith("Lakeside: ")
    assert said.isascii()


def test_every_text_of_ours_is_whole_in_whatever_language_is_wanted() -> None:
    for name, purpose in texts.library().purposes.items():
        fields = dict.fromkeys(purpose.fields, "x")
        assert texts.render(name, "ar", fields) == texts.render(name, "en", fields)


def she_reads(talk: Talk, language: str) -> None:
    with talk.world.clinic.begin(talk.world.clinic.nurse) as tx:
        record = patients.read(tx, talk.world.patient)
        new = as_entered(record).model_copy(update={"language": language})
        enrol.change(tx, talk.world.patient, new, record.facts.changes)


def test_a_survey_that_she_has_begun_goes_on_in_its_language(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.phone.says("2")  # the next question waits
    she_reads(talk, "es")
    talk.post.deliver()
    assert talk.last().startswith("How bad")
    assert talk.says("7").startswith("Sorry, we could not read that. How bad")


def test_one_that_she_has_not_begun_is_asked_in_the_new_one(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    outbound.open_due(talk.post.db)
    she_reads(talk, "es")
    talk.post.deliver()
    assert "su encuesta" in talk.last()
    assert "How" not in talk.last()
