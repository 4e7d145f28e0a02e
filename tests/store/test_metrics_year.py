"""A year in bulk: every figure against a plain recomputation from what was drawn."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rsm.db.work import Database, Scope
from rsm.metrics import rollup
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import figures
from rsm.metrics.model import Days
from tests import bulk_year, year_oracle
from tests.clinic import build_clinic

# A week more: a report of the last day may come, and alert, days later.
YEAR = Days(bulk_year.BEGINS, bulk_year.BEGINS + timedelta(days=bulk_year.DAYS + 7))
SIZES = ((40, 84), pytest.param((20_000, bulk_year.DAYS), marks=pytest.mark.soak))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_year_in_figures_is_as_worked_out_from_what_was_drawn(
    size: tuple[int, int], owner: Engine, web_db: Database, worker_db: Database
) -> None:
    clinic = build_clinic(web_db)
    people = bulk_year.draw(7, *size)  # patients, days: the last ones of the year
    bulk_year.write(owner, clinic, people)
    rollup.roll_up_all(worker_db)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        (everybody,) = figures(tx, clinic.site, YEAR).values()
        by_sex = figures(tx, clinic.site, YEAR, Dimension.SEX)
    wanted = year_oracle.expected(people)
    assert {id_: (everybody[id_].part, everybody[id_].whole) for id_ in wanted} == wanted
    for sex, found in by_sex.items():
        wanted = year_oracle.expected([one for one in people if (one.sex or "") == sex])
        assert {id_: (found[id_].part, found[id_].whole) for id_ in wanted} == wanted
