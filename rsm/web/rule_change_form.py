"""The form of a change of one rule: switched off, another level, other thresholds; why, how long.

It is the same for a site and for one patient. What is typed is read here; whether it may be is
`rsm.flow.overrides`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

from rsm.alerts.explain import looks_at
from rsm.alerts.override_words import Asked, Target
from rsm.alerts.schema import Rule
from rsm.alerts.states import Tier
from rsm.alerts.tiers import LONGEST, Change
from rsm.alerts.wording import condition_text, subgroup_text
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level
from rsm.web import small_forms as forms
from rsm.web import when
from rsm.web.rule_change_words import threshold, thresholds
from rsm.web.staff_words import section
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.small_form import Input, SmallFormView

_OFF, _OTHER = "off", "other"
Rules = Mapping[str, Rule]  # by what stands for them in an address


@dataclass(frozen=True)
class ChangeForm:
    """What the form is about: the rule as the wider tiers leave it, whose, in which zone."""

    rule: Rule
    target: Target
    zone: str
    now: datetime
    language: str = "en"

    @property
    def words(self) -> SimpleNamespace:
        return section("changes", self.language)


def pick(frame: StaffFrame, rules: Rules, language: str) -> SmallFormView:
    """The first step: which rule. The caller adds where it posts to, and whose."""
    words = section("changes", language)
    choices = tuple(
        Choice(key, f"{rule.title} ({getattr(words, f'level_{rule.level}').lower()})")
        for key, rule in rules.items()
    )
    rule = Input("rule", words.rule, kind="select", choices=choices, required=True)
    return SmallFormView(frame, words.pick_heading, words.pick_text, "", "", words.go_on, (rule,))


def view(form: ChangeForm, frame: StaffFrame, action: str, cancel: str) -> SmallFormView:
    """The second step: what is to become of the rule."""
    words = form.words
    alone = form.target.tier is Tier.PATIENT
    loud = f" {words.loud}" if form.rule.keeps_loud else ""
    level = getattr(words, f"level_{form.rule.level}")
    return SmallFormView(
        frame=frame,
        heading=form.rule.title,
        text=words.as_it_is.format(level=level, condition=_condition(form.rule)) + loud,
        action=action,
        cancel_url=cancel,
        button=words.save_own if alone else words.save,
        inputs=_inputs(form),
        lang=form.language,
    )


def _condition(rule: Rule) -> str:
    """English, as the packs are: `any question that is graded 0 to 4 is 3 or more`."""
    said = f"{looks_at(rule)} {condition_text(rule.when)}".replace("`", "")
    return f"{said} ({subgroup_text(rule.subgroup)})" if rule.subgroup else said


def _inputs(form: ChangeForm) -> tuple[Input, ...]:
    words, rule = form.words, form.rule
    levels = tuple(Choice(level, getattr(words, f"level_{level}")) for level in Level)
    found = []
    if not rule.keeps_loud:
        ways = (Choice(_OTHER, words.what_other), Choice(_OFF, words.what_off))
        found.append(Input("what", words.what, kind="select", choices=ways, required=True))
    level = Input("level", words.level, rule.level, "select", levels, required=True)
    found.append(level)
    found += [
        Input(
            f"t-{name}",
            threshold(name, words),
            f"{value:g}",
            hint=words.now.format(value=f"{value:g}"),
            required=True,
        )
        for name, value in thresholds(rule).items()
    ]
    last = local_of(form.now + LONGEST[form.target.tier], zone_named(form.zone)).date()
    day = when.local_date(last - timedelta(days=1), form.zone, form.language, year=True)
    hint = words.until_hint.format(day=day)
    found.append(Input("until", words.until, hint=hint, required=True))
    why = words.reason_hint_own if form.target.tier is Tier.PATIENT else words.reason_hint
    found.append(Input("reason", words.reason, kind="area", hint=why, required=True))
    return tuple(found)


# --- what was typed ------------------------------------------------------------------------------


def read(form: ChangeForm, values: Mapping[str, str], shown: SmallFormView) -> Asked:
    """What she asks for. Raises `Invalid` with the form's field names."""
    forms.chosen(values, shown.inputs)
    return Asked(
        target=form.target,
        changes=(_change(form, values),),
        reason=values.get("reason", ""),
        until=_until(form, values),
    )


def _change(form: ChangeForm, values: Mapping[str, str]) -> Change:
    if values.get("what") == _OFF:
        return Change(rule=form.rule.id, disable=True)
    level = Level(values["level"])
    typed = {name: _number(values, name, form.words) for name in thresholds(form.rule)}
    changed = {name: value for name, value in typed.items() if value != thresholds(form.rule)[name]}
    if level is form.rule.level and not changed:
        raise Invalid(Problem("level", form.words.nothing_changed))
    other = level if level is not form.rule.level else None
    return Change(rule=form.rule.id, level=other, thresholds=changed)


def _number(values: Mapping[str, str], name: str, words: SimpleNamespace) -> int | float:
    try:
        value = float(values.get(f"t-{name}", "").replace(",", "."))
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        what = words.not_number.format(name=threshold(name, words))
        raise Invalid(Problem(f"t-{name}", what))
    return int(value) if value.is_integer() else value


def _until(form: ChangeForm, values: Mapping[str, str]) -> datetime:
    """The end of the last day, on the clock of those whom it is about."""
    try:
        day = date.fromisoformat(values.get("until", ""))
    except ValueError:
        day = date.max
    if day == date.max:
        raise Invalid(Problem("until", form.words.not_date))
    return datetime.combine(day + timedelta(days=1), time(), zone_named(form.zone))


def in_form(problems: tuple[Problem, ...], shown: SmallFormView) -> tuple[Problem, ...]:
    """A problem of the rule stands at its first field, so that the page leads there."""
    names = {one.name for one in shown.inputs}
    first = shown.inputs[0].name
    return tuple(one if one.where in names else sentence(one, first) for one in problems)


def sentence(problem: Problem, where: str = "") -> Problem:
    """As a sentence of its own, without the name of a field."""
    what, mend = (text[:1].upper() + text[1:] for text in (problem.what, problem.mend))
    return Problem(where, what, mend)
