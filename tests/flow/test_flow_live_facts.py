"""What live judging gives to rules: scores, numbers, words, silence, facts of the patient."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import Facts, Subject
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Database, Tx
from rsm.flow import answer, outbound
from rsm.flow.facts import Asking, Needs, live_facts, needs_of
from rsm.instruments import service as instruments
from rsm.instruments.library import find
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.patients import treatment
from rsm.patients.model import TreatmentEventKind
from rsm.responses import service as responses
from rsm.responses.model import Author, Report
from rsm.schedules import service as schedules
from tests.packs import GRADES_ALONE
from tests.safety_world import build_safety_world
from tests.survey_world import World, build_world

WEEK = timedelta(days=7)
SHIPPED = ("first", "severe-only", "star", "pro-tect-like", "uab-like")


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def pack_with(*rules: str) -> RulePack:
    """Rules on grades, and more rules."""
    more = "".join(
        f'\n[[rules]]\nid = "more-{place}"\ntitle = "More"\nlevel = "urgent"\n{rule}\n'
        'sure = "our_choice"\nsource = "A test."\n'
        for place, rule in enumerate(rules)
    )
    return parse_pack(f"{GRADES_ALONE}\n{more}", "test.toml")[0]


def needs(*rules: str) -> Needs:
    return needs_of(pack_with(*rules), spec_of(find("weekly-symptoms")))


# --- only what a pack looks at -------------------------------------------------------------------


def test_a_pack_of_grades_needs_nothing_more() -> None:
    assert needs() == Needs()


AT_TWO = 'items = "*"\nwhen = { kind = "at_least", value = 2 }\nsubgroup = '


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ('about = "w"\nwhen = { kind = "red_flag" }', "text"),
        ('about = "s"\nwhen = { kind = "not_reported", windows = 2 }', "windows"),
        (AT_TWO + '{ regimens = ["X"] }', "regimen"),
        (AT_TWO + "{ age = { below = 70 } }", "age"),
        (AT_TWO + "{ days_since_cycle = { below = 7 } }", "cycle"),
        (AT_TWO + "{ days_since_treatment = { below = 7 } }", "treatment"),
    ],
)
def test_a_rule_says_what_it_needs(rule: str, wanted: str) -> None:
    assert needs(rule) == Needs(**{wanted: True})


def test_a_rule_on_a_score_needs_scores() -> None:
    gad = find("gad-7")
    score = gad.scores[0].name
    rule = f'scores = ["{score}"]\nwhen = {{ kind = "at_least", value = 5 }}'
    assert needs_of(pack_with(rule), spec_of(gad)) == Needs(scores=True)
    named = f'about = "m"\nwhen = {{ kind = "own_urgency", item = "{score}", value = 9 }}'
    assert needs_of(pack_with(named), spec_of(gad)).scores


def test_the_emergency_rules_of_the_shipped_packs_need_no_words_and_no_windows() -> None:
    spec = spec_of(find("weekly-symptoms"))
    for name in SHIPPED:
        body = whole_text((folder() / f"{name}.toml").read_text("utf-8"), name)
        pack = parse_pack(body, name)[0]
        assert needs_of(pack, spec, frozenset({Level.EMERGENCY})) == Needs()


# --- what rules are given ------------------------------------------------------------------------


def report(
    world: World, values: Mapping[str, int], words: str = "", by: Author | None = None
) -> UUID:
    """A whole report of today; its survey."""
    with world.begin() as tx:
        asks = schedules.recent(tx, world.patient, 1)
        pin = asks[0].instrument if asks else world.instrument(tx)
        survey = schedules.report_now(tx, patients.locked(tx, world.patient), pin)
        given = {item: answered(value) for item, value in values.items()}
        answer.enter(tx, survey.id, given, words, by or Author())
        return survey.id


def given(world: World, survey: UUID, *rules: str) -> Facts:
    """What a pack with these rules is given of that survey's report."""
    with world.begin() as tx:
        response = responses.of_occurrence(tx, survey)
        assert response is not None
        asked = instruments.load(tx, response.instrument)
        patient = patients.peek(tx, world.patient)
        found = live_facts(tx, response, Asking(pack_with(*rules), asked, patient))
        return replace(
            found, history=list(found.history), baseline_values={**found.baseline_values}
        )


def test_facts_of_the_patient_are_those_of_the_day_of_the_answers(
    world: World, clock: VirtualClock
) -> None:
    with world.begin() as tx:
        who = patients.locked(tx, world.patient)
        treatment.put_event(tx, who, TreatmentEventKind.TREATMENT_START, date(2026, 10, 5))
        treatment.set_cycles(tx, who, [date(2026, 10, 5), date(2026, 10, 16), date(2026, 11, 2)])
    survey = report(world, {"pain.frequency": 0})
    clock.advance(4 * WEEK)
    rule = (
        'items = "*"\nwhen = { kind = "at_least", value = 2 }\nsubgroup = { regimens = ["X"],'
        " age = { below = 99 }, days_since_treatment = { below = 9 },"
        " days_since_cycle = { below = 9 } }"
    )
    found = given(world, survey, rule).subject
    assert found == Subject(None, days_since_treatment=14, days_since_cycle=3, age=69)
    assert given(world, survey).subject == Subject()


def test_windows_without_a_report_are_counted_up_to_the_last_report(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    silent = 'about = "s"\nwhen = { kind = "not_reported", windows = 2 }'
    assert given(world, report(world, {"pain.frequency": 0}), silent).windows_missed == 0
    for _ in range(3):
        clock.advance(WEEK)
        outbound.open_due(worker_db)
        outbound.advance_due(worker_db)
    survey = report(world, {"pain.frequency": 0})
    assert given(world, survey, silent).windows_missed == 2
    assert given(world, survey).windows_missed is None


def test_words_are_opened_for_a_rule_about_words_alone(world: World) -> None:
    survey = report(world, {"pain.frequency": 0}, "Bleeding", Author(language="es"))
    about = given(world, survey, 'about = "w"\nwhen = { kind = "red_flag" }')
    assert (about.text, about.language) == ("Bleeding", "es")
    assert given(world, survey).text == ""


def test_scores_of_this_report_and_of_earlier_ones(world: World, clock: VirtualClock) -> None:
    gad = find("gad-7")
    answers = {item.code: answered(1) for item in gad.items}
    score = gad.scores[0].name
    rule = f'scores = ["{score}"]\nwhen = {{ kind = "important_change", since = "baseline" }}'
    with world.begin() as tx:
        response = responses.of_occurrence(tx, report(world, {"pain.frequency": 0}))
        assert response is not None
        about = Asking(pack_with(rule), gad, patients.peek(tx, world.patient))
        found = live_facts(tx, replace(response, answers=answers), about)
    assert found.scores == {score: 7}
    clock.advance(WEEK)
    later = given(world, report(world, {"pain.frequency": 0}))
    assert (later.scores, later.baseline_values) == ({}, {})


def test_what_came_before_is_read_once_a_rule_looks_back(
    world: World, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = responses.history, []

    def history(tx: Tx, *which: Any) -> list[Report]:
        asked.append(tx.now)
        return read(tx, *which)

    monkeypatch.setattr(responses, "history", history)
    report(world, {"pain.frequency": 1, "pain.severity": 1})
    assert asked == []
    clock.advance(WEEK)
    report(world, {"pain.frequency": 4, "pain.severity": 4})
    assert asked == [clock.now()]


def test_what_came_before_is_not_read_beyond_its_transaction(world: World) -> None:
    survey = report(world, {"pain.severity": 1})
    with world.begin() as tx:
        response = responses.of_occurrence(tx, survey)
        assert response is not None
        asked = instruments.load(tx, response.instrument)
        about = Asking(pack_with(), asked, patients.peek(tx, world.patient))
        found = live_facts(tx, response, about)
    with pytest.raises(RuntimeError, match="within the transaction"):
        list(found.history)


@pytest.mark.parametrize("grade", [2, 4])
def test_where_the_database_refuses_what_came_before_the_answer_stands_and_a_person_looks(
    world: World, monkeypatch: pytest.MonkeyPatch, grade: int
) -> None:
    """Whatever a rule swallows: the transaction goes on, and nothing is lost with it (P3, P6)."""
    report(world, {"pain.frequency": grade, "pain.severity": grade})
    tried: list[object] = []

    def refused(tx: Tx, *_: object) -> list[Report]:
        tried.append(tx.now)
        tx.session.execute(text("SELECT 1 / 0"))
        return []

    monkeypatch.setattr(responses, "history", refused)
    survey = report(world, {"pain.frequency": grade, "pain.severity": grade})
    assert 1 <= len(tried) <= 2, "once, and once more with savepoints that hold"
    with world.begin() as tx:
        kept = responses.of_occurrence(tx, survey)
        found = {each.kind for each in handling.worklist(tx, world.clinic.site)}
    assert kept is not None
    assert kept.is_final
    assert AlertKind.REVIEW in found


# --- live ----------------------------------------------------------------------------------------


def worklist(world: World) -> list[tuple[Level, list[str]]]:
    """Level and items of what is open."""
    with world.begin() as tx:
        open_now = handling.worklist(tx, world.clinic.site)
        found = handling.findings(tx, [alert.id for alert in open_now])
        return [(one.level, [each.item for each in found.get(one.id, [])]) for one in open_now]


def test_a_temperature_of_38_is_an_emergency_live(web_db: Database, worker_db: Database) -> None:
    asked_for = build_safety_world(web_db)
    outbound.open_due(worker_db)
    report(asked_for, {"temperature": 379})
    assert worklist(asked_for) == []
    report(asked_for, {"temperature": 380})
    assert worklist(asked_for) == [(Level.EMERGENCY, ["temperature"])]


def test_silence_is_told_with_the_next_report(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    body = whole_text((folder() / "pro-tect-like.toml").read_text("utf-8"), "pro-tect-like")
    with world.begin() as tx:
        pin = alerts.publish(tx, parse_pack(body, "pro-tect-like")[0], body)
        agree = text("UPDATE site SET rule_pack = CAST(:pin AS jsonb)")
        tx.session.execute(agree, {"pin": json.dumps(pin.document)})
    report(world, {"pain.frequency": 0})
    for _ in range(4):
        clock.advance(WEEK)
        outbound.open_due(worker_db)
        outbound.advance_due(worker_db)
    report(world, {"pain.frequency": 0})
    assert worklist(world) == [(Level.SOON, ["silence"])]
