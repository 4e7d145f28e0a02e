"""Surveys judged per second by the first pack, against the same rules written out in Python."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import perf_counter

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, Report
from rsm.alerts.packs import folder, parse_pack
from rsm.alerts.specs import spec_of
from rsm.instruments.library import find
from rsm.kernel.answers import Answers, answered, value_of
from rsm.kernel.clock import SystemClock
from tests.bench.figures import Figure
from tests.bench.ward import ITEMS, WEEKS, answers

REPEATS = 5
SURVEYS = 600
_LEVELS = ("soon", "urgent", "emergency")


def measure() -> list[Figure]:
    """A third of the surveys alert; every patient has half a year of reports."""
    surveys = [_facts(answers(severe=number % 3 == 0)) for number in range(SURVEYS)]
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
    return [Figure("rules, first pack", "/s", tuple(ours), tuple(bare), note)]


def _facts(given: Answers) -> Facts:
    now = SystemClock().now()
    mild = dict.fromkeys(ITEMS, answered(1))
    past = [Report(now - timedelta(weeks=week), mild) for week in range(WEEKS, 0, -1)]
    return Facts(now=given, at=now, history=past, baseline=mild)


def _rate(surveys: Sequence[Facts], work: Callable[[Facts], object]) -> float:
    started = perf_counter()
    for facts in surveys:
        work(facts)
    return len(surveys) / (perf_counter() - started)


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
