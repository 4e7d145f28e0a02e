"""A whole pack in plain words, as a page that a clinician can read and sign."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from rsm.alerts.checks import warnings, watched
from rsm.alerts.explain_cases import cases_table
from rsm.alerts.model import PREVIOUS_AT_MOST, InstrumentSpec, ItemSpec, NumberSpec
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
from rsm.alerts.templates import fill
from rsm.alerts.tiers import Provenance
from rsm.alerts.wording import condition_text, label, subgroup_text
from rsm.kernel.words import Level

_SURE = {
    Sureness.PUBLISHED: "published, and read in the source",
    Sureness.FROM_MEMORY: "known in the field, not read again in the source: check it",
    Sureness.OUR_CHOICE: "our own choice, published nowhere",
}
_SURE_IN_SHORT = {
    Sureness.PUBLISHED: "read in its source",
    Sureness.FROM_MEMORY: "from memory: check it",
    Sureness.OUR_CHOICE: "our own choice",
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
_PLACES = {"clinic_phone": "[the clinic's number]", "emergency_number": "[the emergency number]"}
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


def anchor(rule: str) -> str:
    """Where a rule stands on the page: `…/rules/explain#<anchor>`. Not its name, so that no
    address in a browser's history says what a patient reported (P10)."""
    return f"rule-{hashlib.sha256(rule.encode()).hexdigest()[:8]}"


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
    blocks += [Heading(2, "Rules"), Paragraph(_how_sure(pack)), _at_a_glance(pack)]
    changed = dict(changed or {})
    for rule in pack.rules:
        blocks += _rule(rule, whole)
        blocks += [Paragraph(each.sentence) for each in changed.pop(rule.id, ())]
    for name, left in changed.items():
        blocks += [Heading(3, f"Rule `{name}` does not apply", anchor(name))]
        blocks += [Paragraph(each.sentence) for each in left]
    blocks += _unsaid(pack, instrument)
    blocks += _quiet(pack)
    blocks += [Heading(2, "What the patient is told on the screen, at once"), *_advice(pack)]
    blocks += [Heading(2, "Words in free text that alarm"), *_red_flags(pack)]
    blocks += [Heading(2, "Worked cases"), cases_table(pack)]
    blocks += [Heading(2, "Signed"), Paragraph(_what_is_signed(pack))]
    blocks += [Paragraph(line) for line in _SIGNATURE]
    return blocks


def _how_sure(pack: RulePack) -> str:
    """How many rules rest on what: whoever signs should not have to count."""
    counts = Counter(rule.sure for rule in pack.rules)
    said = [f"{counts[sure]} {text}" for sure, text in _SURE_IN_SHORT.items() if counts[sure]]
    return f"How sure the thresholds are, of {len(pack.rules)} rules: {'; '.join(said)}."


def _at_a_glance(pack: RulePack) -> Table:
    rows = tuple(
        (rule.title, str(rule.level), _SURE_IN_SHORT[rule.sure])
        for rule in sorted(pack.rules, key=lambda rule: -rule.level.rank)
    )
    return Table(("rule", "level", "how sure"), rows)


def _what_is_signed(pack: RulePack) -> str:
    pin = pack.pin
    return f"Pack `{pin.key}`, version {pin.version}, of exactly this content: `{pin.hash}`."


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
        yield Heading(2, f"Included: {part.title} ({part.key} {part.version})")
        yield Paragraph(f"Source: {part.source}")
        yield Paragraph(f"Limits: {part.limits}")


def _rule(rule: Rule, instrument: InstrumentSpec | None) -> Iterator[Block]:
    yield Heading(3, f"{rule.title} ({rule.level})", anchor(rule.id))
    who = f" Only for: {subgroup_text(rule.subgroup)}." if rule.subgroup else ""
    yield Paragraph(
        f"Raises **{rule.level}** when {looks_at(rule)} {condition_text(rule.when)}.{who}"
    )
    if extra := _extra(rule):
        yield Paragraph(extra)
    items = [*selected(rule, instrument.items)] if instrument else []
    if items:
        yield Paragraph(f"Looks at: {_by_symptom(items)}.")
    yield Paragraph(f"How sure: {_SURE[rule.sure]}. Source: {rule.source} (Rule `{rule.id}`.)")


def _by_symptom(items: Iterable[ItemSpec]) -> str:
    """`pain (frequency, severity), fatigue (severity)`; a code of another form as it is."""
    named: dict[str, list[str]] = {}
    for item in items:
        attribute = item.code.removeprefix(f"{item.symptom}.")
        if attribute == item.code:
            named[f"`{item.code}`"] = []
        else:
            named.setdefault(label(item.symptom).lower(), []).append(label(attribute).lower())
    parts = (f"{name} ({', '.join(found)})" if found else name for name, found in named.items())
    return ", ".join(parts)


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


def looks_at(rule: Rule) -> str:
    """What a rule looks at, as the beginning of a sentence that its condition ends."""
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
    seen = watched(pack, instrument)
    asked: tuple[ItemSpec | NumberSpec, ...] = (*instrument.items, *instrument.numbers)
    left = [f"`{each.code}`" for each in asked if each.code not in seen]
    yield Paragraph(f"No rule looks at: {', '.join(left) or 'nothing; every question is watched'}.")
    if noted := warnings(pack, instrument):
        yield Heading(2, "Please note")
        yield Bullets(tuple(f"{each.what}." for each in noted))


def _quiet(pack: RulePack) -> Iterator[Block]:
    yield Heading(2, "What is kept quiet")
    if pack.quiet.expected_up_to:
        levels = (
            f"A nurse may say which grade of a symptom is expected, {pack.quiet.expected_up_to} at "
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
        rows = tuple((str(level), fill(advice.text(level), **_PLACES)) for level in reversed(Level))
        yield Table(("level", "text"), rows)
    for tongue, crisis in pack.crisis.items():
        reviewer = crisis.reviewed_by or "**nobody yet: not shown to patients**"
        text = fill(crisis.text, **_PLACES)
        yield Paragraph(f"Crisis line, language `{tongue}`, reviewed by {reviewer}: {text}")


def _red_flags(pack: RulePack) -> Iterator[Block]:
    if not pack.red_flags:
        yield Paragraph("None.")
    for tongue, flags in pack.red_flags.items():
        reviewer = flags.reviewed_by or "**nobody yet**"
        yield Paragraph(f"Language `{tongue}`, reviewed by {reviewer}: {', '.join(flags.words)}.")
