"""A year of stored surveys judged anew: 2,000 patients, 50 weekly reports each.

The floor reads and parses the same answers and asks three rules by hand in a bare loop: no
revisions, no baseline, no words, no alerts that were raised, no figures.
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from time import perf_counter
from uuid import UUID

from rsm.alerts.packs import folder as packs
from rsm.alerts.packs import read_pack
from rsm.alerts.schema import RulePack
from rsm.db.work import Scope
from rsm.flow.replay import replay
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Replay
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.ward import ITEMS, Ward

ABOUT = """A year of stored surveys judged again by another pack, as before a change of rules."""
PATIENTS, WEEKS = 2000, 50
SURVEYS = PATIENTS * WEEKS
REPEATS = 2  # they take as long to a few in a hundred, and a quarter of a minute each
PACKS = ("first", "star")
_BEGIN = datetime(2023, 1, 2, 14, tzinfo=UTC)
_PERIOD = Period(_BEGIN - timedelta(days=1), _BEGIN + timedelta(weeks=WEEKS))
_ROWS = """
SELECT patient_id, submitted_at, answers::text FROM response
WHERE submitted_at < :until AND state = 'final' ORDER BY patient_id, submitted_at
"""


def measure(ward: Ward) -> list[Figure]:
    """Seconds for all of it, in one process beside the database's own."""
    bulk.make(ward, PATIENTS, WEEKS, _BEGIN, ITEMS)
    known = {name: read_pack(packs() / f"{name}.toml")[0] for name in PACKS}
    bare: list[float] = []
    ours: dict[str, list[float]] = {name: [] for name in known}
    for _ in range(REPEATS):
        bare.append(_by_hand(ward))  # the same for either pack
        for name, pack in known.items():
            ours[name].append(_replayed(ward, pack))
    note = "floor: the answers read, and three rules as a loop"
    title = f"replay of {SURVEYS:,} surveys"
    return [
        Figure(f"{title}, {name}", "s", tuple(taken), tuple(bare), note)
        for name, taken in ours.items()
    ]


def _replayed(ward: Ward, pack: RulePack) -> float:
    started = perf_counter()
    with ward.web.begin(Scope.site(ward.clinic.site)) as tx:
        found = replay(tx, ward.clinic.site, pack, _PERIOD)
    _sound(found)
    return perf_counter() - started


def _sound(found: Replay) -> None:
    """What is measured is the whole of it."""
    if found.surveys != SURVEYS or found.lost or found.kept != found.raised.alerts:
        raise RuntimeError("the replay did not judge what was stored")


def _by_hand(ward: Ward) -> float:
    started = perf_counter()
    with ward.owner.connect() as connection:
        rows = connection.exec_driver_sql(_ROWS.replace(":until", "%s"), (_PERIOD.until,))
        alerting = sum(_patient(list(same)) for _, same in groupby(rows, key=lambda row: row[0]))
    if not alerting:
        raise RuntimeError("nothing alerted")
    return perf_counter() - started


def _patient(rows: list[tuple[UUID, datetime, str]]) -> int:
    before: dict[str, dict[str, int]] = {}
    alerting = 0
    for _, _, document in rows:
        now = json.loads(document)
        alerting += any(
            answer["value"] >= 3
            or (item in before and answer["value"] - before[item]["value"] >= 2)
            for item, answer in now.items()
        )
        before = now
    return alerting
