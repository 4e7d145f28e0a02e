"""Small forms: as they were typed, back to the page with what is wrong, dates read in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from fastapi import Request
from fastapi.responses import HTMLResponse

from rsm.kernel.errors import Invalid, Problem
from rsm.patients.entering import read_value
from rsm.web.deps import html
from rsm.web.views.small_form import Input, SmallFormView


async def typed(request: Request) -> dict[str, str]:
    """Every field of the form, without the blanks around it."""
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


def show(
    view: SmallFormView, values: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
) -> HTMLResponse:
    """The page; with `values` as they were typed."""
    inputs = view.inputs
    if values is not None:
        inputs = tuple(replace(one, value=values.get(one.name, "")) for one in inputs)
    filled = replace(view, inputs=inputs, problems=tuple(problems))
    return html("staff/small_form.html", filled, view.lang, 422 if problems else 200)


def day(values: Mapping[str, str], name: str) -> date | None:
    """A day, or None when the field is empty. Raises `Invalid`."""
    text = values.get(name, "")
    if not text:
        return None
    try:
        found = read_value("consent_on", text)
    except Invalid as error:
        raise Invalid([replace(one, where=name) for one in error.problems]) from None
    return found if isinstance(found, date) else None


def must(value: object, name: str) -> None:
    """Raises `Invalid` when a field that is needed is empty."""
    if not value:
        raise Invalid(Problem(name, "is missing"))


def chosen(values: Mapping[str, str], inputs: Sequence[Input]) -> None:
    """Raises `Invalid` for a choice that the page does not offer."""
    wrong = [
        Problem(one.name, "choose one from the list")
        for one in inputs
        if one.kind == "select"
        and (one.required or values.get(one.name))
        and values.get(one.name) not in {choice.value for choice in one.choices}
    ]
    if wrong:
        raise Invalid(wrong)
