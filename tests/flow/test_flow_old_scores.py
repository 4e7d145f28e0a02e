"""An earlier report has the scores that the version made which asked it (P11)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from rsm.alerts.model import Facts
from rsm.alerts.packs import parse_pack
from rsm.alerts.schema import RulePack
from rsm.db.work import Database
from rsm.flow import answer
from rsm.flow.course import Judging
from rsm.flow.facts import Asking, live_facts
from rsm.flow.stored import Shelf, asked
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Pin
from rsm.metrics.replay_model import Version
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from tests.packs import GRADES_ALONE
from tests.survey_world import World, build_world

WEEK = timedelta(days=7)
PAIN = {"pain.frequency": 1, "pain.severity": 2, "pain.interference": 1}
BODY = library.body("weekly-symptoms")
OLD_SCORE = 'name = "pain.max"\nkind = "max"\nitems = ["pain.frequency", "pain.severity", '


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def with_score(version: str, score: str) -> str:
    """The weekly survey as a later version that counts `pain.max` otherwise."""
    assert OLD_SCORE in BODY
    body = BODY.replace(OLD_SCORE, score)
    assert 'version = "1.0.0"' in body
    return body.replace('version = "1.0.0"', f'version = "{version}"', 1)


SUMMED = with_score("1.1.0", OLD_SCORE.replace('"max"', '"sum"'))
# Another score by the same name: none of its parts is one of the old score's.
ANOTHER = with_score("1.2.0", 'name = "pain.max"\nkind = "max"\nitems = ["nausea.frequency"]\n#')


def pack() -> RulePack:
    rule = 'scores = ["pain.max"]\nwhen = { kind = "worse_by", by = 2, since = "previous" }\n'
    more = f'\n[[rules]]\nid = "more"\ntitle = "More"\nlevel = "urgent"\n{rule}'
    body = f'{GRADES_ALONE}\n{more}sure = "our_choice"\nsource = "A test."\n'
    return parse_pack(body, "test.toml")[0]


def publish(world: World, body: str) -> tuple[Pin, Instrument]:
    with world.begin() as tx:
        pin = instruments.publish(tx, load_instrument(body, "test.toml"), body)
        return pin, instruments.load(tx, pin)


def report(world: World, pin: Pin, values: Mapping[str, int]) -> ResponseView:
    with world.begin() as tx:
        survey = schedules.report_now(tx, patients.locked(tx, world.patient), pin)
        given = {item: answered(value) for item, value in values.items()}
        answer.enter(tx, survey.id, given, "", Author())
        found = responses.of_occurrence(tx, survey.id)
    assert found is not None
    return found


def shipped(world: World) -> tuple[Pin, Instrument]:
    with world.begin() as tx:
        pin = world.instrument(tx)
        return pin, instruments.load(tx, pin)


def live(world: World, response: ResponseView, asks: Instrument) -> Facts:
    with world.begin() as tx:
        whom = patients.peek(tx, world.patient)
        found = live_facts(tx, response, Asking(pack(), asks, whom))
        return replace(found, history=list(found.history))  # read within the transaction


def version_of(response: ResponseView) -> Version:
    return Version(
        id=response.id,
        patient_id=response.patient_id,
        occurrence_id=response.occurrence_id,
        revision=1,
        reporter=response.reporter,
        instrument=response.instrument.hash,
        answers=response.answers,
        at=response.at,
        known_at=response.at,
        is_sent=True,
        counted=True,
    )


def test_an_old_report_is_scored_by_the_version_that_asked_it_live_and_in_a_replay(
    world: World, clock: VirtualClock
) -> None:
    (old, first), (new, second) = shipped(world), publish(world, SUMMED)
    before = report(world, old, PAIN)
    clock.advance(WEEK)
    now = report(world, new, PAIN)
    facts = live(world, now, second)
    assert facts.scores["pain.max"] == 4
    assert facts.history[0].scores["pain.max"] == 2
    assert facts.baseline_values["pain.max"] == 2
    shelf = Shelf({each.pin.hash: asked(pack(), each) for each in (first, second)})
    judging = Judging(version_of(now), now.at, [shelf.report(version_of(before))])
    assert replace(shelf.facts(judging), now=facts.now) == facts


def test_another_score_of_the_same_name_is_not_compared(world: World, clock: VirtualClock) -> None:
    (old, _), (new, second) = shipped(world), publish(world, ANOTHER)
    report(world, old, PAIN)
    clock.advance(WEEK)
    facts = live(world, report(world, new, PAIN | {"nausea.frequency": 1}), second)
    assert facts.scores["pain.max"] == 1
    assert "pain.max" not in facts.history[0].scores
