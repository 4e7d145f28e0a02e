"""Our own processes die, the connection is lost in COMMIT, the provider is at its worst."""

import random
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from integrations.twilio.faults import CreateFault
from tests.campaign import prepared
from tests.campaign.faults import WORKERS, Fault, Ground, Ready, with_host
from tests.campaign.month import WORST
from tests.campaign.proxy import Cut, Proxy
from tests.campaign.town import WEB, WORKER, Town

# On the way of a text, an answer and an alert; at all others processes die in `make test`.
POINTS = (
    "window.opened",
    "deliver.before_claim",
    "deliver.claimed",
    "deliver.before_send",
    "deliver.sent",
    "deliver.before_record",
    "deliver.recorded",
    "reconcile.found",
    "escalate.told",
    "callback.stored",
    "inbound.stored",
    "inbound.handled",
    "answer.saved",
    "submit.recorded",
    "submit.judged",
    "submit.before_commit",
)


class WebKilled(Fault):
    """The pages are gone for seconds, again and again."""

    name = "web process killed"
    method = "kill -9 of the only one; started again a second later"
    times = 3

    def strike(self, town: Town) -> None:
        town.repeat(self.seconds, self.times, lambda: town.kill(town.units["web"]))


class WorkersKilled(Fault):
    """One of two workers, at random."""

    name = "worker killed"
    method = "kill -9 of one of two at random moments; started again a second later"
    times = 8

    def strike(self, town: Town) -> None:
        chance = random.Random(8)
        names = iter([chance.choice(WORKERS) for _ in range(self.times)])
        town.repeat(self.seconds, self.times, lambda: town.kill(town.units[next(names)]))


class DeathsAtPoints(Fault):
    """A process kills itself between two effects, at each of the points that the code names."""

    name = "process killed between two effects"
    method = (
        "kill -9 of itself at each named point on the way of texts, answers and alerts, by"
        " whichever process comes there first; at the other points in `make test`"
    )
    seconds = 80
    times = len(POINTS)

    def processes(self, town: Town) -> None:
        self.list = town.folder / "points"
        self.list.touch()
        for name, command in (("web", WEB), *((worker, WORKER) for worker in WORKERS)):
            doomed = ("tests.campaign.doomed", "die", str(self.list), "--", command[-1])
            town.unit(name, doomed, is_forked=True)

    def strike(self, town: Town) -> None:
        self.list.write_text("\n".join(POINTS))
        ends = time.monotonic() + self.seconds
        for first in count(self.patients, 2):
            if time.monotonic() > ends or not self.list.read_text():
                break
            prepared.enrol(town.primary.url, town.ids, 2, first)
            time.sleep(3)
        left = self.list.read_text().split()
        self.list.write_text("")
        self.reached = [each for each in POINTS if each not in left]
        town.deaths += len(self.reached)

    def after(self, town: Town) -> str:
        missed = ", ".join(each for each in POINTS if each not in self.reached)
        return f"at {len(self.reached)} of {self.times} points" + (
            f", not {missed}" if missed else ""
        )


class CommitLost(Fault):
    """Nobody knows whether it was stored: both happen."""

    name = "connection lost in the middle of COMMIT"
    method = "a TCP proxy cuts each 12th COMMIT: half before it arrives, half before its answer"
    seconds = 30
    times = 40

    def ground(self, ready: Ready, folder: Path, stack: ExitStack) -> Ground:
        ground = super().ground(ready, folder, stack)
        self.is_on = threading.Event()
        self._passed = count(1)
        self.proxy = Proxy(("127.0.0.1", ground.primary.port), on_commit=self._choose)
        stack.callback(self.proxy.close)
        return replace(ground, url=with_host(ground.url, self.proxy.port))

    def strike(self, town: Town) -> None:
        self.is_on.set()
        time.sleep(self.seconds)
        self.is_on.clear()

    def after(self, town: Town) -> str:
        done, undone = (self.proxy.cuts.count(each) for each in (Cut.AFTER, Cut.BEFORE))
        return f"{done} cut after it was stored, {undone} before"

    def _choose(self) -> Cut | None:
        if not self.is_on.is_set() or len(self.proxy.cuts) >= self.times:
            return None
        number = next(self._passed)
        return (Cut.BEFORE, Cut.AFTER)[number // 12 % 2] if number % 12 == 0 else None


class ProviderAtItsWorst(Fault):
    """Everything that a provider can do wrong, at once."""

    name = "SMS provider at its worst"
    method = (
        "sandbox: a fifth of requests refused (429, 5xx), lost before or after they were taken, or"
        " timed out; callbacks lost, doubled, late, out of order"
    )
    seconds = 40

    def strike(self, town: Town) -> None:
        control = town.house.sandbox.control
        shares = {**WORST.create, CreateFault.TIMEOUT_AFTER_ACCEPT: 0.03}
        control.weather(replace(WORST, create=shares))
        time.sleep(self.seconds)
        control.clear_faults()
        with suppress(OSError):
            control.flush_callbacks()
