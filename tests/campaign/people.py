"""Patients and nurses of a busy little clinic, who press again when something does not work.

They write down what they were promised: thanks, a text that was taken in, an alert that is theirs.
"""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import UUID

import requests
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from integrations.twilio.sandbox.control import SandboxControl, SandboxMessage
from rsm.db.work import Database, Scope
from rsm.flow import triage
from rsm.instruments.library import find
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import Actor, ActorKind, Channel
from tests.clinic import NURSE_PHONE, PATIENT_SENDER

SEVERE = {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}
_LINK = re.compile(r"/s/\S+")
_PAUSE = 0.5  # between two presses of a tired thumb
_PATIENCE = 150.0  # after which she gives up, and the campaign says so
_ALERT = text("SELECT alert_id FROM message WHERE id = :id")


@dataclass
class Noted:
    """What people noticed, and what they were promised."""

    thanked: list[UUID] = field(default_factory=list)  # the messages whose link they answered by
    taken: list[UUID] = field(default_factory=list)  # alerts that a nurse was told are hers
    stopped: list[str] = field(default_factory=list)  # phones whose STOP was taken in
    pressed_again: int = 0
    troubled: int = 0  # people who had to press again
    longest_wait: float = 0.0  # seconds from the first press until it worked
    gave_up: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass
class People:
    """Everybody who holds a phone. `url` is where the pages are, `db` the nurses' own door."""

    url: str
    control: SandboxControl
    db: Database
    site: UUID
    nurse: UUID
    noted: Noted = field(default_factory=Noted)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="person")
        self._leave = threading.Event()
        self._lock = threading.Lock()
        self._seen = 0
        self._told: set[UUID] = set()
        self._under_way: list[Future[None]] = []
        self._looking = threading.Thread(target=self._look, name="phones")

    def start(self) -> None:
        self._looking.start()

    def stop(self) -> None:
        """Whoever is at it finishes; nobody begins anew."""
        self._leave.set()
        if self._looking.ident is not None:
            self._looking.join()
        self._pool.shutdown()
        for each in self._under_way:
            each.result()

    @property
    def is_at_rest(self) -> bool:
        return all(each.done() for each in list(self._under_way))

    # --- phones -------------------------------------------------------------------------------

    def _look(self) -> None:
        while not self._leave.wait(0.3):
            for each in self.control.log(self._seen):
                self._seen += 1
                self._open(each)

    def _open(self, message: SandboxMessage) -> None:
        key = UUID(message.callback_url.partition("#")[0].rsplit("/", 1)[-1])
        if key in self._told:
            return
        self._told.add(key)
        number = len(self._told)
        found = _LINK.search(message.body)
        if message.sender == PATIENT_SENDER and found:
            if number % 12 == 7:
                self._begin(self._says_stop, message.to)
            else:
                self._begin(self._answers, key, found.group(0), number % 3 == 0)
        elif message.to == NURSE_PHONE and number % 2:
            self._begin(self._takes, key)

    def _begin(self, what: Callable[..., None], *told: object) -> None:
        self._under_way.append(self._pool.submit(what, *told))

    # --- patients -----------------------------------------------------------------------------

    def _answers(self, key: UUID, link: str, is_severe: bool) -> None:
        pages: list[tuple[str, dict[str, str]]] = [(f"{link}/start", {"by": "self"})]
        values = SEVERE if is_severe else {}
        for number, item in enumerate(find("weekly-symptoms").items, start=1):
            pages.append((f"{link}/q/{number}", {item.code: values.get(item.code, "0")}))
        pages.append((f"{link}/review", {"words": ""}))
        presses = [self._press(partial(self._post, page, fields)) for page, fields in pages]
        self._note_presses(presses, link)
        if None not in presses:
            self.noted.thanked.append(key)

    def _post(self, page: str, fields: dict[str, str]) -> bool:
        """Whether a page came back that says it is done; an error page asks to press again."""
        form = Request(self.url + page, urlencode(fields).encode())  # noqa: S310 - loopback
        try:
            with urlopen(form, timeout=40) as reply:  # noqa: S310 - loopback
                return bool(reply.status == 200)
        except HTTPError as error:
            with error:
                if error.code < 500:
                    self.noted.refused.append(f"{error.code} at {page.rsplit('/', 2)[-2:]}")
            return False
        except (URLError, HTTPException, OSError):
            return False

    def _says_stop(self, phone: str) -> None:
        def text_it() -> bool:
            try:
                return 200 in self.control.text(phone, "STOP", PATIENT_SENDER).answered
            except requests.RequestException:
                return False

        presses = self._press(text_it)
        self._note_presses([presses], phone)
        if presses is not None:
            self.noted.stopped.append(phone)

    # --- nurses -------------------------------------------------------------------------------

    def _takes(self, key: UUID) -> None:
        """She opens the text and takes the alert."""
        taken: list[UUID] = []

        def take_it() -> bool:
            try:
                nurse = Actor(ActorKind.STAFF, self.nurse)
                with self.db.begin(Scope.site(self.site), nurse) as tx:
                    alert = tx.session.execute(_ALERT, {"id": key}).scalar_one_or_none()
                    if alert is None:
                        return True
                    triage.acknowledge(tx, alert, self.nurse, Channel.WEB)
            except (Conflict, NotFound):
                return True
            except SQLAlchemyError:
                return False
            taken.append(alert)
            return True

        self._note_presses([self._press(take_it)], "a nurse")
        self.noted.taken.extend(taken)

    # --- pressing -----------------------------------------------------------------------------

    def _press(self, once: Callable[[], bool]) -> tuple[int, float] | None:
        """Until it works: how often it did not, and the seconds; None when she gave up."""
        began, failed = time.monotonic(), 0
        while not once():
            failed += 1
            if self._leave.is_set() or time.monotonic() - began > _PATIENCE:
                return None
            time.sleep(_PAUSE)
        return failed, time.monotonic() - began

    def _note_presses(self, presses: list[tuple[int, float] | None], who: str) -> None:
        done = [each for each in presses if each is not None]
        again = sum(failed for failed, _ in done)
        with self._lock:
            self.noted.pressed_again += again
            self.noted.troubled += bool(again)
            self.noted.longest_wait = max([self.noted.longest_wait, *(wait for _, wait in done)])
            if len(done) < len(presses):
                self.noted.gave_up.append(who)
