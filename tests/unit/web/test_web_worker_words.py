"""What pages say of a worker's figures: rates with intervals, chance before any other reason."""

from datetime import date
from uuid import UUID

from rsm.metrics.model import Days
from rsm.metrics.workers import Measured, Share, WorkerFigures
from rsm.web import workers_figures as told
from rsm.web.staff_words import section

W = section("workers")
SITE = Measured(Share(90, 120), Share(300, 400))


def test_a_rate_stands_with_its_interval_and_its_counts() -> None:
    cell = told.cell(Share(62, 313), W, Share(100, 200))
    assert (cell.counts, cell.rate) == ("62 of 313", "20 % (16 to 25)")
    assert (round(cell.at, 1), cell.site) == (19.8, 50.0)


def test_of_a_few_only_the_counts_are_given_and_nothing_is_drawn() -> None:
    cell = told.cell(Share(2, 9), W, Share(100, 200))
    assert (cell.counts, cell.rate, cell.low) == ("2 of 9", "too few to say", None)
    assert told.cell(Share(5, 12), W, Share(1, 9)).site is None


def test_nothing_due_is_no_rate_of_nought() -> None:
    cell = told.cell(Share(), W)
    assert (cell.counts, cell.spoken) == ("", "nothing was due")


def test_a_worker_like_the_others_is_told_that_chance_explains_it() -> None:
    own = Measured(Share(8, 12), Share(28, 40))
    assert told.compared(own, SITE, W) == (W.within,)


def test_a_worker_unlike_the_others_is_asked_about_and_reminded_of_chance() -> None:
    low, high = (Measured(Share(), Share(part, 40)) for part in (8, 40))
    assert told.compared(low, SITE + low, W) == (W.differs, W.differs_many)
    assert told.compared(high, SITE + high, W) == (W.differs, W.differs_many)  # in the same words


def test_of_a_few_no_comparison_is_made() -> None:
    assert told.compared(Measured(Share(0, 9), Share(0, 9)), SITE, W) == ()
    assert told.compared(SITE, SITE, W) == ()  # there are no others


def test_the_heading_is_the_sites_finding() -> None:
    assert told.heading(Share(300, 400), "Lakeside", W) == (
        "75 % of follow-ups are answered at Lakeside"
    )
    assert "too few" in told.heading(Share(3, 4), "Lakeside", W)
    assert "No follow-up was due" in told.heading(Share(), "Lakeside", W)


def test_months_without_a_survey_keep_their_line() -> None:
    october = date(2026, 10, 1)
    figures = WorkerFigures({october: Measured(Share(3, 4), Share())}, {october: 4})
    table = told.month_table("Months", figures, Days(date(2026, 8, 1), date(2026, 10, 19)), "es")
    assert [line.label for line in table.lines] == ["ago 2026", "sep 2026", "oct 2026", "En total"]
    assert [line.enrolled for line in table.lines] == [0, 0, 4, 4]
    assert table.lines[-1].baseline.counts == "3 de 4"


def test_the_site_is_all_workers_together() -> None:
    month = date(2026, 10, 1)
    ann = WorkerFigures({month: Measured(Share(1, 2), Share(3, 4))}, {month: 1}, patients=2)
    site = told.together({None: ann, UUID(int=1): ann})
    assert (site.months[month].follow_up, site.enrolled[month], site.patients) == (
        Share(6, 8),
        2,
        4,
    )
