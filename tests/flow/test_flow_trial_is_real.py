"""A trial by text of a questionnaire says what the conversation says: one script through both."""

import re
from collections.abc import Sequence

import pytest

from rsm.db.work import Database
from rsm.flow import instrument_trial
from rsm.instruments import service as instruments
from rsm.kernel.clock import VirtualClock
from rsm.kernel.phones import spoken
from rsm.sites import service as sites
from rsm.web.staff_words import section
from tests.flow.post import Post
from tests.flow.talk import Talk, by_text
from tests.safety_world import build_words_world

_LINK = re.compile(r"https://\S+/s/\S+")
_ALL = ("0",) * 14


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    """Her survey has graded questions, and one for her own words."""
    world = build_words_world(web_db, required=False)
    by_text(world, world.patient)
    made = Talk(world, Post(world.clinic, worker_db, clock))
    made.works()
    return made


def really(talk: Talk, replies: Sequence[str]) -> list[str]:
    """What her phone gets."""
    for reply in replies:
        talk.phone.says(reply)
        talk.post.deliver()
    return [_LINK.sub("...", said) for said in talk.heard()]


def tried(talk: Talk, replies: Sequence[str]) -> list[str]:
    """What the page of a trial shows."""
    with talk.world.begin() as tx:
        site = sites.get(tx, talk.world.clinic.site)
        instrument = instruments.load(tx, talk.survey().instrument)
    names = {
        "sender_name": site.sender_name,
        "help_phone": spoken(site.clinic_phone),
        "emergency_number": site.emergency_number,
    }
    read = vars(section("trials"))
    trial = instrument_trial.by_text(instrument, "en", replies, names, read)
    return [said.words for said in trial.said if said.ours]


@pytest.mark.parametrize(
    "replies",
    [
        (*_ALL, "done"),
        ("2 1 0", "7", "0", "77", "78"),
        ("0", "back", "1", "0"),
        ("0", "0", "back", "back", "1", "0"),
        ("back", "0"),
        ("purple", "back", "purple"),
        ("0", "LINK"),
        ("skip", "I'd rather not say", "0"),
        ("0", "help", "0"),
        ("0", "start", "0"),
        ("0", "stop"),
        ("0", "wrong number"),
        ("0", "I can't breathe", "0"),
        ("please do not write to me so early", "0"),
        ("I am in the hospital",),
        ("My husband died",),
        (*_ALL, "nothing new, thanks"),
        (*_ALL, "back", "0", "done"),
        (*_ALL, "link"),
        (*_ALL, "HELP", "done"),
        ("2 - bad", "two", "O", "1."),
    ],
    ids=" ".join,
)
def test_a_trial_says_what_the_conversation_says(talk: Talk, replies: Sequence[str]) -> None:
    assert tried(talk, replies) == really(talk, replies)
