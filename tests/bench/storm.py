"""A thousand alerts at once, a tenth of them emergencies; then all their next steps at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import NamedTemporaryFile
from uuid import UUID

from rsm.db.work import Tx
from rsm.escalation import published
from rsm.escalation.policies import default_policy, default_text
from rsm.kernel.clock import SystemClock
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.bench import statements
from tests.bench.figures import Figure, percentile
from tests.bench.race import race
from tests.bench.servers import installed, plain, workers
from tests.bench.told import Told
from tests.bench.ward import BREATHLESS, SEVERE, Survey, Ward
from tests.clinic import tell_each_by_itself
from tests.processes import Installation, wait_for

ABOUT = """1,000 surveys of one site, sent as fast as two processes of two threads can, every one an
alert, a tenth of them emergencies, while two workers run; the policy is the one that ships: a nurse
gets at most three texts in ten minutes, the last of them for all the others; emergencies are always
texts of their own. Then the next step of all 1,000 falls due in one instant, as when workers come
back after an outage. Fails unless every alert has a team, a next step, and one text or one place in
a bundle for each person and step, and unless emergencies go first."""
ALERTS = 1000
_PROCESSES, _THREADS = 2, 2
_COUNTED = 2
_PATIENCE = 180.0  # no promise of speed
NEEDED = ALERTS + _COUNTED
_SECOND = timedelta(seconds=1)

_LADDERS = """
SELECT a.level, count(*) FROM alert a JOIN escalation e ON e.alert_id = a.id
WHERE a.state = 'open' AND a.team_id IS NOT NULL AND e.state = 'climbing' AND e.next_at IS NOT NULL
GROUP BY a.level
"""
# How often each alert was told, and to how many people; a place in a bundle counts if it stands.
_TOLD = """
SELECT a.level, told.often, told.people, count(*)
FROM alert a, LATERAL (
  SELECT count(*) AS often, count(DISTINCT e.staff_id) AS people FROM alert_event e
  WHERE e.alert_id = a.id AND (e.kind = 'told' OR e.kind = 'bundled' AND EXISTS (
    SELECT FROM message m WHERE m.business_key = e.code AND m.state <> ALL (:never)))
) told
WHERE a.state = 'open' GROUP BY a.level, told.often, told.people
"""
_NEVER_LEFT = ["cancelled", "suppressed", "failed"]
_TEXTS = """
SELECT m.id, m.lane, m.created_at, m.claimed_at FROM message m
WHERE m.audience = 'staff' AND m.claimed_at IS NOT NULL AND m.created_at >= :since
"""
_STEPS = """
SELECT a.level = 'emergency', min(e.at), max(e.at) FROM alert a JOIN alert_event e
  ON e.alert_id = a.id
WHERE a.state = 'open' AND e.kind IN ('told', 'bundled') AND e.at >= :since GROUP BY 1
"""
_EMERGENCIES = "SELECT patient_id FROM alert WHERE state = 'open' AND level = 'emergency'"
_ALL_DUE = "UPDATE escalation SET next_at = clock_timestamp() WHERE state = 'climbing'"
_STILL_DUE = """
SELECT count(*) FROM escalation WHERE state <> 'done' AND next_at <= clock_timestamp()
"""


@dataclass(frozen=True)
class _Text:
    """A text to staff: when it was written and claimed, when the provider had it."""

    is_emergency: bool
    written: datetime
    claimed: datetime
    handed_over: datetime


def measure(ward: Ward) -> list[Figure]:
    """The storm, what the workers do about it, and both floors."""
    ward.quiet()
    counted = [statements.of_submit(ward, each) for each in ward.take_alerting(_COUNTED)][-1]
    ward.quiet()
    surveys = ward.take(ALERTS)
    ward.say(surveys, SEVERE)
    ward.say(surveys[::10], BREATHLESS)
    with ward.clinic.begin() as tx:
        _as_shipped(tx, ward.clinic.site)
    try:
        with installed(ward) as made:
            writes, reads = statements.writes(counted), statements.reads(counted)
            bare = _bare_rows(made, writes, reads)
            with workers(made, ward, 2):
                figures = _opened(ward, made, surveys, bare)
                figures += _all_due(ward, made)
            return figures
    finally:
        ward.quiet()
        with ward.clinic.begin() as tx:
            tell_each_by_itself(tx, ward.clinic.site)


def _as_shipped(tx: Tx, site_id: UUID) -> None:
    pin = published.publish(tx, default_policy(), default_text())
    agreed = as_agreed(sites.get(tx, site_id))
    sites.update_site(tx, site_id, agreed.model_copy(update={"policy": pin}))


def _opened(ward: Ward, made: Installation, surveys: Sequence[Survey], bare: float) -> list[Figure]:
    told, since = Told(ward, made), SystemClock().now()
    with NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(str(each.occurrence) for each in surveys))
        listed.flush()
        command = ["submit", str(_THREADS)]
        site = str(ward.clinic.site)
        took = race(made, command, _PROCESSES, BENCH_SURVEYS=listed.name, BENCH_SITE=site)
    opened = SystemClock().now()
    _none_lost(ward, steps=1)
    told.wait_for({each.patient for each in surveys[::10]})
    texts = _texts(ward, told, since)
    _emergencies_first(texts)
    urgent = [text for text in texts if text.is_emergency]
    waits = [(text.handed_over - text.written) / _SECOND * 1000 for text in urgent]
    last = (max(text.handed_over for text in urgent) - opened) / _SECOND
    others = len(texts) - len(urgent)
    note = "floor: as many statements, bare"
    of = f"{len(urgent)} texts about 100 emergencies"
    return [
        Figure(
            "all 1,000 judged, routed and on their ladders", "s", (took.seconds,), (bare,), note
        ),
        Figure("alerts opened", "/s", (took.rate,), (ALERTS / bare,), note),
        Figure("last alert opened → last emergency's text", "s", (last,), note="may be negative"),
        Figure("emergency: its survey begun → text, p50", "ms", (percentile(waits, 0.5),), (), of),
        Figure("emergency: its survey begun → text, p99", "ms", (percentile(waits, 0.99),), (), of),
        Figure("texts to the nurse about the 900 others", "n", (others,), (), "the rest: a bundle"),
        Figure("alerts lost, or told twice", "n", (0,), note="else this would fail"),
    ]


def _all_due(ward: Ward, made: Installation) -> list[Figure]:
    """Workers took no step for a while: now all are due."""
    told = Told(ward, made)
    since = SystemClock().now()
    ward.run(_ALL_DUE)
    wait_for(lambda: not ward.count(_STILL_DUE), "every step", _PATIENCE)
    done = SystemClock().now()
    emergencies = {UUID(str(who)) for (who,) in ward.rows(_EMERGENCIES)}
    told.wait_for(emergencies)
    _none_lost(ward, steps=2)
    texts = _texts(ward, told, since)
    _emergencies_first(texts)
    steps = {
        first: (_at(begun), _at(ended)) for first, begun, ended in ward.rows(_STEPS, since=since)
    }
    if steps[False][0] < steps[True][1] - _SECOND:
        raise RuntimeError("a lesser alert's step was taken before an emergency's that was due")
    last = max(text.handed_over for text in texts if text.is_emergency)
    whole = (last - since) / _SECOND
    name = "1,000 steps due at once"
    note = "floor: as many by the SDK in a loop"
    return [
        Figure(f"{name} → each emergency's text", "s", (whole,), (_sdk_alone(made),), note),
        Figure(f"{name} → all taken", "s", ((done - since) / _SECOND,)),
    ]


def _none_lost(ward: Ward, steps: int) -> None:
    """Each is routed, stands on its ladder, and told each person once: an emergency's first step
    tells two, every other one."""
    ladders = {str(level): int(str(count)) for level, count in ward.rows(_LADDERS)}
    emergencies = ALERTS // 10
    others = ALERTS - emergencies
    if ladders != {"emergency": emergencies, "urgent": others}:
        raise RuntimeError(f"not every alert is routed and on its ladder: {ladders}")
    told = {tuple(row) for row in ward.rows(_TOLD, never=_NEVER_LEFT)}
    more = steps + 1
    wanted = {
        ("emergency", more, more, emergencies),
        ("urgent", steps, steps, others),
    }
    if told != wanted:
        raise RuntimeError(f"not every alert was told once to each: {told}")


def _texts(ward: Ward, told: Told, since: datetime) -> list[_Text]:
    return [
        _Text(lane == "emergency", _at(written), _at(claimed), told.texts[UUID(str(id_))][0])
        for id_, lane, written, claimed in ward.rows(_TEXTS, since=since)
    ]


def _at(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("no time")
    return value


def _emergencies_first(texts: Sequence[_Text]) -> None:
    """No other text was claimed while an emergency's had waited for more than a second."""
    for lesser in (text for text in texts if not text.is_emergency):
        for urgent in (text for text in texts if text.is_emergency):
            if urgent.written + _SECOND < lesser.claimed < urgent.claimed:
                raise RuntimeError("a text left before an emergency's that had waited")


def _bare_rows(made: Installation, writes: int, reads: int) -> float:
    """Seconds for as many transactions of as many statements by hand."""
    numbers = {"BENCH_WRITES": str(writes), "BENCH_READS": str(reads)}
    share = str(ALERTS // _PROCESSES)
    command = ["rows", str(_THREADS)]
    url = plain(made.owner_url)
    return race(made, command, _PROCESSES, BENCH_URL=url, BENCH_TEXTS=share, **numbers).seconds


def _sdk_alone(made: Installation) -> float:
    """Seconds for the texts about the emergencies."""
    return race(made, ["sdk", str(_THREADS)], 2, BENCH_TEXTS=str(ALERTS // 20)).seconds
