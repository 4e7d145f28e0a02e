"""Complete surveys per second: the final POST with score, rules, alert and ladder, durable."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

from tests.bench import pgbench, statements
from tests.bench.figures import Figure, percentile
from tests.bench.load import Load, post_all
from tests.bench.servers import floors, installed, mixed, plain, webs
from tests.bench.ward import Ward

ABOUT = """Whole surveys a second: the last POST with scores, rules, alert and ladder, stored;
a third of them alert. So many connections each send the next one as soon as they have an answer."""
SHAPES = ((1, 8), (2, 32))  # web processes, connections
REPEATS = 3
SURVEYS = 50  # a repeat
COUNTED = 4  # surveys that the counting of statements uses up
NEEDED = COUNTED + len(SHAPES) * (REPEATS * SURVEYS + 12)


def measure(ward: Ward) -> tuple[list[Figure], str]:
    """The figures, and the list of statements."""
    quiet, alerting = (_statements(ward, alerts=alerts) for alerts in (False, True))
    writes, reads = mixed(quiet, alerting)
    figures = [
        Figure("SQL statements, quiet submit", "n", (float(quiet.total()),)),
        Figure("SQL statements, alerting submit", "n", (float(alerting.total()),)),
    ]
    for processes, connections in SHAPES:
        figures += _shape(ward, processes, connections, (writes, reads))
    return figures, statements.listing(quiet, alerting)


def _statements(ward: Ward, *, alerts: bool) -> Counter[str]:
    """Of the second of two: the first one warms the caches of packs and instruments."""
    of_kind = [survey for survey in ward.surveys if survey.alerts is alerts][:2]
    for survey in of_kind:
        ward.surveys.remove(survey)
    return [statements.of_submit(ward, survey) for survey in of_kind][-1]


def _shape(ward: Ward, processes: int, connections: int, counts: tuple[int, int]) -> list[Figure]:
    """Ours and the floor in turn, so that both see the same minute."""
    ours: list[Load] = []
    bare: dict[str, list[Load]] = {"/writes": [], "/all": []}
    database: list[float] = []
    with ExitStack() as stack:
        made = stack.enter_context(installed(ward, manual=True))
        ports = stack.enter_context(webs(made, processes))
        bare_ports = stack.enter_context(floors(made, processes, *counts))
        _send(ward, ports, 12, connections)  # each process has read packs and instruments
        for path in bare:
            post_all(bare_ports, [path] * 40, connections)
        for _ in range(REPEATS):
            ours.append(_send(ward, ports, SURVEYS, connections))
            for path, loads in bare.items():
                loads.append(post_all(bare_ports, [path] * 400, connections))
            database.append(pgbench.rate(plain(made.owner_url), *counts, connections))
    where = f"{processes} web, {connections} connections"
    rates = tuple(load.rate for load in ours)
    what = {"/writes": f"{counts[0]} writes", "/all": f"{counts[0]} writes, {counts[1]} reads"}
    return [
        *(
            Figure(f"submit, {where}", "/s", rates, _rates(loads), f"floor: bare, {what[path]}")
            for path, loads in bare.items()
        ),
        Figure(f"submit, {where}", "/s", rates, tuple(database), f"floor: pgbench, {what['/all']}"),
        *(_latency(f"submit p{share:.0%}"[:-1], where, share, ours, bare) for share in (0.5, 0.99)),
    ]


def _latency(
    name: str, where: str, share: float, ours: Sequence[Load], bare: dict[str, list[Load]]
) -> Figure:
    return Figure(
        f"{name}, {where}",
        "ms",
        tuple(percentile(load.latencies, share) * 1000 for load in ours),
        tuple(percentile(load.latencies, share) * 1000 for load in bare["/all"]),
        "floor: bare, with reads",
    )


def _rates(loads: Sequence[Load]) -> tuple[float, ...]:
    return tuple(load.rate for load in loads)


def _send(ward: Ward, ports: Sequence[int], count: int, connections: int) -> Load:
    paths = [f"{survey.path}/review" for survey in ward.take(count)]
    before = _sent(ward)
    load = post_all(ports, paths, connections)
    if _sent(ward) != before + count:
        raise RuntimeError("not every survey that was thanked for is stored")
    return load


def _sent(ward: Ward) -> int:
    return ward.count("SELECT count(*) FROM response WHERE state = 'final'")
