"""A whole pack in plain words, as a page that a clinician can read and sign."""

from collections.abc import Iterator, Mapping

from rsm.alerts.checks import warnings
from rsm.alerts.model import PREVIOUS_AT_MOST, InstrumentSpec
from rsm.alerts.page import Block, Bullets, Heading, Paragraph, Table, html, markdown
from rsm.alerts.plan import selected
from rsm.alerts.schema import (
    EVERY_GRADED_ITEM,
    EVERY_OF,
    Rule,
    RulePack,
    Sureness,
)
from rsm.alerts.specs import with_needs
from rsm.alerts.tiers import Provenance
from rsm.alerts.wording import condition_text, label, subgroup_text
from rsm.alerts.worked import Case, RawAnswer
from rsm.kernel.words import Level

_SURE = {
    Sureness.PUBLISHED: "published, and read in the source",
    Sureness.FROM_MEMORY: "known in the field, not read again in the source: check it",
    Sureness.OUR_CHOICE: "our own choice, published nowhere",
}
_IF_MISSING = {
    "true": "When something that it needs is missing, it fires all the same; without a value of "
    "its own question, a person looks.",
    "review": "When something that it needs is missing, a person looks.",
    "false": "",
}
_HOW_IT_JUDGES = f"""\
A skipped or refused question has no value: it never counts as 0. A rule that needs it does not \
fire, unless the rule says otherwise.
A question that was not asked, since the one before it was answered "none", counts as 0.
"Previous" is the latest earlier report in which that question has a value, at most \
{PREVIOUS_AT_MOST.days} days old. Without one, a rule about change does not fire.
"Not" something that is not known is not known either: it never becomes true.
What a relative reports is compared only with what a relative reported before.
One survey makes one alert at its highest level. For each symptom it shows the findings of the \
highest level; lesser ones of the same symptom are kept on record.
An error, or an answer that does not fit, always opens an alert for review by a person."""
_QUIET = """\
What is open already at the same value is added to it: its owner is told of the repeat, and the \
ladder moves on if nobody has taken it. A worse value is always told, and so is everything after \
closing.
No expected level covers an emergency or the red set, and nothing of this changes what the \
patient is told."""
_LINE = "_" * 20
_SIGNATURE = (
    f"Read and approved for use at: {_LINE}",
    f"Name, role: {_LINE}   Date: {_LINE}   Signature: {_LINE}",
)


# Rule → who changed it (`tiers.EffectivePack.provenance`).
Changed = Mapping[str, tuple[Provenance, ...]]


def explain(
    pack: RulePack, instrument: InstrumentSpec | None = None, changed: Changed | None = None
) -> str:
    """The page as Markdown. With the instrument it also lists what each rule looks at, with
    `changed` what overrides did to the rules, by whom, why and until when."""
    return markdown(page(pack, instrument, changed))


def explain_html(
    pack: RulePack, instrument: InstrumentSpec | None = None, changed: Changed | None = None
) -> str:
    """The page as HTML."""
    return html(page(pack, instrument, changed), f"{pack.title} ({pack.key} {pack.version})")


def page(
    pack: RulePack,
    instrument: InstrumentSpec | None = None,
    changed: Changed | None = None,
) -> list[Block]:
    """The blocks of the page."""
    whole = with_needs(instrument, pack) if instrument else None
    blocks: list[Block] = [*_head(pack)]
    blocks += [
        Heading(2, "How the answers are judged"),
        Bullets(tuple(_HOW_IT_JUDGES.splitlines())),
    ]
    blocks.append(Heading(2, "Rules"))
    changed = dict(changed or {})
    for rule in pack.rules:
        blocks += _rule(rule, whole)
        blocks += [Paragraph(each.sentence) for each in changed.pop(rule.id, ())]
    for name, left in changed.items():
        blocks += [Heading(3, f"Rule `{name}` does not apply")]
        blocks += [Paragraph(each.sentence) for each in left]
    blocks += _unsaid(pack, instrument)
    blocks += _quiet(pack)
    blocks += [Heading(2, "What the patient is told on the screen, at once"), *_advice(pack)]
    blocks += [Heading(2, "Words in free text that alarm"), *_red_flags(pack)]
    blocks += [Heading(2, "Worked cases"), _cases(pack)]
    blocks += [Heading(2, "Signed"), *(Paragraph(line) for line in _SIGNATURE)]
    return blocks


def _head(pack: RulePack) -> Iterator[Block]:
    ranges = " and ".join(
        f"`{each.key}`, versions {each.at_least} up to, not including, {each.below}"
        for each in (pack.instrument, *pack.also)
    )
    yield Heading(1, pack.title)
    yield Paragraph(
        f"Pack `{pack.key}`, version {pack.version}, content {pack.pin.hash[:12]}. "
        f"For the questionnaire {ranges}."
    )
    yield Paragraph(f"Author: {pack.author}")
    yield Paragraph(f"Source: {pack.source}")
    yield Paragraph(f"Limits: {pack.limits}")
    for part in pack.parts:
        yield Heading(3, f"Included: {part.title} ({part.key} {part.version})")
        yield Paragraph(f"Source: {part.source}")
        yield Paragraph(f"Limits: {part.limits}")


def _rule(rule: Rule, instrument: InstrumentSpec | None) -> Iterator[Block]:
    yield Heading(3, f"{rule.title} ({rule.level})")
    who = f" Only for: {subgroup_text(rule.subgroup)}." if rule.subgroup else ""
    yield Paragraph(
        f"Raises **{rule.level}** when {_looks_at(rule)} {condition_text(rule.when)}.{who}"
    )
    if extra := _extra(rule):
        yield Paragraph(extra)
    codes = [item.code for item in selected(rule, instrument.items)] if instrument else []
    if codes:
        yield Paragraph(f"Looks at: {', '.join(f'`{code}`' for code in codes)}.")
    yield Paragraph(f"How sure: {_SURE[rule.sure]}. Source: {rule.source} (Rule `{rule.id}`.)")


def _extra(rule: Rule) -> str:
    said = [_IF_MISSING[rule.if_missing]]
    if rule.crisis:
        said.append(
            "An alert of its own, never grouped; the crisis line is on the screen at once; never "
            "asked by text message or of a relative; somebody must be on duty around the clock."
        )
    elif rule.red:
        said.append("Of the red set: it cannot be switched off or made quiet.")
    if rule.if_item_absent == "skip":
        said.append("Applies only where the questionnaire asks it.")
    return " ".join(filter(None, said))


def _looks_at(rule: Rule) -> str:
    if rule.about:
        return "the report"
    if EVERY_GRADED_ITEM in rule.items:
        return "any question that is graded 0 to 4"
    if rule.symptoms:
        return "any question about " + " or ".join(label(key).lower() for key in rule.symptoms)
    codes = (*rule.items, *rule.scores, *rule.numbers)
    return " or ".join(_selector(code) for code in codes)


def _selector(code: str) -> str:
    if code.startswith(EVERY_OF):
        return f"any graded question about {label(code[2:]).lower()}"
    return f"`{code}`"


def _unsaid(pack: RulePack, instrument: InstrumentSpec | None) -> Iterator[Block]:
    """What the pack does not see, in words that whoever signs it must have read."""
    if instrument is None:
        return
    watched = {i.code for rule in pack.rules for i in selected(rule, instrument.items)}
    left = [f"`{item.code}`" for item in instrument.items if item.code not in watched]
    yield Paragraph(f"No rule looks at: {', '.join(left) or 'nothing; every question is watched'}.")
    if noted := warnings(pack, instrument):
        yield Heading(2, "Please note")
        yield Bullets(tuple(f"{each.what}." for each in noted))


def _quiet(pack: RulePack) -> Iterator[Block]:
    yield Heading(2, "What is kept quiet")
    if pack.quiet.expected_up_to:
        levels = (
            f"A nurse may say which grade of a symptom she expects, {pack.quiet.expected_up_to} at "
            f"most, for {pack.quiet.expected_days} days at most. Up to that grade it is kept on "
            "record and told to nobody; anything worse of that symptom breaks it."
        )
    else:
        levels = "No expected levels may be set."
    digest = ("Findings for information wait for the digest.",) if pack.quiet.digest else ()
    yield Bullets((levels, *digest, *_QUIET.splitlines()))


def _advice(pack: RulePack) -> Iterator[Block]:
    for tongue, advice in pack.advice.items():
        reviewer = advice.reviewed_by or "**nobody yet: not shown to patients**"
        yield Paragraph(f"Language `{tongue}`, reviewed by {reviewer}.")
        rows = tuple((str(level), advice.text(level)) for level in reversed(Level))
        yield Table(("level", "text"), rows)
    for tongue, crisis in pack.crisis.items():
        reviewer = crisis.reviewed_by or "**nobody yet: not shown to patients**"
        yield Paragraph(f"Crisis line, language `{tongue}`, reviewed by {reviewer}: {crisis.text}")


def _red_flags(pack: RulePack) -> Iterator[Block]:
    if not pack.red_flags:
        yield Paragraph("None.")
    for tongue, flags in pack.red_flags.items():
        reviewer = flags.reviewed_by or "**nobody yet**"
        yield Paragraph(f"Language `{tongue}`, reviewed by {reviewer}: {', '.join(flags.words)}.")


# --- worked cases --------------------------------------------------------------------------


def _cases(pack: RulePack) -> Table:
    rows = tuple((case.name, _now(case), _before(case), _expected(case)) for case in pack.cases)
    return Table(("case", "answers", "before", "raises"), rows)


def _now(case: Case) -> str:
    said = [f"{code} {_word(value)}" for code, value in case.now.items()]
    said += [f"{code} {value:g}" for code, value in (*case.numbers.items(), *case.scores.items())]
    if case.text:
        said.append(f"words: {case.text}")
    if case.windows_missed is not None:
        said.append(f"windows missed: {case.windows_missed}")
    facts = case.patient.model_dump(exclude_none=True)
    said += [f"{name.replace('_', ' ')}: {value}" for name, value in facts.items()]
    said += [f"{e.symptom} expected at {e.grade}" for e in case.expected_levels]
    return ", ".join(said) or "no answer"


def _before(case: Case) -> str:
    reports = [
        f"{report.days_ago:g} days ago by {report.reporter}: {_answers(report.answers)}"
        for report in case.history
    ]
    if case.baseline is not None:
        reports.append(f"baseline: {_answers(case.baseline)}")
    return "\n".join(reports) or "nothing"


def _answers(answers: Mapping[str, RawAnswer]) -> str:
    return ", ".join(f"{code} {_word(value)}" for code, value in answers.items()) or "no answer"


def _word(value: RawAnswer) -> str:
    return str(value).replace("_", " ") if value is not None else "no value"


def _expected(case: Case) -> str:
    raised = [f"{e.level}: {label(e.symptom).lower()} ({e.rule})" for e in case.expect]
    raised += [f"review: {kind.replace('_', ' ')}" for kind in case.review]
    raised += [f"on record only, {each.why}: {each.symptom} ({each.rule})" for each in case.hushed]
    return "\n".join(raised) or "nothing"
