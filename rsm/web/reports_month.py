"""A month's figures → the report on it, in its language, for a site's managers and funders."""

from collections.abc import Iterator
from dataclasses import replace

from rsm import __version__
from rsm.db.work import Tx
from rsm.metrics.statistics.control import FEWEST
from rsm.reports import decide
from rsm.reports.model import FEWEST_PATIENTS, Made, Wanted
from rsm.web import reports_facts as read
from rsm.web import reports_funders as funders
from rsm.web import reports_pictures as pictures
from rsm.web import reports_sections as sections
from rsm.web import reports_words as words
from rsm.web.pages import render_alone
from rsm.web.reports_facts import Facts
from rsm.web.reports_leaving import leaving
from rsm.web.reports_sections import count, figure
from rsm.web.views.month_report import MonthReport, Section
from rsm.web.views.site import Fact

STYLES = ("tokens.css", "staff.css", "report.css", "month.css")
TEMPLATE = "reports/month.html"


def facts_of(tx: Tx, wanted: Wanted) -> Facts:
    """All that the report is made of; the transaction must see the site."""
    facts = read.read(tx, wanted)
    if facts.funders is None:
        return facts
    return replace(facts, funders=funders.named(tx, facts.funders, wanted.language))


def month_report(tx: Tx, wanted: Wanted) -> MonthReport:
    """The whole report; the transaction must see the site."""
    return view_of(facts_of(tx, wanted))


def made(tx: Tx, wanted: Wanted) -> Made:
    """The report as one file, with what is kept of it when it is sent."""
    view = month_report(tx, wanted)
    return Made(
        html=file_of(view),
        digest=decide.digest_of(view.figures),
        definitions=read.definitions_version(),
        headlines=view.headlines,
        small=view.small,
    )


def file_of(view: MonthReport) -> str:
    """The report as one HTML file."""
    return render_alone(TEMPLATE, view, *STYLES)


def view_of(facts: Facts) -> MonthReport:
    """Everything on it. Pure."""
    facts, language = leaving(facts), facts.wanted.language
    said = words.section(language)
    month = decide.month_name(facts.month, language)
    part = None if facts.small else facts.funders
    return MonthReport(
        language=language,
        title=said.title.format(site=facts.site_name, month=month),
        heading=headline(facts),
        lead=said.lead.format(site=facts.site_name, month=month, patients=facts.patients_due),
        headlines=_headlines(facts),
        cautions=tuple(_cautions(facts)),
        facts=() if facts.small else tuple(_facts(facts)),
        sections=tuple(_sections(facts)),
        funders=() if part is None else tuple(funders.sections(part, language)),
        funders_note=said.funders_note,
        limits=(*_limits(facts), *(funders.limits(part, language) if part else ())),
        made_by=said.made_by.format(version=__version__, definitions=read.definitions_version()),
        words=said,
        small=facts.small,
    )


def headline(facts: Facts) -> str:
    """The one thing to know about the month: completion, and whether it changed."""
    said, now = words.section(facts.wanted.language), figure(facts.now, "completed")
    if not now.whole:
        return str(said.headline_nothing)
    turn = words.change(now, figure(facts.before, "completed"))
    text = {1: said.headline_more, -1: said.headline_fewer, 0: said.headline_same}[turn]
    return str(text.format(share=words.percent(now.part, now.whole)))


def _headlines(facts: Facts) -> tuple[str, str, str]:
    said = words.section(facts.wanted.language)
    if facts.small:
        return (
            str(said.small_first.format(fewest=FEWEST_PATIENTS)),
            str(said.small_second),
            str(said.small_third),
        )
    lost = sections.lost_most(facts) or str(said.no_losses)
    return headline(facts), lost, sections.closed_heading(facts)


def _cautions(facts: Facts) -> Iterator[str]:
    said = words.section(facts.wanted.language)
    if facts.small:
        yield str(said.small_first.format(fewest=FEWEST_PATIENTS))
        yield str(said.small_left_out)
    elif facts.patients_due < FEWEST_PATIENTS:
        yield str(said.small_inside.format(count=facts.patients_due, fewest=FEWEST_PATIENTS))
    if not count(facts.now, "due"):
        yield str(said.no_data)


def _facts(facts: Facts) -> Iterator[Fact]:
    language = facts.wanted.language
    said = words.section(language)
    done, before = figure(facts.now, "completed"), figure(facts.before, "completed")
    note = words.interval_of(done.part, done.whole, language)
    if before.whole:
        note = said.fact_before.format(
            interval=note, share=words.percent(before.part, before.whole)
        )
    fell = words.change(done, before) < 0
    yield Fact(said.fact_completed, words.percent(done.part, done.whole), note, fell)
    enrolled = count(facts.now, "enrolled")
    yield Fact(said.fact_enrolled, str(enrolled), said.fact_of_month)
    quick = figure(facts.now, "closed_under_48h")
    of_alerts = words.of(quick.part, quick.whole, language)
    yield Fact(said.fact_closed, words.percent(quick.part, quick.whole), of_alerts)
    nobody = count(facts.now, "nobody")
    yield Fact(said.fact_nobody, str(nobody), said.fact_steps, warn=nobody > 0)


def _sections(facts: Facts) -> Iterator[Section]:
    """Of a few people no more than how the asking went, and no picture of it."""
    yield sections.surveys(facts)
    if facts.small:
        return
    yield sections.reach(facts)
    yield from pictures.runs(facts)
    yield sections.alerts(facts)
    yield from pictures.equity(facts)
    yield from pictures.retention(facts)
    if facts.is_last:
        yield sections.forecast(facts)
    yield sections.changes(facts)
    yield sections.completeness(facts)
    yield sections.definitions(facts, sections.SHOWN)


def _limits(facts: Facts) -> tuple[str, ...]:
    said = words.section(facts.wanted.language)
    lines = (said.limit_chance, said.limit_open, said.limit_runs.format(fewest=FEWEST))
    return tuple(map(str, lines))
