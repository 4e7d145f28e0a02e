"""A simulation's trail is chained week by week, by each site for itself; its head is the same."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from rsm.db.migrate import disposed
from rsm.simulate import simulation, watch
from rsm.simulate.progress import Progress, Silent
from rsm.simulate.simulation import Outcome, SitePart, SiteResult, Stop
from tests.flow.simulating import order, play_all
from tests.flow.test_flow_simulate import another_url, doors

__all__ = ["another_url"]

ORDER = replace(order(patients=4, weeks=2), sites=2)
UNSEALED = text(
    "SELECT count(*) FROM audit_pending p JOIN audit_event e ON e.id = p.event_id"
    " WHERE e.site_id = ANY(:sites)"
)


def simulate(url: str, unsealed: list[int]) -> Outcome:
    """`unsealed`: how much of the sites' trail was left when their months had passed."""

    def play(parts: Sequence[SitePart], progress: Progress, stop: Stop) -> Sequence[SiteResult]:
        played = play_all(url)(parts, progress, stop)
        engine = create_engine(url)
        with disposed(engine), engine.connect() as connection:
            sites = [part.site.site_id for part in parts]
            unsealed.append(connection.execute(UNSEALED, {"sites": sites}).scalar_one())
        return played

    with doors(url, ORDER.begins_at, ORDER.seed) as opened:
        return simulation.simulate(opened, ORDER, play, Silent(), lambda: False)


def test_each_site_chains_its_own_trail_and_the_head_is_that_of_one_chained_at_the_end(
    owner_url: str,
    another_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsealed: list[int] = []
    as_it_went = simulate(owner_url, unsealed)
    monkeypatch.setattr(watch, "seal_all", lambda _db: None)
    at_the_end = simulate(another_url, unsealed)
    assert unsealed[0] == 0 < unsealed[1]
    assert as_it_went.head == at_the_end.head
    assert as_it_went.checked == at_the_end.checked
    assert as_it_went.broken == at_the_end.broken == ()
