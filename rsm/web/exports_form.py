"""The form of an export: what it begins with, and what was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics.model import Days
from rsm.reports.export_model import (
    EARLIEST,
    LATEST,
    PROJECT_AT_MOST,
    REASON_AT_MOST,
    Dates,
    Format,
    Request,
    Shape,
    Way,
)
from rsm.sites import service as sites
from rsm.web.auth import Desk
from rsm.web.staff_words import word
from rsm.web.views.exports import ExportValues

WITH_TESTS, IDENTIFIED = "with_tests", "identified"
_USUAL_DAYS = 91


@dataclass(frozen=True)
class Typed:
    """The form as it was sent."""

    values: ExportValues

    @classmethod
    def of(cls, fields: Mapping[str, str], options: tuple[str, ...]) -> "Typed":
        plain = {name: fields.get(name, "").strip() for name in ("project", "reason")}
        chosen = {name: fields.get(name, "") for name in ("format", "shape", "dates")}
        first, last = (fields.get(name, "").strip() for name in ("from", "to"))
        return cls(ExportValues(first=first, last=last, options=options, **plain, **chosen))


def usual(desk: Desk) -> Typed:
    """What the form begins with: the last quarter up to yesterday, pseudonymised."""
    zone = sites.get(desk.tx, desk.staff.site_id).zone
    last = local_of(desk.tx.now, zone_named(zone)).date() - timedelta(days=1)
    first = last - timedelta(days=_USUAL_DAYS - 1)
    return Typed(ExportValues(first=first.isoformat(), last=last.isoformat()))


def wanted(given: Typed, language: str) -> Request:
    """The request of the form. Raises `Invalid` with everything that is wrong, in her words."""
    values, problems = given.values, [*_wrong_words(given.values, language)]
    days = None
    try:
        days = days_of(values.first, values.last, language)
    except Invalid as error:
        problems[:0] = error.problems
    if problems or days is None:
        raise Invalid(problems)
    return Request(
        days=days,
        format=Format(values.format),
        shape=Shape(values.shape),
        dates=Dates(values.dates),
        project=values.project,
        identified=IDENTIFIED in values.options,
        reason=values.reason if IDENTIFIED in values.options else "",
        with_tests=WITH_TESTS in values.options,
        way=Way.PAGE,
    )


def days_of(first: str, last: str, language: str) -> Days:
    """Both days, in order. Raises `Invalid`."""
    found = {}
    problems = []
    for where, text in (("from", first), ("to", last)):
        try:
            found[where] = date.fromisoformat(text)
        except ValueError:
            key = "bad_day" if text else "is_missing"
            problems.append(problem_at(where, key, language, "bad_day_mend", text=text))
        else:
            if not EARLIEST <= found[where] <= LATEST:
                problems.append(problem_at(where, "far_day", language, text=text))
    if problems:
        raise Invalid(problems)
    if found["to"] < found["from"]:
        days = {"first": first, "last": last}
        raise Invalid(problem_at("to", "bad_order", language, "bad_order_mend", **days))
    return Days(found["from"], found["to"])


def problem_at(where: str, key: str, language: str, mend: str = "", **values: object) -> Problem:
    """What is wrong with a field, in her words, the field's own name included."""
    said = word("exports", key, language).format(**values)
    how = f" ({word('exports', mend, language).format(**values)})" if mend else ""
    return Problem(where, f"{word('exports', where, language)}: {said}{how}")


def _wrong_words(values: ExportValues, language: str) -> Iterator[Problem]:
    most: dict[str, object] = {"most": PROJECT_AT_MOST}
    if not 0 < len(values.project) <= PROJECT_AT_MOST:
        yield problem_at("project", "bad_project", language, "bad_project_mend", **most)
    most = {"most": REASON_AT_MOST}
    if IDENTIFIED in values.options and not 0 < len(values.reason) <= REASON_AT_MOST:
        yield problem_at("reason", "bad_reason", language, "bad_reason_mend", **most)
    for where, text, words in (
        ("format", values.format, Format),
        ("shape", values.shape, Shape),
        ("dates", values.dates, Dates),
    ):
        if text not in set(words):
            yield problem_at(where, "is_missing", language)
