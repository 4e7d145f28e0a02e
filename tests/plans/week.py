"""Eight days of a small clinic, as production lives them: the worker's jobs, pages, texts, hooks.

Maria answers by text, Ruth by her link (badly: an alert, which a nurse takes and closes), Ana not
at all. In the second week Ruth is worse again, and nobody has looked yet. At the end a nurse
who is the manager too follows every link there is.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from fastapi.testclient import TestClient
from prometheus_client.registry import CollectorRegistry

from integrations.heartbeat.fake import FakeSwitch
from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.fake import FakeCall, FakeSender
from rsm.db.roles import WEB, WORKER
from rsm.db.work import Database
from rsm.flow import history, holds, inbound
from rsm.flow.deliver import deliver_due
from rsm.flow.reconcile import recheck_silent, reconcile_due
from rsm.flow.redact import redact_due
from rsm.invitations import service as invitations
from rsm.kernel.clock import VirtualClock
from rsm.messaging.lifeline import Beat
from rsm.messaging.model import Lane
from rsm.metrics.exporter import Board
from rsm.schedules import service as schedules
from rsm.worker.jobs import Job, jobs
from rsm.worker.lanes import looked_into
from rsm.worker.services import WorkerServices
from tests.clinic import Clinic
from tests.flow import talk
from tests.flow.phone import Phone
from tests.flow.post import CONFIG
from tests.flow.talk import Talk
from tests.patient_browser import browser_of
from tests.plans.captured import PATIENTS, Captured, Recorder
from tests.survey_world import add_patient
from tests.web_desk import at_desk, submit

_LOOKS = (1, 2, 2, 1, 1)  # days until the next: reminder, call list, the end, the next window
_ROUNDS = 4  # of a job that finds something to do each time
_ANA = "+12025550133"
_VERSION = re.compile(r'name="version" value="([^"]*)"')
_LINK = re.compile(r'href="(/[^"#]*)"')
_NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d|(?<==)[^&]*")
_SEVERE = {"pain_frequency": "3", "pain_severity": "4", "nausea_frequency": "3"}


class _NoCopy:
    """Nothing of the lifeline is kept outside: the clock jumps, as after a restore it would."""

    def read(self) -> Beat | None:
        return None

    def keep(self, beat: Beat) -> None:
        """Not here."""


@dataclass
class Week:
    """The clinic and its worker; what they ask the database is kept by `recorder`."""

    talk: Talk
    web: Database
    worker: Database
    clock: VirtualClock
    recorder: Recorder
    ruth: UUID
    work: tuple[Job, ...] = field(init=False)

    def __post_init__(self) -> None:
        services = _services(self.worker, self.talk.post.fake, self.clock)
        board = Board(CollectorRegistry())
        lanes = tuple(
            Job(f"deliver.{lane}", 1, lambda lane=lane: services.deliver(lane))  # type: ignore[misc]  # a lambda's default
            for lane in Lane
        )
        lifeline = Job("lifeline", 10, lambda: int(bool(services.lifeline())) * 0)
        self.work = (lifeline, *jobs(services, board), *lanes)

    @property
    def clinic(self) -> Clinic:
        return self.talk.world.clinic

    def passes(self, **span: float) -> None:
        """Time passes, then the worker does all that there is to do."""
        self.clock.advance(timedelta(**span))
        for job in self.work:
            with self.recorder.during(job.name):
                for _ in range(_ROUNDS):
                    if not job.run():
                        break
        with self.recorder.during("status hook"):
            for call in self.talk.post.fake.flush_callbacks():
                self._is_told(call)

    def _is_told(self, call: FakeCall) -> None:
        """The provider says what became of a message."""
        site, message = map(UUID, call.url.rsplit("/", 2)[-2:])
        told = call.callback
        form = {"MessageSid": told.provider_id, "MessageStatus": told.status}
        report = TwilioCallbacks().status({**form, "AccountSid": told.account_sid})
        inbound.receive_status(self.web, report, site, message)


def live(web: Database, worker: Database, clock: VirtualClock) -> tuple[list[Captured], datetime]:
    """What was asked in these days, and when they end."""
    recorder = Recorder()
    with recorder.watch(web.engine, WEB), recorder.watch(worker.engine, WORKER):
        begun = talk.begin(web, worker, clock)
        ruth = add_patient(begun.world.clinic, name="Ruth Cole", phone="+12025550132")
        add_patient(begun.world.clinic, name="Ana Silva", phone=_ANA)
        week = Week(begun, web, worker, clock, recorder, ruth)
        week.passes(minutes=1)
        with recorder.during("by text"):
            begun.says("1", "0", "2", "HELP", "1")
        _answers(week)
        week.passes(minutes=40)  # what she has begun is judged half an hour after her last answer
        with at_desk(week.clinic, clock, week.clinic.nurse) as client:
            _takes_and_closes(week, client)
        with recorder.during("by text"):
            Phone(begun.post, _ANA).says("STOP")
        for days in _LOOKS:
            week.passes(days=days)
        _answers(week)
        week.passes(minutes=1)
        with at_desk(week.clinic, clock, week.clinic.charge) as client:
            _looks_everywhere(week, client)
    return recorder.found, clock.now()


def _services(db: Database, fake: FakeSender, clock: VirtualClock) -> WorkerServices:
    """As `rsm.bootstrap` joins them, with a provider in memory."""
    copy, source = _NoCopy(), history.Source(fake, fake, CONFIG.public_url)
    return WorkerServices(
        db=db,
        deliver=lambda lane: deliver_due(db, fake, looked_into(lane), CONFIG),
        reconcile=lambda: reconcile_due(db, fake, CONFIG),
        recheck=lambda: recheck_silent(db, fake),
        lifeline=lambda: holds.beat(db, copy),
        read_back=lambda: history.reconcile_hold(db, source),
        compare=lambda: history.reconcile_day(db, source),
        redact=lambda: redact_due(db, fake),
        switch=FakeSwitch(),
        host_clock=clock,
    )


def _answers(week: Week) -> None:
    """Ruth opens her link, is in pain, and sends it."""
    with week.clinic.begin() as tx:
        survey = schedules.recent(tx, week.ruth, 1)[0]
        link = invitations.url(tx, survey.id, 1, "")
    with week.recorder.during(PATIENTS):
        browser = browser_of(week.web, link)
        browser.get()
        page = browser.answer_all(browser.start(), **_SEVERE)
        assert browser.post("/review").status_code == 200, page.text


def _looks_everywhere(week: Week, client: TestClient) -> None:
    """Every page that a link leads to, each kind once."""
    waiting, seen = ["/"], set()
    while waiting:
        link = waiting.pop()
        kind = _NUMBERS.sub("…", link)
        if kind in seen or link.startswith("/static"):
            continue
        seen.add(kind)
        with week.recorder.during(_family(kind)):
            page = client.get(link, follow_redirects=True)
        assert page.status_code in {200, 404}, link
        assert "/login" not in page.url.path, link
        waiting += [found.replace("&amp;", "&") for found in _LINK.findall(page.text)]


def _family(kind: str) -> str:
    """Pages of one part of the house: `/sites/…/rules`, whatever follows."""
    return "/".join(kind.partition("?")[0].split("/")[:4])


def _takes_and_closes(week: Week, client: TestClient) -> None:
    (alert,) = week.talk.alerts()
    page = f"/alerts/{alert.id}"
    with week.recorder.during("nurse's moves"):
        taken = submit(client, page, f"{page}/take")
        version = _VERSION.search(client.get(page).text)
        assert version is not None
        fields = {"code": "phone_advice", "do": "close", "version": version[1]}
        closed = submit(client, page, f"{page}/do", fields)
    assert (taken.status_code, closed.status_code) == (303, 303)
