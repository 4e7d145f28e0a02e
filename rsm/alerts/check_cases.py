"""What can be known of a worked case before it is run: the names in it, and the ends of scales."""

from collections.abc import Iterator, Mapping

from rsm.alerts.model import InstrumentSpec, ReviewKind
from rsm.alerts.schema import RulePack
from rsm.alerts.wording import targets_of
from rsm.alerts.worked import Case, CaseReport, RawAnswer
from rsm.kernel.documents import Loc, Source, nearest
from rsm.kernel.errors import Problem

# Where in the case, what is wrong, how to mend it.
_Flaw = tuple[Loc, str, str]


def case_problems(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    """Every unknown name and every value off its scale, in every case."""
    rules = {rule.id for rule in pack.rules}
    symptoms = {target.symptom for target in targets_of(instrument).values()}
    symptoms |= {rule.about for rule in pack.rules if rule.about}
    for place, case in enumerate(pack.cases):
        flaws = [
            *_expected(case, rules, symptoms, instrument.key),
            *_answers(case, instrument),
            *_numbers(case, instrument),
        ]
        for path, what, mend in flaws:
            yield Problem(source.place(("cases", place, *path)), what, mend)


def _expected(case: Case, rules: set[str], symptoms: set[str], key: str) -> Iterator[_Flaw]:
    named = [(("expect", n), each.rule, each.symptom) for n, each in enumerate(case.expect)]
    named += [(("hushed", n), each.rule, each.symptom) for n, each in enumerate(case.hushed)]
    for path, rule, symptom in named:
        if rule not in rules:
            yield (*path, "rule"), f"no rule `{rule}`", nearest(rule, rules)
        if symptom not in symptoms:
            what = f"{key} has no symptom `{symptom}`"
            yield (*path, "symptom"), what, nearest(symptom, symptoms)


def _answers(case: Case, instrument: InstrumentSpec) -> Iterator[_Flaw]:
    """Unknown items and values off the scale, unless the case is about just that."""
    scales = {item.code: (item.minimum, item.maximum) for item in instrument.items}
    any_item = ReviewKind.UNKNOWN_ITEM in case.review
    any_value = ReviewKind.OFF_SCALE in case.review
    for path, answers in _all_answers(case):
        for code, value in answers.items():
            if code not in scales and not any_item:
                what = f"{instrument.key} has no item `{code}`"
                yield (*path, code), what, nearest(code, scales)
            low, top = scales.get(code, (None, None))
            if low is None or top is None or not isinstance(value, int) or any_value:
                continue
            if not low <= value <= top:
                yield (*path, code), f"{value} is off the scale of {code}, {low} to {top}", ""


def _all_answers(case: Case) -> Iterator[tuple[Loc, Mapping[str, RawAnswer]]]:
    yield ("now",), case.now
    for place, report in enumerate(case.history):
        yield ("history", place, "answers"), report.answers
    if case.baseline is not None:
        yield ("baseline",), case.baseline


def _numbers(case: Case, instrument: InstrumentSpec) -> Iterator[_Flaw]:
    """Numbers and scores that there are not, unless the case is about just that."""
    if ReviewKind.UNKNOWN_ITEM in case.review:
        return
    numbers = {number.code: number for number in instrument.numbers}
    scores = {score.name for score in instrument.scores}
    any_value = ReviewKind.OFF_SCALE in case.review
    for path, report in _reports(case):
        for code, value in report.numbers.items():
            known = numbers.get(code)
            if known is None:
                what = f"{instrument.key} has no number `{code}`"
                yield (*path, "numbers", code), what, nearest(code, numbers)
            elif not any_value and not known.minimum <= value <= known.maximum:
                ends = f"{known.minimum:g} to {known.maximum:g}"
                yield (*path, "numbers", code), f"{value} is off the scale of {code}, {ends}", ""
        for code in report.scores:
            if code not in scores:
                what = f"{instrument.key} has no score `{code}`"
                yield (*path, "scores", code), what, nearest(code, scores)


def _reports(case: Case) -> Iterator[tuple[Loc, Case | CaseReport]]:
    yield (), case
    for place, report in enumerate(case.history):
        yield ("history", place), report
