"""What is said at once: the site's words, else the pack's or ours, and never nothing (P6)."""

import pytest

from rsm.db.work import Database, Tx
from rsm.flow import advice
from rsm.kernel.words import Channel, Level
from rsm.messaging import site_texts
from rsm.messaging.model import TextKey
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from tests.survey_world import World, build_world

DOORS = (Channel.WEB, Channel.SMS, Channel.VOICE, Channel.STAFF)
READER = "Somebody Else, RN"


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def told(world: World, level: Level | None, language: str, channel: Channel) -> str:
    with world.begin() as tx:
        return " ".join(advice.for_level(tx, site(tx, world), level, language, channel))


def site(tx: Tx, world: World) -> SiteView:
    return sites.get(tx, world.clinic.site)


def publish(world: World, key: TextKey, body: str) -> None:
    with world.begin() as tx:
        drafted = site_texts.draft(tx, world.clinic.site, key, body)
        site_texts.publish(tx, world.clinic.site, drafted.id, READER)


@pytest.mark.parametrize("language", ["en", "es", "es-MX", "ar", "vi"])
@pytest.mark.parametrize("channel", DOORS)
def test_an_emergency_names_the_number_through_every_door(
    world: World, channel: Channel, language: str
) -> None:
    said = told(world, Level.EMERGENCY, language, channel)
    assert "911" in said
    assert "{" not in said


@pytest.mark.parametrize("channel", DOORS)
@pytest.mark.parametrize("level", [None, Level.INFO])
def test_nothing_is_said_of_what_can_wait(
    world: World, level: Level | None, channel: Channel
) -> None:
    assert told(world, level, "en", channel) == ""


def test_the_page_says_what_the_rule_pack_says_unless_the_site_has_its_own(world: World) -> None:
    ours = told(world, Level.URGENT, "en", Channel.WEB)
    assert "tell the nurse what you reported" in ours
    publish(world, TextKey("advice_urgent", "en", Channel.WEB), "{help_phone}!\n{emergency_number}")
    assert told(world, Level.URGENT, "en", Channel.WEB) == "202-555-0140! 911"
    assert told(world, Level.URGENT, "es", Channel.WEB).startswith("Llame ahora a la clínica")
    assert told(world, Level.URGENT, "en", Channel.VOICE).startswith("Please talk to the clinic")


def test_each_door_has_words_of_its_own(world: World) -> None:
    key = TextKey("advice_emergency", "es", Channel.VOICE)
    publish(world, key, "Cuelgue. Llame al {emergency_number} o al {help_phone}.")
    assert told(world, Level.EMERGENCY, "es", Channel.VOICE).startswith("Cuelgue. Llame al 911")
    assert told(world, Level.EMERGENCY, "en", Channel.VOICE).startswith("What you told us")


def test_a_draft_is_not_said(world: World) -> None:
    key = TextKey("advice_emergency", "en", Channel.VOICE)
    with world.begin() as tx:
        site_texts.draft(tx, world.clinic.site, key, "{help_phone} {emergency_number} draft")
    assert "draft" not in told(world, Level.EMERGENCY, "en", Channel.VOICE)


def test_what_cannot_be_read_never_leaves_her_without_a_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(site_texts, "published", broken)
    assert "911" in told(world, Level.EMERGENCY, "en", Channel.WEB)


def test_advice_about_symptoms_is_the_sites_alone_and_in_one_language(world: World) -> None:
    publish(world, TextKey("symptom_advice.pain", "en", Channel.WEB), "Rest.\nCall {help_phone}.")
    with world.begin() as tx:
        found = advice.about_symptoms(tx, site(tx, world), "en")
        spanish = advice.about_symptoms(tx, site(tx, world), "es")
    assert found == {"pain": ("Rest.", "Call 202-555-0140.")}
    assert spanish == {}
