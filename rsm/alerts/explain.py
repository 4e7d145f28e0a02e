"""A whole pack in plain words, as a Markdown page that a clinician can read and sign."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from rsm.alerts.decide import label, selected
from rsm.alerts.model import PREVIOUS_AT_MOST, InstrumentSpec
from rsm.alerts.schema import (
    EVERY_GRADED_ITEM,
    AtLeast,
    Case,
    Condition,
    RawAnswer,
    Rule,
    RulePack,
    Sureness,
    WorseBy,
)
from rsm.kernel.words import Level

_SURE = {
    Sureness.PUBLISHED: "published, and read in the source",
    Sureness.FROM_MEMORY: "known in the field, not read again in the source: check it",
    Sureness.OUR_CHOICE: "our own choice, published nowhere",
}
_HOW_IT_JUDGES = f"""\
- A skipped or refused question has no value: no rule fires on it. It never counts as 0.
- A question that was not asked, since the one before it was answered "none", counts as 0.
- "Previous" is the latest earlier report in which that question has a value, at most \
{PREVIOUS_AT_MOST.days} days old. Without one, a rule about change does not fire.
- What a relative reports is compared only with what a relative reported before.
- One survey makes one alert at its highest level. For each symptom it shows the findings of \
the highest level; lesser ones of the same symptom are kept on record.
- An error, or an answer that does not fit, always opens an alert for review by a person."""

_LINE = "_" * 20
_SIGNATURE = f"""\
Read and approved for use at: {_LINE}

Name, role: {_LINE}   Date: {_LINE}   Signature: {_LINE}"""


def explain(pack: RulePack, instrument: InstrumentSpec | None = None) -> str:
    """The page. With the instrument it also lists what each rule looks at, and what none does."""
    parts = [
        _head(pack),
        "## How the answers are judged",
        _HOW_IT_JUDGES,
        "## Rules",
        *(_rule(rule, instrument) for rule in pack.rules),
        *_unwatched(pack, instrument),
        "## What the patient is told on the screen, at once",
        *_advice(pack),
        "## Words in free text that alarm",
        *_red_flags(pack),
        "## Worked cases",
        _cases(pack),
        "## Signed",
        _SIGNATURE,
    ]
    return "\n\n".join(parts) + "\n"


def condition_text(condition: Condition) -> str:
    """One condition as the end of a sentence that begins with the item."""
    match condition:
        case AtLeast():
            return f"is {condition.value} or more"
        case WorseBy():
            since = "the previous report" if condition.since == "previous" else "the baseline"
            rose = f"rose by {condition.by} or more since {since}"
            return rose if condition.below is None else f"{rose} and is below {condition.below}"
        case _:
            assert_never(condition)


def _head(pack: RulePack) -> str:
    versions = f"{pack.instrument.at_least} up to, not including, {pack.instrument.below}"
    return (
        f"# {pack.title}\n\n"
        f"Pack `{pack.key}`, version {pack.version}, content {pack.pin.hash[:12]}. "
        f"For the questionnaire `{pack.instrument.key}`, versions {versions}.\n\n"
        f"Author: {pack.author}\n\nSource: {pack.source}\n\nLimits: {pack.limits}"
    )


def _rule(rule: Rule, instrument: InstrumentSpec | None) -> str:
    lines = [
        f"### {rule.title} ({rule.level})",
        f"Raises **{rule.level}** when {_looks_at(rule)} {condition_text(rule.when)}.",
    ]
    if instrument is not None:
        codes = ", ".join(f"`{item.code}`" for item in selected(rule, instrument.items))
        lines.append(f"Looks at: {codes}.")
    lines.append(f"How sure: {_SURE[rule.sure]}. Source: {rule.source} (Rule `{rule.id}`.)")
    return "\n\n".join(lines)


def _looks_at(rule: Rule) -> str:
    if EVERY_GRADED_ITEM in rule.items:
        return "any question that is graded 0 to 4"
    if rule.items:
        return " or ".join(f"`{code}`" for code in rule.items)
    return "any question about " + " or ".join(label(key).lower() for key in rule.symptoms)


def _unwatched(pack: RulePack, instrument: InstrumentSpec | None) -> Iterator[str]:
    if instrument is None:
        return
    watched = {i.code for rule in pack.rules for i in selected(rule, instrument.items)}
    left = [f"`{item.code}`" for item in instrument.items if item.code not in watched]
    yield f"No rule looks at: {', '.join(left) or 'nothing; every question is watched'}."


def _advice(pack: RulePack) -> Iterator[str]:
    for tongue, advice in pack.advice.items():
        reviewer = advice.reviewed_by or "**nobody yet: not shown to patients**"
        rows = "\n".join(f"| {level} | {_cell(advice.text(level))} |" for level in reversed(Level))
        yield f"Language `{tongue}`, reviewed by {reviewer}.\n\n| level | text |\n|---|---|\n{rows}"


def _red_flags(pack: RulePack) -> Iterator[str]:
    if not pack.red_flags:
        yield "None."
    for tongue, flags in pack.red_flags.items():
        reviewer = flags.reviewed_by or "**nobody yet**"
        yield f"Language `{tongue}`, reviewed by {reviewer}: {', '.join(flags.words)}."


def _cases(pack: RulePack) -> str:
    rows = [
        f"| {_cell(case.name)} | {_answers(case.now)} | {_history(case)} | {_expected(case)} |"
        for case in pack.cases
    ]
    return "\n".join(["| case | answers | before | raises |", "|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    """Text as a cell of a table: on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def _history(case: Case) -> str:
    reports = [
        f"{report.days_ago:g} days ago by {report.reporter}: {_answers(report.answers)}"
        for report in case.history
    ]
    if case.baseline is not None:
        reports.append(f"baseline: {_answers(case.baseline)}")
    return "<br>".join(reports) or "nothing"


def _answers(answers: Mapping[str, RawAnswer]) -> str:
    return ", ".join(f"{code} {_word(value)}" for code, value in answers.items()) or "no answer"


def _word(value: RawAnswer) -> str:
    return str(value).replace("_", " ") if value is not None else "no value"


def _expected(case: Case) -> str:
    raised = [f"{e.level}: {label(e.symptom).lower()} ({e.rule})" for e in case.expect]
    raised += [f"review: {kind.replace('_', ' ')}" for kind in case.review]
    return "<br>".join(raised) or "nothing"
