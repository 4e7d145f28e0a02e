"""What the rules of a pack say of one survey: `judge`, and `red_flag` for free text. Pure.

Decision 11 of design.md defines *previous*: the latest earlier final report in which the item
has a value (a structural zero is one), at most 28 days old, self and proxy kept apart.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from rsm.alerts.model import (
    PREVIOUS_AT_MOST,
    Facts,
    Finding,
    InstrumentSpec,
    ItemSpec,
    Judgement,
    Report,
    ReviewKind,
    ReviewReason,
)
from rsm.alerts.schema import EVERY_GRADED_ITEM, AtLeast, Condition, Rule, RulePack, WorseBy
from rsm.alerts.templates import fill
from rsm.kernel.answers import value_of
from rsm.kernel.words import Level, Reporter

EVERY_LEVEL = frozenset(Level)


@dataclass(frozen=True)
class Reading:
    """One item that has a value now, with the earlier values that rules compare it with."""

    item: ItemSpec
    current: int
    first: int | None
    previous: int | None
    baseline: int | None

    def since(self, reference: str) -> int | None:
        return self.previous if reference == "previous" else self.baseline


def judge(
    pack: RulePack,
    instrument: InstrumentSpec,
    facts: Facts,
    levels: frozenset[Level] = EVERY_LEVEL,
) -> Judgement:
    """The findings of one survey, grouped by symptom, and every reason for a person to look.

    A rule that fails, and a gap, is a reason for review; the other rules are still applied (P6,
    P15). The order of items and rules is irrelevant.
    """
    readings = _readings(instrument, facts)
    findings: list[Finding] = []
    review = [*_gaps(pack, instrument, facts), *_off_scale(readings.values())]
    for rule in pack.rules:
        if rule.level not in levels:
            continue
        try:
            findings += _met(rule, readings)
            review += _without_item(rule, instrument)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, a person looks
            review.append(ReviewReason(ReviewKind.ERROR, rule.id, type(error).__name__))
    return _grouped(findings, review)


def emergency_only(pack: RulePack, instrument: InstrumentSpec, facts: Facts) -> Judgement:
    """The emergency rules alone, on the answers so far: asked each time an answer is saved."""
    return judge(pack, instrument, facts, frozenset({Level.EMERGENCY}))


def selected(rule: Rule, items: Iterable[ItemSpec]) -> Iterator[ItemSpec]:
    """The items that a rule looks at."""
    every = EVERY_GRADED_ITEM in rule.items
    for item in items:
        if (every and item.is_graded) or item.code in rule.items or item.symptom in rule.symptoms:
            yield item


def meets(condition: Condition, reading: Reading) -> bool:
    """Whether a value meets a condition. A change without an earlier value is no change."""
    match condition:
        case AtLeast():
            return reading.current >= condition.value
        case WorseBy():
            before = reading.since(condition.since)
            rose = before is not None and reading.current - before >= condition.by
            return rose and (condition.below is None or reading.current < condition.below)
        case _:
            assert_never(condition)


def red_flag(pack: RulePack, text: str, language: str) -> str | None:
    """The first alarming word of the pack in a free text, as the pack writes it, or None.

    Looks for whole words, blind to case, accents and punctuation, in every language of the pack
    (people mix them), the patient's own first.
    """
    padded = f" {_plain(text)} "
    for tongue in sorted(pack.red_flags, key=lambda tongue: (tongue != language, tongue)):
        for word in pack.red_flags[tongue].words:
            if f" {_plain(word)} " in padded:
                return word
    return None


def advice_for(pack: RulePack, level: Level, language: str) -> str | None:
    """What the patient reads for this level, with its placeholders, or None.

    In the patient's language if somebody reviewed it, else in any reviewed one (English first).
    """
    reviewed = sorted(tongue for tongue, advice in pack.advice.items() if advice.reviewed_by)
    ranked = sorted(reviewed, key=lambda tongue: (tongue != language, tongue != "en", tongue))
    return pack.advice[ranked[0]].text(level) if ranked else None


# --- reading the answers -------------------------------------------------------------------


def _readings(instrument: InstrumentSpec, facts: Facts) -> Mapping[str, Reading]:
    """Every item of the instrument that has a value now."""
    earlier = _earlier(facts)
    recent = [report for report in earlier if facts.at - report.at <= PREVIOUS_AT_MOST]
    readings = {}
    for item in instrument.items:
        current = value_of(facts.now, item.code)
        if current is None:
            continue
        readings[item.code] = Reading(
            item,
            current,
            first=_first_value(reversed(earlier), item.code),
            previous=_first_value(recent, item.code),
            baseline=value_of(facts.baseline or {}, item.code),
        )
    return readings


def _earlier(facts: Facts) -> list[Report]:
    """Earlier reports by the same voice, newest first."""
    voice = _voice(facts.reporter)
    same = (report for report in facts.history if _voice(report.reporter) == voice)
    return sorted((r for r in same if r.at < facts.at), key=lambda r: r.at, reverse=True)


def _voice(reporter: Reporter) -> str:
    """A nurse who fills in the survey asks the patient; a relative answers for the patient."""
    return "proxy" if reporter is Reporter.PROXY else "patient"


def _first_value(reports: Iterable[Report], item: str) -> int | None:
    """The value in the first of these reports that has one.

    Of several at the same instant the lowest: it shows the larger rise.
    """
    found: tuple[object, int] | None = None
    for report in reports:
        if found and report.at != found[0]:
            break
        value = value_of(report.answers, item)
        if value is not None and (found is None or value < found[1]):
            found = (report.at, value)
    return found[1] if found else None


# --- findings ------------------------------------------------------------------------------


def _met(rule: Rule, readings: Mapping[str, Reading]) -> list[Finding]:
    """One finding for each item that meets the rule."""
    items = selected(rule, (reading.item for reading in readings.values()))
    found = [readings[item.code] for item in items]
    return [_finding(rule, reading) for reading in found if meets(rule.when, reading)]


def _finding(rule: Rule, reading: Reading) -> Finding:
    return Finding(
        rule=rule.id,
        symptom=reading.item.symptom,
        item=reading.item.code,
        level=rule.level,
        first=reading.first,
        previous=reading.previous,
        current=reading.current,
        reason=_reason(rule, reading),
    )


def _reason(rule: Rule, reading: Reading) -> str:
    before = reading.since(rule.when.since) if isinstance(rule.when, WorseBy) else reading.previous
    return fill(
        rule.reason,
        symptom=label(reading.item.symptom),
        item=label(reading.item.code.removeprefix(f"{reading.item.symptom}.")).lower(),
        now=reading.current,
        previous=_shown(before),
        first=_shown(reading.first),
        maximum=reading.item.maximum,
        rise=_shown(None if before is None else reading.current - before),
    )


def label(key: str) -> str:
    """`shortness-of-breath` as a word to read: `Shortness of breath`."""
    return key.replace("-", " ").capitalize()


def _shown(value: int | None) -> str:
    return "not known" if value is None else str(value)


def _grouped(findings: Sequence[Finding], review: Iterable[ReviewReason]) -> Judgement:
    """For each symptom its findings of the highest level; the lesser ones are covered by them."""
    highest: dict[str, int] = {}
    for finding in findings:
        highest[finding.symptom] = max(highest.get(finding.symptom, 0), finding.level.rank)
    ordered = sorted(findings, key=lambda f: (-f.level.rank, f.symptom, f.item, f.rule))
    kept = tuple(f for f in ordered if f.level.rank == highest[f.symptom])
    return Judgement(
        findings=kept,
        covered=tuple(f for f in ordered if f.level.rank < highest[f.symptom]),
        level=kept[0].level if kept else None,
        review=tuple(sorted(set(review), key=lambda r: (r.kind, r.where, r.what))),
    )


# --- gaps ----------------------------------------------------------------------------------


def _gaps(pack: RulePack, instrument: InstrumentSpec, facts: Facts) -> Iterator[ReviewReason]:
    """The pack is not for this instrument, or an answer is not one of its items."""
    if not pack.instrument.covers(instrument.key, instrument.version):
        what = f"pack {pack.key} {pack.version} is not for {instrument.key} {instrument.version}"
        yield ReviewReason(ReviewKind.WRONG_INSTRUMENT, instrument.key, what)
    known = {item.code for item in instrument.items}
    for code in facts.now:
        if code not in known and value_of(facts.now, code) is not None:
            what = "has a value, but the instrument does not ask it"
            yield ReviewReason(ReviewKind.UNKNOWN_ITEM, code, what)


def _off_scale(readings: Iterable[Reading]) -> Iterator[ReviewReason]:
    """A value that the scale does not have. The rules see it all the same (P15)."""
    for reading in readings:
        top = reading.item.maximum
        for when in ("current", "previous", "baseline"):
            value = getattr(reading, when)
            if value is not None and not 0 <= value <= top:
                what = f"{when} value {value} is not on the scale 0 to {top}"
                yield ReviewReason(ReviewKind.OFF_SCALE, reading.item.code, what)


def _without_item(rule: Rule, instrument: InstrumentSpec) -> Iterator[ReviewReason]:
    for where in unknown_targets(rule, instrument):
        what = f"rule {rule.id} looks at it, but the instrument does not ask it"
        yield ReviewReason(ReviewKind.RULE_WITHOUT_ITEM, where, what)


def unknown_targets(rule: Rule, instrument: InstrumentSpec) -> list[str]:
    """Items and symptoms that a rule names and the instrument does not have."""
    known = {item.code for item in instrument.items} | {EVERY_GRADED_ITEM}
    symptoms = {item.symptom for item in instrument.items}
    unknown = [code for code in rule.items if code not in known]
    return unknown + [key for key in rule.symptoms if key not in symptoms]


def _plain(text: str) -> str:
    """Lower case without accents or apostrophes; everything else that is not a letter parts words.

    >>> _plain("I CAN'T   breathe… ¡sangrado!")
    'i cant breathe sangrado'
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in apart if not unicodedata.combining(c) and c not in "'’`´\u02bc")  # noqa: RUF001  # the apostrophes of phones
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())
