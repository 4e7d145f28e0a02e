"""What a form of settings says, as what a site agrees to: shared by the pages of settings."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.sites.model import NewSite, SiteView, as_agreed

Model = TypeVar("Model", bound=BaseModel)
_WORDS = {
    "missing": "is missing",
    "string_too_short": "is missing",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "is not a telephone number",
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "date_from_datetime_parsing": "is not a date",
    "date_parsing": "is not a date",
    "enum": "is not one of the list",
}
LOOK_AGAIN = Problem("", "Somebody else changed the site meanwhile.", "Cancel, and look again.")


def agreed(site: SiteView, typed: Mapping[str, object]) -> NewSite:
    """The site with what was typed. Raises `Invalid` with the form's field names."""
    return read(NewSite, dict(as_agreed(site)) | dict(typed))


def read(model: type[Model], values: Mapping[str, object]) -> Model:
    """The values as a model; raises `Invalid` with a problem for each field that is wrong."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise Invalid(
            [
                Problem(
                    str(fault["loc"][-1] if fault["loc"] else ""),
                    _said(fault["type"], fault["msg"]),
                )
                for fault in error.errors()
            ]
        ) from None


def _said(kind: str, message: str) -> str:
    return _WORDS.get(kind, message.removeprefix("Value error, ").removeprefix("Input "))


def attempt(act: Callable[[], object]) -> tuple[Problem, ...]:
    """Do it; the problems if it was refused, their names as the form's fields are called."""
    try:
        act()
    except Invalid as error:
        return tuple(named(problem) for problem in error.problems)
    except Conflict:
        return (LOOK_AGAIN,)
    return ()


def named(problem: Problem) -> Problem:
    """The same for the form: `calendar.country` is its field `country`."""
    return Problem(problem.where.rsplit(".", maxsplit=1)[-1], problem.what, problem.mend)
