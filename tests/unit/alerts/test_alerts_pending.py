"""Rules on a survey that is still being answered: what is to come is neither missing nor zero."""

import json
from datetime import UTC, datetime

import pytest

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, InstrumentSpec, ItemSpec, Judgement, ReviewKind
from rsm.alerts.packs import answers_of, folder, read_pack
from rsm.alerts.schema import Rule
from rsm.instruments.library import find
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, answered
from rsm.scoring.decide import pending, score

NOW = datetime(2026, 10, 19, 9, tzinfo=UTC)
A, B = "pain.severity", "nausea.severity"
SPEC = InstrumentSpec(
    "weekly-symptoms", "1.0.0", (ItemSpec(A, "pain", 4), ItemSpec(B, "nausea", 4)), (), ()
)
FIRST = read_pack(folder() / "first.toml")[0]
HIGH: dict[str, object] = {"kind": "at_least", "value": 3}
BOTH: dict[str, object] = {
    "kind": "all",
    "conditions": [HIGH, {"kind": "at_least", "value": 1, "item": B}],
}
RISEN: dict[str, object] = {"kind": "worse_by", "by": 2, "since": "previous"}
TOTAL: dict[str, object] = {"kind": "total", "items": [A, B], "value": 4}
COUNT: dict[str, object] = {"kind": "symptoms", "value": 1, "count": 2}


def judged(
    when: dict[str, object],
    now: dict[str, int | str | None],
    waits: set[str],
    if_missing: str,
) -> Judgement:
    whole = when["kind"] in {"total", "symptoms"}
    fields = {
        "id": "rule",
        "title": "The rule",
        "level": "soon",
        "sure": "our_choice",
        "source": "This test.",
        "when": when,
        "if_missing": if_missing,
        **({"about": "whole"} if whole else {"items": [A]}),
    }
    pack = FIRST.model_copy(update={"rules": (Rule.model_validate_json(json.dumps(fields)),)})
    return judge(pack, SPEC, Facts(answers_of(now), NOW, ()), pending=waits)


@pytest.mark.parametrize("if_missing", ["false", "true", "review"])
@pytest.mark.parametrize(
    ("when", "now", "waits"),
    [
        (HIGH, {B: 0}, {A}),
        (BOTH, {A: 3}, {B}),
        (TOTAL, {A: 3}, {B}),
        (COUNT, {A: 3}, {B}),
    ],
)
def test_a_rule_waits_for_what_is_still_to_be_answered(
    when: dict[str, object], now: dict[str, int | str | None], waits: set[str], if_missing: str
) -> None:
    judgement = judged(when, now, waits, if_missing)
    assert (judgement.level, judgement.review) == (None, ())


@pytest.mark.parametrize(
    ("when", "now"), [(HIGH, {A: 3}), (TOTAL, {A: 4}), (TOTAL | {"value": 3}, {A: 3})]
)
def test_what_the_answers_alone_decide_is_decided_now(
    when: dict[str, object], now: dict[str, int | str | None]
) -> None:
    assert judged(when, now, {B}, "review").level is not None


def test_what_is_missing_for_good_is_missing_on_the_way_too() -> None:
    refused = judged(HIGH, {A: "refused"}, {B}, "review")
    assert [each.kind for each in refused.review] == [ReviewKind.MISSING]
    first = judged(RISEN, {A: 3}, {B}, "review")  # there is no earlier report
    assert [each.kind for each in first.review] == [ReviewKind.MISSING]
    assert judged(RISEN, {A: 3}, {B}, "true").level is not None


def test_a_score_waits_for_all_of_its_parts_though_its_formula_could_do_without() -> None:
    phq = find("phq-9")
    some = {item.code: answered(3) for item in phq.items[:7]}
    waiting = pending(phq, some)
    assert {item.code for item in phq.items[7:]} <= waiting
    assert set(score(phq, some)) <= waiting
    every = {item.code: answered(3) for item in phq.items}
    assert not pending(phq, every)


def test_a_closed_branch_is_not_waited_for_and_a_refusal_is_an_answer() -> None:
    weekly = find("weekly-symptoms")
    begun = {"pain.frequency": answered(0), "nausea.frequency": REFUSED}
    waiting = pending(weekly, begun)
    assert waiting.isdisjoint({"pain.frequency", "pain.severity", "nausea.frequency"})
    assert "vomiting.frequency" in waiting


def test_what_is_asked_as_another_waits_with_that_one() -> None:
    weekly = find("weekly-symptoms")
    first = weekly.items[0]
    again = first.model_copy(update={"code": "again", "same_as": first.code})
    merged = Instrument.model_construct(**{**dict(weekly), "items": (*weekly.items, again)})
    assert "again" in pending(merged, {})
    assert "again" not in pending(merged, {first.code: answered(0)})
