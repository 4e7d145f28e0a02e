"""What the page of exports shows: the form's choices, exports on record, counts of ePRO use."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from uuid import UUID

from rsm.kernel.errors import Invalid, Problem
from rsm.metrics.extract import Span
from rsm.metrics.model import Days
from rsm.reports import export_service
from rsm.reports import participation as took
from rsm.reports.export_columns import TABLES
from rsm.reports.export_decide import may_identify, period_of
from rsm.reports.export_model import Dates, Format, Run, Shape
from rsm.security import staff
from rsm.sites import service as sites
from rsm.web.auth import Desk
from rsm.web.exports_form import IDENTIFIED, WITH_TESTS, Typed, days_of, usual
from rsm.web.frames import language_of, staff_frame
from rsm.web.staff_words import section
from rsm.web.views.common import Choice
from rsm.web.views.exports import CountLine, ExportsView, RunLine
from rsm.web.views.frame import StaffFrame
from rsm.web.when import local_date, local_time


def exports_view(
    desk: Desk, given: Typed, problems: tuple[Problem, ...] = (), *, count: bool = False
) -> ExportsView:
    """The page, with the form as typed. Who took part is counted survey by survey: when asked."""
    site_id, language = desk.staff.site_id, language_of(desk)
    w, frame = section("exports", language), staff_frame(desk, f"/sites/{site_id}")
    days, address = _days(desk, given), f"/sites/{site_id}/exports"
    names = may_identify(desk.staff.roles)
    return ExportsView(
        frame=frame,
        action=address,
        csv=f"{address}/participation.csv?from={days.first}&to={days.last}",
        values=given.values,
        formats=_choices(w, "format", Format),
        shapes=_choices(w, "shape", Shape),
        dates=_choices(w, "dates", Dates),
        options=tuple(_options(w, names=names)),
        may_identify=names,
        runs=tuple(_runs(desk, frame, w, language)),
        counts=tuple(_counts(took.participation(desk.tx, span_of(desk, days)), w)) if count else (),
        counted_from=local_date(days.first, frame.zone, language, year=True),
        counted_to=local_date(days.last, frame.zone, language, year=True),
        problems=problems,
    )


def span_of(desk: Desk, days: Days) -> Span:
    """These days of the desk's site."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return Span(site.id, days, period_of(days.first, days.last, site.zone))


def _days(desk: Desk, given: Typed) -> Days:
    """What is counted on the page: the days of the form, if they are days."""
    plain = usual(desk).values
    try:
        return days_of(given.values.first, given.values.last, "en")
    except Invalid:
        return days_of(plain.first, plain.last, "en")


def _choices(
    w: SimpleNamespace, name: str, words: type[Format] | type[Shape] | type[Dates]
) -> tuple[Choice, ...]:
    return tuple(Choice(each.value, getattr(w, f"{name}_{each}")) for each in words)


def _options(w: SimpleNamespace, *, names: bool) -> Iterator[Choice]:
    yield Choice(WITH_TESTS, w.with_tests)
    if names:
        yield Choice(IDENTIFIED, w.identified)


def _runs(desk: Desk, frame: StaffFrame, w: SimpleNamespace, language: str) -> Iterator[RunLine]:
    found = export_service.runs(desk.tx, desk.staff.site_id)
    people = staff.many(desk.tx, {run.made_by for run in found if run.made_by is not None})
    names = {who: person.name for who, person in people.items()}
    for run in found:
        day = local_date(run.made_at, frame.zone, language, year=True)
        yield RunLine(
            when=f"{day}, {local_time(run.made_at, frame.zone, language)}",
            who=_who(run.made_by, names, w),
            what=", ".join(_what(run, frame, w, language)),
            project=str(w.for_project).format(project=run.project),
            hash=run.hash,
            rows=tuple(
                (getattr(w, f"table_{table.name}"), run.counts[table.name])
                for table in TABLES
                if table.name in run.counts
            ),
            named=run.identified,
        )


def _who(who: UUID | None, names: Mapping[UUID, str], w: SimpleNamespace) -> str:
    system, gone = w.who_system, w.who_gone
    return str(system if who is None else names.get(who, gone))


def _what(run: Run, frame: StaffFrame, w: SimpleNamespace, language: str) -> Iterator[str]:
    ends = (local_date(day, frame.zone, language, year=True) for day in vars(run.days).values())
    first, last = ends
    yield str(w.period).format(first=first, last=last)
    yield str(w.as_named if run.identified else w.as_pseudonyms)
    if run.with_tests:
        yield str(w.as_tests)
    yield run.format.upper() if run.format is Format.CSV else run.format.capitalize()


def _counts(counts: tuple[took.Count, ...], w: SimpleNamespace) -> Iterator[CountLine]:
    for each in counts:
        id_ = each.definition.id
        whole = "" if each.whole is None else str(each.whole)
        part = str(each.part)
        if id_ == "epro_used":
            part = w.took_yes if each.part else w.took_no
        if each.whole == 0 and id_ != "surveyed":
            part, whole = "–", w.took_unasked  # noqa: RUF001  # a dash: nothing to count
        means = getattr(w, f"took_{id_}_means", w.took_domain_means)
        yield CountLine(getattr(w, f"took_{id_}"), part, whole, means)
