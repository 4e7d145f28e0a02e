"""Whoever texts that she needs help hears whom to call, every time; a machine not for ever."""

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.flow.talk import Talk, begin


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    return begin(web_db, worker_db, clock)


def numbers(talk: Talk) -> int:
    """How often her phone got the numbers to call in an emergency."""
    return talk.purposes().count("advice_emergency")


def says(talk: Talk, *bodies: str) -> None:
    for body in bodies:
        talk.phone.says(body)


def test_whoever_writes_again_and_again_in_other_words_always_gets_the_numbers(talk: Talk) -> None:
    says(talk, *[f"I can't breathe, it is {n} minutes now" for n in range(12)])
    assert numbers(talk) == 12
    assert TaskKind.READ_TEXT not in talk.tasks()


def test_a_machine_that_says_the_same_is_not_answered_for_ever_and_a_person_knows(
    talk: Talk,
) -> None:
    says(talk, *["I am away. If this is an emergency, call 911."] * 12)
    assert numbers(talk) == 5
    assert talk.tasks() == [TaskKind.READ_TEXT]


def test_the_same_words_count_as_the_same_in_any_case_or_punctuation(talk: Talk) -> None:
    says(talk, *["I can't breathe", "I CAN'T BREATHE!", "i cant breathe..."] * 3)
    assert numbers(talk) == 5


def test_thirty_in_an_hour_are_the_most_and_a_person_is_asked_to_call(talk: Talk) -> None:
    says(talk, *[f"can't breathe {n}" for n in range(33)])
    assert numbers(talk) == 30
    assert talk.tasks() == [TaskKind.READ_TEXT]
    with talk.world.begin() as tx:
        (task,) = tasks.open_tasks(tx, talk.world.clinic.site)
    assert "please call" in task.reason


def test_an_hour_later_it_begins_anew(talk: Talk) -> None:
    says(talk, *["I can't breathe"] * 6)
    talk.post.later(minutes=61)
    says(talk, "I can't breathe")
    assert numbers(talk) == 6
