"""The form of one question of a draft, read as the draft's data. Pure.

Texts post as `text:en`, options as `option:0:value`, `option:0:label:en`, the condition as
`when:item`, `when:operator`, `when:value`. What the form does not show stays as it was.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from rsm.instruments.bank import listed
from rsm.instruments.draft_text import Data
from rsm.kernel.errors import Invalid, Problem

Form = Mapping[str, str]
WITH_OPTIONS = frozenset(("graded", "yes_no", "choice", "choices", "body_area"))
FIXED = frozenset(("yes_no", "body_area"))  # options of these are neither added nor taken away
TEXTS: Mapping[str, tuple[str, ...]] = {
    "number": ("text", "short", "hint"),
    "date": ("text", "short", "hint"),
    "text": ("text", "short", "hint"),
    "visual_scale": ("text", "short", "low", "high"),
}
USUAL_TEXTS = ("text", "short")
NUMBERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "number": (("minimum", "0"), ("maximum", "100"), ("decimals", "0")),
    "visual_scale": (("minimum", "0"), ("maximum", "10"), ("step", "1")),
    "text": (("max_length", "500"),),
}
TICKS: Mapping[str, tuple[str, ...]] = {
    "date": ("not_after_today", "not_before_today"),
    "text": ("long",),
}
_YES_NO: Mapping[str, tuple[str, str]] = {"en": ("No", "Yes"), "es": ("No", "Sí")}
_WHOLE = re.compile(r"-?\d{1,9}")
_DECIMAL = re.compile(r"-?\d{1,9}[.,]\d{1,6}")
MOST = 40


def texts_of(kind: str) -> tuple[str, ...]:
    """The texts that a question of this type has, in the order of the form."""
    return (*TEXTS.get(kind, USUAL_TEXTS), "not_applicable")


def new(kind: str, tags: Sequence[str]) -> Data:
    """A question of this type before anything was said of it."""
    item: Data = {"type": kind}
    for name, value in NUMBERS.get(kind, ()):
        item[name] = int(value)
    if kind == "yes_no":
        labels = [{tag: _YES_NO[tag][value] for tag in tags if tag in _YES_NO} for value in (0, 1)]
        item["options"] = [{"value": value, "label": labels[value]} for value in (0, 1)]
    return item


def read(form: Form, old: Data, tags: Sequence[str]) -> Data:
    """The question as the form has it. Raises `Invalid` with the names of its fields."""
    kind, item, wrong = str(old.get("type", "")), dict(old), list[Problem]()
    item["code"] = form.get("code", "").strip()
    for name in texts_of(kind):
        item[name] = _texts(form, name, old.get(name), tags)
    for name, _ in NUMBERS.get(kind, ()):
        item[name] = _number(form, name, wrong)
    for name in (*TICKS.get(kind, ()), "required", "may_not_apply"):
        item[name] = name in form
    if kind == "number":
        item["unit"] = form.get("unit", "").strip()
    if kind in WITH_OPTIONS:
        item["options"] = _options(form, kind, listed(old, "options"), tags, wrong)
    if "when:kept" not in form:
        item["asked_when"] = _asked_when(form, wrong)
    if wrong:
        raise Invalid(wrong)
    return _said(item)


def _said(data: Data) -> Data:
    """Without what says nothing: no words, not ticked. 0 says something."""
    return {
        name: value
        for name, value in data.items()
        if value is not None and value is not False and value not in ("", [], {})
    }


def _texts(form: Form, name: str, old: object, tags: Iterable[str]) -> dict[str, str]:
    known = dict(cast("Mapping[str, str]", old)) if isinstance(old, Mapping) else {}
    for tag in tags:
        known[tag] = " ".join(form.get(f"{name}:{tag}", "").split())
    return {tag: text for tag, text in known.items() if text}


def _number(form: Form, name: str, wrong: list[Problem]) -> int | float | None:
    text = form.get(name, "").strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    wrong.append(Problem(name, "is no number" if text else "is missing", "such as 10"))
    return None


def _options(
    form: Form, kind: str, old: list[Data], tags: Sequence[str], wrong: list[Problem]
) -> list[Data]:
    """Every row that has words; a code that was not given is the next one."""
    found: list[Data] = []
    for number in range(MOST):
        row = f"option:{number}"
        if f"{row}:value" not in form:
            break
        before = old[number] if number < len(old) else {}
        label = _texts(form, f"{row}:label", before.get("label"), tags)
        if not any(label.get(tag) for tag in tags) and kind not in FIXED:
            continue
        given = form[f"{row}:value"].strip()
        if given and not _WHOLE.fullmatch(given):
            wrong.append(Problem(f"{row}:value", "is no whole number", "such as 2"))
            continue
        value = int(given) if given else _next(found)
        option: Data = {**before, "value": value, "label": label}
        option["picture"] = form.get(f"{row}:picture", "")
        if kind == "choices":
            option["exclusive"] = f"{row}:exclusive" in form
        found.append(_said(option))
    return found


def _next(options: list[Data]) -> int:
    values = [value for each in options if isinstance(value := each.get("value"), int)]
    return max(values, default=-1) + 1


def _asked_when(form: Form, wrong: list[Problem]) -> Data | None:
    code, operator = form.get("when:item", ""), form.get("when:operator", "") or "at_least"
    if not code:
        return None
    value = _value(form.get("when:value", "").strip())
    if operator == "exists":
        return {"every": [{"item": code, "operator": "exists"}]}
    if value is None or (operator == "gate" and not (isinstance(value, int) and value > 0)):
        mend = "the code of an answer from 1 up" if operator == "gate" else "such as 2"
        wrong.append(Problem("when:value", "is no value to compare with", mend))
        return None
    if operator == "gate":
        return {"item": code, "at_least": value}
    return {"every": [{"item": code, "operator": operator, "value": value}]}


def _value(text: str) -> int | float | str | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None


def as_typed(form: Form, old: Data, tags: Sequence[str]) -> Data:
    """The question as far as the form can be read: numbers as they were typed, right or wrong."""
    kind, item = str(old.get("type", "")), dict(old)
    item["code"] = form.get("code", "").strip()
    for name in texts_of(kind):
        item[name] = _texts(form, name, old.get(name), tags)
    for name, _ in NUMBERS.get(kind, ()):
        item[name] = form.get(name, "")
    for name in (*TICKS.get(kind, ()), "required", "may_not_apply"):
        item[name] = name in form
    if kind in WITH_OPTIONS:
        item["options"] = _options(form, kind, listed(old, "options"), tags, [])
    if form.get("when:item") and "when:kept" not in form:
        test = {"item": form["when:item"], "operator": form.get("when:operator", "")}
        item["asked_when"] = {"every": [{**test, "value": form.get("when:value", "")}]}
    return item
