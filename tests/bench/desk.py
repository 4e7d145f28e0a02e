"""Staff's pages with a full house, and what processes hold in memory once they have worked.

5,000 alerts of one site are open. The pages are asked for over HTTP of `rsm web`, by a browser that
is signed in; the floor of the worklist is the reading of as many alerts by hand.
"""

import http.client
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import perf_counter

import psycopg

from rsm.db.work import NOWHERE
from rsm.kernel.clock import SystemClock, VirtualClock
from rsm.security import invitations, second_factor, staff
from tests.bench import statements
from tests.bench.figures import Figure
from tests.bench.load import post_all
from tests.bench.servers import installed, plain, resident, workers
from tests.bench.ward import Ward
from tests.processes import Installation, end, wait_for
from tests.security_world import PASSWORD, Person

ABOUT = """A nurse's and a manager's pages of a site with 5,000 open alerts, in one web process; and
the memory of processes that have worked, 8 connections at a time."""
ALERTS = 5_000
REPEATS = 9
_AT_ONCE = 8
_SURVEYS = 40
_TEXTS = 400
NEEDED = _SURVEYS + 1
_SHOWN = 500  # alerts of a worklist
# The one alert that was raised, so many times over, each with its finding and its ladder.
_MANY = """
INSERT INTO {table} SELECT made.* FROM {table} t, generate_series(2, CAST(:count AS integer)) n,
  LATERAL (SELECT id FROM patient ORDER BY md5(CAST(id AS text) || n) LIMIT 1) who,
  jsonb_populate_record(t, jsonb_build_object({changes})) made
WHERE t.{owner} = :alert
"""
_ID = "md5('bench alert ' || n)::uuid"
_TABLES = {
    "alert": (
        "id",
        f"""'id', {_ID}, 'business_key', 'bench ' || n, 'code', 'B' || n, 'patient_id', who.id,
        'opened_at', t.opened_at - n * interval '1 second'""",
    ),
    "escalation": (
        "alert_id",
        f"'alert_id', {_ID}, 'next_at', CAST(:later AS timestamptz)",
    ),
    "finding": ("alert_id", f"'id', md5('finding ' || n || t.id)::uuid, 'alert_id', {_ID}"),
}
_FLOOR = "SELECT * FROM alert WHERE site_id = %s AND state <> 'closed' ORDER BY opened_at LIMIT %s"
_QUEUE = """UPDATE message SET state = 'queued', claim = NULL, attempts = 0, provider_id = NULL,
    next_at = clock_timestamp(), settled_at = NULL, claimed_at = NULL, handed_over_at = NULL
    WHERE id IN (SELECT id FROM message WHERE lane = 'survey' ORDER BY id LIMIT :most)"""
_QUEUED = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending') AND lane = 'survey'"


def measure(ward: Ward) -> list[Figure]:
    """The pages, then the memory."""
    ward.quiet()
    surveys = ward.take(_SURVEYS)
    _open_many(ward)
    site = ward.clinic.site
    cookie = f"rsm={_signed_in(ward)}"
    with installed(ward) as made:
        web = made.start_web()
        figures = [
            _page(made, cookie, f"/sites/{site}/alerts", "worklist", _by_hand(ward)),
            _page(made, cookie, f"/sites/{site}/version", "worklist's version, each 5 s"),
            _page(made, cookie, f"/sites/{site}", "manager's page"),
        ]
        post_all([made.port], [f"{survey.path}/review" for survey in surveys], _AT_ONCE)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda _: _get(made, cookie, f"/sites/{site}/alerts"), range(24)))
        figures.append(Figure("rsm web, memory under load (RSS)", "MB", (resident(web.pid),)))
        end(web)
        figures.append(_worker(ward, made))
    ward.quiet()
    return figures


def _open_many(ward: Ward) -> None:
    """One survey raises an alert; the others are its copies, whose next step is far away."""
    statements.of_submit(ward, ward.take_alerting(1)[0])
    ((alert,),) = ward.rows("SELECT id FROM alert WHERE state <> 'closed'")
    later = SystemClock().now() + timedelta(days=1)
    for table, (owner, changes) in _TABLES.items():
        values: dict[str, object] = {"count": ALERTS, "alert": alert}
        if ":later" in changes:
            values["later"] = later
        ward.run(_MANY.format(table=table, owner=owner, changes=changes), **values)
        ward.run(f"ANALYZE {table}")
    ward.run(
        "UPDATE escalation SET next_at = :later WHERE alert_id = :alert", later=later, alert=alert
    )


def _signed_in(ward: Ward) -> str:
    """The session of a nurse who is the manager too."""
    clinic, now = ward.clinic, SystemClock().now() - timedelta(seconds=30)  # each code is the next
    who = clinic.charge
    with clinic.begin() as tx:
        invitations.set_password(tx, who, PASSWORD)
        secret = second_factor.begin(tx, who).secret
        person = Person(clinic.db, VirtualClock(now), who, staff.get(tx, who).email, secret)
    code = person.code()
    with clinic.db.begin(NOWHERE) as tx:
        second_factor.confirm(tx, who, code)
    return person.log_in()


def _by_hand(ward: Ward) -> tuple[float, ...]:
    """Milliseconds for the rows of the worklist, read and left as they are."""
    taken = []
    with psycopg.connect(plain(ward.url)) as connection:
        for _ in range(REPEATS):
            started = perf_counter()
            connection.execute(_FLOOR, (ward.clinic.site, _SHOWN)).fetchall()
            taken.append((perf_counter() - started) * 1000)
    return tuple(taken)


def _page(
    made: Installation, cookie: str, path: str, name: str, floor: tuple[float, ...] = ()
) -> Figure:
    size = len(_get(made, cookie, path))  # and the process has read what it keeps
    taken = []
    for _ in range(REPEATS):
        started = perf_counter()
        _get(made, cookie, path)
        taken.append((perf_counter() - started) * 1000)
    note = f"{size:,} B" + (f"; floor: {_SHOWN} alerts read by hand" if floor else "")
    return Figure(f"{name}, {ALERTS:,} open alerts", "ms", tuple(taken), floor, note)


def _get(made: Installation, cookie: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return body


def _worker(ward: Ward, made: Installation) -> Figure:
    """Once it has sent so many texts."""
    ward.run("UPDATE message SET state = 'accepted' WHERE state = 'queued'")
    with workers(made, ward, 1) as (process,):
        ward.run(_QUEUE, most=_TEXTS)
        wait_for(lambda: not ward.count(_QUEUED), "every text", 120)
        held = resident(process.pid)
    return Figure(
        "rsm worker, memory under load (RSS)", "MB", (held,), note=f"{_TEXTS} texts dealt with"
    )
