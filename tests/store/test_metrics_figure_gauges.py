"""What Prometheus sees of the measures is what the pages show, under closed words."""

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from rsm.db.work import EVERYWHERE, Database
from rsm.kernel.ids import SeededIds
from rsm.metrics import figure_gauges, rollup
from rsm.metrics.definitions import BY_ID
from rsm.metrics.exporter import Board
from tests.clinic import build_clinic
from tests.hand_clinic import Rows, enrol_and_survey, raise_alerts

SITE = "lakeside-clinic"


def test_the_hand_clinic_is_seen_as_on_its_page(
    web_db: Database, worker_db: Database, owner: Engine
) -> None:
    clinic = build_clinic(web_db)
    rows = Rows(owner, clinic.site, SeededIds("gauges"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    rollup.roll_up_all(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        seen = figure_gauges.read(tx)
    assert (seen.part[SITE, "completed"], seen.whole[SITE, "completed"]) == (3, 7)
    assert (seen.part[SITE, "not_sent"], seen.part[SITE, "due"]) == (1, 7)
    assert (seen.part[SITE, "closed_under_48h"], seen.whole[SITE, "closed_under_48h"]) == (1, 4)
    assert {measure for _, measure in seen.part} <= BY_ID.keys()
    assert (SITE, "due") not in seen.whole


def test_whoever_loses_the_lease_forgets_the_measures_too() -> None:
    registry = CollectorRegistry()
    board = Board(registry)
    board.show_measures({(SITE, "completed"): 3}, {(SITE, "completed"): 7})
    shown = generate_latest(registry).decode()
    assert 'rsm_figure_part{measure="completed",site="lakeside-clinic"} 3.0' in shown
    assert 'rsm_figure_whole{measure="completed",site="lakeside-clinic"} 7.0' in shown
    board.forget_figures()
    assert "lakeside" not in generate_latest(registry).decode()
