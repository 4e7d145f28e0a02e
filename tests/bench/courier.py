"""One process that waits for the word, does all there is to do, and says how long it took.

    python -m tests.bench.courier null|sandbox|bare|sdk|submit|rows THREADS

`null` and `sandbox` are our delivery with that sender; `bare` is its floor: a claim and a record
of one row each in psycopg, with the same two commits a message. `sdk` is the floor of `sandbox`:
the SDK alone, in a loop. `submit` sends its part of the surveys in BENCH_SURVEYS through the flow
function that the pages call; `rows` is its floor: transactions with as many statements.
"""

import itertools
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import psycopg

from integrations.twilio.sender import TwilioConfig, TwilioSender
from rsm.bootstrap import find_database, open_database, read_keys
from rsm.bootstrap.memory import settle
from rsm.db.work import Database, Scope
from rsm.flow import answer
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.kernel.clock import SystemClock
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, Lane, Outgoing
from rsm.messaging.ports import Sender
from rsm.responses.model import Author
from rsm.settings import Settings, read_settings
from tests.bench import floor
from tests.bench.servers import plain

_CLAIM = """UPDATE floor_message SET state = 'sending' WHERE id = (SELECT id FROM floor_message
    WHERE state = 'queued' LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"""
_RECORD = "UPDATE floor_message SET state = 'accepted' WHERE id = %s"

Work = Callable[[], int]


class NullSender:
    """A provider that takes everything at once."""

    def __init__(self) -> None:
        self._taken = itertools.count()

    def send(self, message: Outgoing) -> Accepted:
        return Accepted(f"NM{os.getpid()}-{next(self._taken)}")


def main(kind: str, threads: int) -> None:
    settings = read_settings()
    keys = read_keys(settings)
    with find_database(settings, keys) as addresses:
        db = open_database(addresses.worker, keys, "bench courier")
        web = open_database(addresses.web, keys, "bench courier")
        settle()  # as `rsm worker` does
        work = _submit(web) if kind == "submit" else _work(kind, settings, db)
        _say("READY")
        sys.stdin.readline()
        started = monotonic()
        counts: list[int] = []
        running = [
            threading.Thread(target=lambda: counts.append(_until_dry(work))) for _ in range(threads)
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        _say(f"{sum(counts)} {started} {monotonic()}")
        db.close()
        web.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _until_dry(work: Work) -> int:
    done = 0
    while (now := work()) > 0:
        done += now
    return done


def _work(kind: str, settings: Settings, db: Database) -> Work:
    if kind == "bare":
        return _bare(settings)
    if kind == "sdk":
        return _sdk(_twilio(settings))
    if kind == "rows":
        return _rows()
    sender: Sender = NullSender() if kind == "null" else _twilio(settings)
    config = DeliveryConfig(settings.public_url, timedelta(seconds=30), daily_cap=1000)
    size = config.batch_size()
    return lambda: deliver_due(db, sender, [Lane.SURVEY], config, size)


def _twilio(settings: Settings) -> TwilioSender:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        raise ValueError("no sandbox was named")
    token = settings.twilio_auth_token.get_secret_value()
    api = settings.twilio_api_url
    return TwilioSender(TwilioConfig(settings.twilio_account_sid, token, api), SystemClock())


def _bare(settings: Settings) -> Work:
    """Each thread keeps a connection of its own."""
    if settings.database_url is None:
        raise ValueError("no database was named")
    url, mine = plain(settings.database_url.get_secret_value()), threading.local()

    def one() -> int:
        if not hasattr(mine, "connection"):
            mine.connection = psycopg.connect(url)
        with mine.connection.transaction():
            found = mine.connection.execute(_CLAIM).fetchone()
        if found is None:
            return 0
        with mine.connection.transaction():
            mine.connection.execute(_RECORD, found)
        return 1

    return one


def _sdk(sender: TwilioSender) -> Work:
    """As many texts as BENCH_TEXTS says, whoever sends them."""
    left = itertools.count(1)
    most = int(os.environ["BENCH_TEXTS"])
    body = "Lakeside: your weekly check-in is ready. https://rsm.example.org/s/" + "a" * 32

    def one() -> int:
        number = next(left)
        if number > most:
            return 0
        url = f"https://rsm.example.org/hooks/twilio/status/x/{os.getpid()}-{number}"
        to, sms = f"+120255501{50 + number % 50}", Channel.SMS
        sender.send(Outgoing(UUID(int=number), sms, to, "+12025550100", body, url))
        return 1

    return one


def _submit(web: Database) -> Work:
    """Every so-manieth survey is ours."""
    scope = Scope.site(UUID(os.environ["BENCH_SITE"]))
    surveys = Path(os.environ["BENCH_SURVEYS"]).read_text().split()
    ours = iter(surveys[int(os.environ["BENCH_NUMBER"]) :: int(os.environ["BENCH_OF"])])

    def one() -> int:
        survey = next(ours, None)
        if survey is None:
            return 0
        with web.begin(scope) as tx:
            answer.submit(tx, UUID(survey), "", Author())
        return 1

    return one


def _rows() -> Work:
    left = itertools.count(1)
    most = int(os.environ["BENCH_TEXTS"])
    writes, reads = int(os.environ["BENCH_WRITES"]), int(os.environ["BENCH_READS"])

    def one() -> int:
        if next(left) > most:
            return 0
        floor.store(writes, reads)
        return 1

    return one


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
