"""From the patient's answer until the provider has the nurse's text.

First one alert after another, then at offered rates (an open loop: a survey is sent when its time
has come, whether or not the ones before were answered), then with a worker that is killed.
"""

import http.client
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from subprocess import Popen
from time import sleep
from uuid import UUID

import psycopg

from integrations.twilio.sender import TwilioConfig, TwilioSender
from rsm.kernel.clock import SystemClock
from rsm.kernel.words import Channel
from rsm.messaging.model import Outgoing
from tests.bench.figures import Figure, percentile
from tests.bench.load import Sent, post, post_on_time
from tests.bench.servers import installed, plain, webs, workers
from tests.bench.told import Told
from tests.bench.ward import Survey, Ward
from tests.clinic import NURSE_PHONE
from tests.processes import Installation

ABOUT = """A third of the surveys alert, and each alert is one text to the nurse. "answered": the
patient's POST has its answer, so the survey is stored; "sent": the time at which that POST was to
begin, which at an offered rate no slow answer puts off. "text": the provider's own entry. Two web
processes; the floor is a bare NOTIFY, a listener and the provider's SDK, as many a second."""
ALERTS = 24  # one after another, with one worker and with two
PAUSE = 0.15  # seconds between two, so that none waits for another
RATES = ((10, 6), (25, 6), (50, 8))  # surveys a second, for so many seconds
KILLED = (25, 4)  # the same, with a worker that dies in the middle
_WARM = 12
_SECOND = timedelta(seconds=1)
NEEDED = 2 * (ALERTS + 2) + _WARM + sum(rate * long for rate, long in (*RATES, KILLED))


def measure(ward: Ward) -> list[Figure]:
    """One worker, then two, each beside a bare NOTIFY and the SDK."""
    ward.quiet()
    figures = []
    with installed(ward) as made, webs(made, 2) as ports:
        bare = _floor(made, ALERTS, PAUSE)
        with workers(made, ward, 1):
            figures += _one_by_one(ward, made, bare, "one worker")
        with workers(made, ward, 2) as running:
            figures += _one_by_one(ward, made, bare, "two workers")
            post_on_time(ports, _paths(ward.take(_WARM)), 10)
            for rate, seconds in RATES:
                bare = _floor(made, rate * seconds // 3, 3 / rate)
                figures += _at_rate(ward, made, ports, (rate, seconds), bare)
            figures += _killed(ward, made, ports, running[0])
    return figures


def _one_by_one(ward: Ward, made: Installation, bare: list[float], who: str) -> list[Figure]:
    surveys = ward.take_alerting(ALERTS + 2)
    _post_each(made, surveys[:2])  # each process has read packs and instruments
    told = Told(ward, made)
    answered = _post_each(made, surveys[2:])
    told.wait_for(set(answered))
    texts = told.by_patient()
    times = [(texts[patient][0] - at) / _SECOND for patient, at in answered.items()]
    name = f"one at a time, {who}: answered → text"
    return _percentiles(name, times, bare, f"{len(times)} alerts")


def _post_each(made: Installation, surveys: Sequence[Survey]) -> dict[UUID, datetime]:
    """When each was answered, by patient."""
    connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=60)
    clock, answered = SystemClock(), {}
    for survey in surveys:
        post(connection, f"{survey.path}/review")
        answered[survey.patient] = clock.now()
        sleep(PAUSE)
    connection.close()
    return answered


# --- at a rate -----------------------------------------------------------------------------------


def _at_rate(
    ward: Ward, made: Installation, ports: Sequence[int], load: tuple[int, int], bare: list[float]
) -> list[Figure]:
    rate, seconds = load
    surveys = ward.take(rate * seconds)
    told = Told(ward, made)
    sent = post_on_time(ports, _paths(surveys), rate)
    repeated = _all_told(told, surveys, sent)
    if repeated:
        raise RuntimeError(f"{repeated} alerts were told twice")
    texts = told.by_patient()
    stored = [(each, was) for each, was in zip(surveys, sent, strict=True) if was.answered]
    alerting = [(was, texts[each.patient][0]) for each, was in stored if each.alerts]
    name, how_many = f"{rate} surveys/s offered", f"{len(alerting)} alerts"
    ends = max(was.answered for _, was in stored if was.answered)
    reached = len(stored) / ((ends - sent[0].due) / _SECOND)
    waits = [(was.answered - was.due) / _SECOND for _, was in stored if was.answered]
    after = [(text - was.answered) / _SECOND for was, text in alerting if was.answered]
    whole = [(text - was.due) / _SECOND for was, text in alerting]
    in_all = f"of {len(sent)}; {len(sent) - len(stored)} were asked to try again: too busy"
    return [
        Figure(f"{name}: answered", "/s", (reached,), note=in_all),
        *_percentiles(f"{name}: sent → answered", waits, [], f"{len(waits)} surveys"),
        *_percentiles(f"{name}: answered → text", after, bare, how_many),
        *_percentiles(f"{name}: sent → text", whole, bare, how_many),
    ]


def _all_told(told: Told, surveys: Sequence[Survey], sent: Sequence[Sent]) -> int:
    """Raises unless every alert that was stored has its text; returns how many have two."""
    stored = zip(surveys, sent, strict=True)
    patients = {each.patient for each, was in stored if each.alerts and was.answered}
    told.wait_for(patients)
    return sum(len(texts) - 1 for who, texts in told.by_patient().items() if who in patients)


def _killed(
    ward: Ward, made: Installation, ports: Sequence[int], victim: Popen[bytes]
) -> list[Figure]:
    """SIGKILL in the middle: the other worker has the rest, and what the dead one held."""
    rate, seconds = KILLED
    surveys = ward.take(rate * seconds)
    told = Told(ward, made)
    death = threading.Timer(seconds / 2, victim.kill)
    death.start()
    sent = post_on_time(ports, _paths(surveys), rate)
    death.join()
    repeated = _all_told(told, surveys, sent)
    alerts = [each.patient for each in surveys if each.alerts]
    name = f"{rate} surveys/s, kill -9 of one of two workers"
    texts = told.by_patient()
    waits = [
        (min(texts[each.patient]) - was.answered) / _SECOND
        for each, was in zip(surveys, sent, strict=True)
        if each.alerts and was.answered
    ]
    return [
        Figure(f"{name}: alerts lost", "n", (0,), note=f"of {len(alerts)}; else this would fail"),
        Figure(f"{name}: told twice", "n", (repeated,), note="staff are told at least once"),
        Figure(f"{name}: answered → text, longest", "s", (max(waits),)),
    ]


def _paths(surveys: Sequence[Survey]) -> list[str]:
    return [f"{survey.path}/review" for survey in surveys]


# --- the floor -----------------------------------------------------------------------------------


def _percentiles(
    name: str, times: Sequence[float], bare: Sequence[float], how_many: str
) -> list[Figure]:
    return [
        Figure(
            f"{name}, p{share * 100:.0f}",
            "ms",
            (percentile(times, share) * 1000,),
            (percentile(bare, share) * 1000,) if bare else (),
            how_many + ("; floor: NOTIFY → SDK" if bare else ""),
        )
        for share in (0.5, 0.99)
    ]


@contextmanager
def _listener(made: Installation, number: int) -> Iterator[None]:
    """A thread that hears so many NOTIFYs and sends a text for each; waited for at the end."""
    sandbox, url, heard = made.sandbox, plain(made.owner_url), threading.Event()
    config = TwilioConfig(sandbox.account_sid, sandbox.auth_token, sandbox.url)
    sender, numbers = TwilioSender(config, SystemClock()), count(1)

    def listen() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("LISTEN bench")
            heard.set()
            for _ in connection.notifies(stop_after=number, timeout=60):
                sender.send(_bare_text(next(numbers)))

    listener = threading.Thread(target=listen)
    listener.start()
    heard.wait(10)
    yield
    listener.join()


def _floor(made: Installation, number: int, pause: float) -> list[float]:
    """A bare listener: NOTIFY committed → SDK → the sandbox's entry."""
    url, clock, committed = plain(made.owner_url), SystemClock(), []
    with _listener(made, number + 2), psycopg.connect(url, autocommit=True) as connection:
        for each in range(number + 2):
            connection.execute(f"NOTIFY bench, '{each}'")
            committed.append(clock.now())
            sleep(pause)
    log = made.sandbox.control.log()
    made.sandbox.control.reset()
    pairs = zip(log[-number:], committed[-number:], strict=True)  # the first two set it up
    return [(entry.at - at) / _SECOND for entry, at in pairs]


def _bare_text(number: int) -> Outgoing:
    body, url = "Lakeside: alert K7QM.", f"http://127.0.0.1:9/hooks/x/{number}"
    return Outgoing(UUID(int=number), Channel.SMS, NURSE_PHONE, "+12025550101", body, url)
