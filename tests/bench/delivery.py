"""Messages per second from the claim over the provider to the record, by one worker and by two."""

from tests.bench.figures import Figure
from tests.bench.race import race
from tests.bench.servers import installed
from tests.bench.ward import Ward
from tests.processes import Installation

ABOUT = """Texts a second from the claim in the outbox over the provider to the record: to a sender
that takes everything at once ("null"), and through the Twilio SDK to the sandbox."""
REPEATS = 3
MESSAGES = 600  # a repeat
THREADS = 2  # of a worker in the survey lane, as in production
_ROWS = 400  # of the floor
_QUEUE = """UPDATE message SET state = 'queued', claim = NULL, attempts = 0, provider_id = NULL,
    next_at = clock_timestamp(), settled_at = NULL, claimed_at = NULL, handed_over_at = NULL
    WHERE id IN (SELECT id FROM message WHERE lane = 'survey' ORDER BY id LIMIT :most)"""
_SETTLE = "UPDATE message SET state = 'accepted' WHERE state = 'queued'"
_QUEUED = "SELECT count(*) FROM message WHERE state = 'queued' AND lane = 'survey'"
# Workers of other parts beat for two minutes after; a courier does not, and all would be held.
_BEAT = "UPDATE lifeline SET beat_at = clock_timestamp()"
_LEFT = """SELECT attempts, count(*) FROM message WHERE state = 'queued' AND lane = 'survey'
    GROUP BY attempts ORDER BY attempts"""
_FLOOR = """INSERT INTO floor_message SELECT gen_random_uuid(), 'queued'
    FROM generate_series(1, CAST(:count AS integer))"""


def measure(ward: Ward) -> list[Figure]:
    """The null sender and the sandbox, each beside its floor."""
    with installed(ward, manual=True) as made:
        return [
            _figure(ward, made, sender, floor, workers)
            for sender, floor in (("null", "bare"), ("sandbox", "sdk"))
            for workers in (1, 2)
        ]


def _figure(ward: Ward, made: Installation, sender: str, floor: str, workers: int) -> Figure:
    name = f"delivery, {sender}, {workers} worker{'s'[: workers - 1]}"
    ours, bare = [], []
    for _ in range(REPEATS):
        ward.run(_SETTLE)
        ward.run(_BEAT)
        ward.run(_QUEUE, most=MESSAGES)
        count = ward.count(_QUEUED)
        made.sandbox.control.reset()
        ours.append(_rate(made, sender, workers, count))
        if left := ward.rows(_LEFT):
            found = ", ".join(f"{number} after {tries} attempts" for tries, number in left)
            raise RuntimeError(f"{name}: some messages were not delivered: {found}")
        ward.run("TRUNCATE floor_message")
        ward.run(_FLOOR, count=_ROWS)
        bare.append(_rate(made, floor, workers, _ROWS if floor == "bare" else count))
    note = "floor: claim and record by hand" if floor == "bare" else "floor: the SDK in a loop"
    return Figure(name, "/s", tuple(ours), tuple(bare), note)


def _rate(made: Installation, kind: str, workers: int, count: int) -> float:
    command = [kind, str(THREADS)]
    return race(made, command, workers, BENCH_TEXTS=str(count // workers)).rate
