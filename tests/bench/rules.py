"""Surveys judged per second on one core: by packs, by Python loops and by general rule engines.

Two packs: the shipped first one, and 24 rules over 12 symptoms (severe, and worse by two, for
each). Every patient has half a year of weekly reports; 13 % of the surveys alert, as in STAR.
The engines and the bare loop are given their facts flat and ready, which is in their favour.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

import rule_engine  # type: ignore[import-untyped]  # comes without types
from json_logic import jsonLogic  # type: ignore[import-untyped]  # comes without types

from rsm.alerts.conditions import AtLeast, WorseBy
from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, Report
from rsm.alerts.packs import folder, parse_pack
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.instruments.library import find
from rsm.kernel.answers import Answers, answered, value_of
from rsm.kernel.clock import SystemClock
from tests.bench.figures import Figure
from tests.bench.ward import ITEMS, WEEKS, answers

ABOUT = """Surveys judged a second on one core, without a database: by our packs, by the same rules
written by hand, and by general rule engines."""
REPEATS = 5
SURVEYS = 600
_ALERTING = 8  # every eighth survey
_SLOWER = 20  # the engines judge so many times fewer surveys a repeat
_LEVELS = ("soon", "urgent", "emergency")
# Fired rules, as "rule of symptom".
Fired = frozenset[str]
Flat = Mapping[str, int | None]
Given = TypeVar("Given")


def measure() -> list[Figure]:
    """The first pack against the same rules by hand; 24 rules against loops and engines."""
    return [_first_pack(), *_many_rules()]


def _first_pack() -> Figure:
    surveys = [_facts(answers(severe=number % _ALERTING == 0)) for number in range(SURVEYS)]
    pack = parse_pack((folder() / "first.toml").read_text(), "first.toml")[0]
    spec = spec_of(find("weekly-symptoms"))
    for facts in surveys[:2]:
        if len(judge(pack, spec, facts).findings) != len(by_hand(facts)):
            raise RuntimeError("the loop by hand says something else than the pack")
    ours, bare = [], []
    for _ in range(REPEATS):
        ours.append(_rate(surveys, lambda facts: judge(pack, spec, facts)))
        bare.append(_rate(surveys, by_hand))
    note = "floor: the same three rules as a Python loop"
    return Figure("rules, first pack", "/s", tuple(ours), tuple(bare), note)


def _many_rules() -> list[Figure]:
    """The same run for all: each repeat takes every way once, so that noise falls on all."""
    surveys = [_facts(answers(severe=number % _ALERTING == 0)) for number in range(SURVEYS)]
    flat = [_flat(facts) for facts in surveys]
    few = flat[: SURVEYS // _SLOWER]
    pack, spec = _pack_of_24(), spec_of(find("weekly-symptoms"))
    engine, logic = _by_rule_engine(), _by_json_logic()
    for facts, ready in zip(surveys, flat, strict=True):
        judgement = judge(pack, spec, facts)
        said = frozenset(each.rule for each in (*judgement.findings, *judgement.covered))
        if not said == _by_loop(facts) == _by_data(ready) == engine(ready) == logic(ready):
            raise RuntimeError("not all ways of judging say the same")
    rates: dict[str, list[float]] = {}
    for _ in range(REPEATS):
        for name, rate in (
            ("ours", _rate(surveys, lambda facts: judge(pack, spec, facts))),
            ("the same rules as a Python loop", _rate(surveys, _by_loop)),
            ("loop over rules as data, facts flat and ready", _rate(flat, _by_data)),
            ("rule-engine, facts flat and ready", _rate(few, engine)),
            ("panzi-json-logic, facts flat and ready", _rate(few, logic)),
        ):
            rates.setdefault(name, []).append(rate)
    ours = tuple(rates.pop("ours"))
    return [
        Figure("rules, 24 over 12 symptoms", "/s", ours, tuple(floor), f"floor: {name}")
        for name, floor in rates.items()
    ]


def _facts(given: Answers) -> Facts:
    now = SystemClock().now()
    mild = dict.fromkeys(ITEMS, answered(1))
    past = [Report(now - timedelta(weeks=week), mild) for week in range(WEEKS, 0, -1)]
    return Facts(now=given, at=now, history=past, baseline=mild)


def _rate(surveys: Sequence[Given], work: Callable[[Given], object]) -> float:
    started = perf_counter()
    for facts in surveys:
        work(facts)
    return len(surveys) / (perf_counter() - started)


# --- the first pack by hand ----------------------------------------------------------------


def by_hand(facts: Facts) -> dict[str, str]:
    """Symptom → level, by the first pack's rules."""
    found: dict[str, str] = {}
    recent = [each for each in facts.history if facts.at - each.at <= timedelta(days=28)]
    for item, answer in facts.now.items():
        if answer.value is None:
            continue
        level = _level(item, answer.value, _previous(recent, item))
        symptom = item.split(".", 1)[0]
        if level and _LEVELS.index(level) >= _LEVELS.index(found.get(symptom, "soon")):
            found[symptom] = level
    return found


def _previous(recent: Sequence[Report], item: str) -> int | None:
    for report in reversed(recent):
        value = value_of(report.answers, item)
        if value is not None:
            return value
    return None


def _level(item: str, value: int, previous: int | None) -> str:
    if item == "shortness-of-breath.severity" and value >= 4:
        return "emergency"
    if value >= 3:
        return "urgent"
    return "soon" if previous is not None and value - previous >= 2 else ""


# --- 24 rules, in five ways ----------------------------------------------------------------


def _one_item_a_symptom() -> list[str]:
    """Twelve: the severity where it is asked, else what is asked."""
    found: dict[str, str] = {}
    for item in sorted(ITEMS, key=lambda code: not code.endswith(".severity")):
        found.setdefault(item.split(".", 1)[0], item)
    return list(found.values())


TWELVE = _one_item_a_symptom()


def _pack_of_24() -> RulePack:
    first = parse_pack((folder() / "first.toml").read_text(), "first.toml")[0]
    severe = AtLeast(kind="at_least", value=3)
    worse = WorseBy(kind="worse_by", by=2, since="previous")
    rules = []
    for item in TWELVE:
        name = item.replace(".", "-")
        about = first.rules[1].model_copy(update={"items": (item,), "reason": ""})
        rules.append(about.model_copy(update={"id": f"{name}-severe", "when": severe}))
        rules.append(about.model_copy(update={"id": f"{name}-worse", "when": worse}))
    return first.model_copy(update={"rules": tuple(rules)})


def _by_loop(facts: Facts) -> Fired:
    fired = []
    recent = [each for each in facts.history if facts.at - each.at <= timedelta(days=28)]
    for item in TWELVE:
        value = value_of(facts.now, item)
        if value is None:
            continue
        name = item.replace(".", "-")
        if value >= 3:
            fired.append(f"{name}-severe")
        previous = _previous(recent, item)
        if previous is not None and value - previous >= 2:
            fired.append(f"{name}-worse")
    return frozenset(fired)


def _flat(facts: Facts) -> Flat:
    """What the engines are asked about: `pain_severity` and `pain_severity_was`."""
    ready: dict[str, int | None] = {}
    for item in TWELVE:
        name = _variable(item)
        ready[name] = value_of(facts.now, item)
        ready[f"{name}_was"] = _previous(facts.history, item)
    return ready


def _variable(item: str) -> str:
    return item.replace("-", "_").replace(".", "_")


_AS_DATA = [
    rule
    for item in TWELVE
    for rule in (
        (f"{item.replace('.', '-')}-severe", _variable(item), "", 3),
        (f"{item.replace('.', '-')}-worse", _variable(item), f"{_variable(item)}_was", 2),
    )
]


def _by_data(ready: Flat) -> Fired:
    fired = []
    for name, now, was, limit in _AS_DATA:
        value = ready[now]
        if value is None:
            continue
        before = ready[was] if was else 0
        if before is not None and value - before >= limit:
            fired.append(name)
    return frozenset(fired)


def _by_rule_engine() -> Callable[[Flat], Fired]:
    rules = {
        name: rule_engine.Rule(
            f"{now} != null and {was} != null and {now} - {was} >= {limit}"
            if was
            else f"{now} != null and {now} >= {limit}"
        )
        for name, now, was, limit in _AS_DATA
    }
    return lambda ready: frozenset(name for name, rule in rules.items() if rule.matches(ready))


def _by_json_logic() -> Callable[[Flat], Fired]:
    rules: dict[str, dict[str, object]] = {}
    for name, now, was, limit in _AS_DATA:
        value: dict[str, object] = {"var": now}
        parts: list[object] = [{"!==": [value, None]}]
        if was:
            parts.append({"!==": [{"var": was}, None]})
            value = {"-": [value, {"var": was}]}
        rules[name] = {"and": [*parts, {">=": [value, limit]}]}
    return lambda ready: frozenset(name for name, rule in rules.items() if jsonLogic(rule, ready))
