"""From the answer to the patient's POST until the provider has the nurse's text."""

import http.client
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from time import sleep
from uuid import UUID

import psycopg

from integrations.twilio.sender import TwilioConfig, TwilioSender
from rsm.kernel.clock import SystemClock
from rsm.kernel.words import Channel
from rsm.messaging.model import Outgoing
from tests.bench.figures import Figure, percentile
from tests.bench.load import post
from tests.bench.servers import installed, plain, webs, workers
from tests.bench.ward import Survey, Ward
from tests.clinic import NURSE_PHONE
from tests.processes import Installation, wait_for

ALERTS = 24  # of each number of workers
PAUSE = 0.15  # seconds between two, so that none waits for another
NEEDED = 2 * (3 * ALERTS + 6)
_SETTLE = "UPDATE message SET state = 'accepted', provider_id = NULL WHERE state = 'queued'"
_ALERT_OF = "SELECT m.id, a.patient_id FROM message m JOIN alert a ON a.id = m.alert_id"


def measure(ward: Ward) -> list[Figure]:
    """One worker, then two, each beside a bare NOTIFY and the SDK."""
    ward.run(_SETTLE)
    figures = []
    with installed(ward) as made, webs(made, 1):
        bare = _floor(made)
        for number in (1, 2):
            with workers(made, ward, number):
                taken = [survey for survey in ward.take(NEEDED // 2) if survey.alerts]
                _hand_off(ward, made, taken[:2])
                times = _hand_off(ward, made, taken[2:])
            figures += [
                Figure(
                    f"POST answered → nurse's text, p{share * 100:.0f}, {number} worker(s)",
                    "ms",
                    (percentile(times, share) * 1000,),
                    (percentile(bare, share) * 1000,),
                    f"{len(times)} alerts; floor: NOTIFY → SDK, {len(bare)}",
                )
                for share in (0.5, 0.99)
            ]
    return figures


def _hand_off(ward: Ward, made: Installation, surveys: Sequence[Survey]) -> list[float]:
    """Seconds from each answer to the sandbox's entry; negative when the text was first."""
    connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=60)
    clock, answered = SystemClock(), {}
    for survey in surveys:
        post(connection, f"{survey.path}/review")
        answered[survey.patient] = clock.now()
        sleep(PAUSE)
    connection.close()
    texts: dict[UUID, datetime] = {}

    def all_told() -> bool:
        whose = {UUID(str(id_)): UUID(str(patient)) for id_, patient in ward.rows(_ALERT_OF)}
        for entry in made.sandbox.control.log():
            if entry.to == NURSE_PHONE:
                patient = whose[UUID(entry.callback_url.rpartition("/")[2])]
                texts.setdefault(patient, entry.at)
        return answered.keys() <= texts.keys()

    wait_for(all_told, "a text about every alert")
    return [(texts[patient] - at) / timedelta(seconds=1) for patient, at in answered.items()]


def _floor(made: Installation) -> list[float]:
    """A bare listener: NOTIFY committed → SDK → the sandbox's entry."""
    url, clock, committed = plain(made.owner_url), SystemClock(), []
    sandbox = made.sandbox
    config = TwilioConfig(sandbox.account_sid, sandbox.auth_token, sandbox.url)
    sender, heard = TwilioSender(config, clock), threading.Event()

    def listen() -> None:
        numbers = count(1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("LISTEN bench")
            heard.set()
            for _ in connection.notifies(stop_after=ALERTS, timeout=60):
                sender.send(_bare_text(next(numbers)))

    listener = threading.Thread(target=listen)
    listener.start()
    heard.wait(10)
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(ALERTS):
            connection.execute(f"NOTIFY bench, '{number}'")
            committed.append(clock.now())
            sleep(PAUSE)
    listener.join()
    log = sandbox.control.log()
    sandbox.control.reset()
    pairs = zip(log, committed, strict=True)
    return [(entry.at - at) / timedelta(seconds=1) for entry, at in pairs]


def _bare_text(number: int) -> Outgoing:
    body, url = "Lakeside: alert K7QM.", f"http://127.0.0.1:9/hooks/x/{number}"
    return Outgoing(UUID(int=number), Channel.SMS, NURSE_PHONE, "+12025550101", body, url)
