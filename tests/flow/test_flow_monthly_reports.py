"""The monthly report by e-mail: once for each site, month and reader, whatever dies in between."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text

from rsm.db.work import Database, Tx
from rsm.flow.audit import Check, audit_due
from rsm.flow.reports_due import PURPOSE, Desk, reports_due
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.messaging.tables import Message
from rsm.reports import service as reports
from rsm.reports.model import Made, Month, Run, Wanted, Wish
from rsm.security import staff
from rsm.sites import service as sites
from tests.clinic import build_clinic
from tests.flow.mailpost import MailPost

FIRST_OF_NOVEMBER = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)  # 7:00 in New York
HEADLINES = ("71 % are finished.", "Most is lost early.", "9 of 12 were closed.")
WISH = Wish(1, "en")


@dataclass
class Writer:
    """Writes a report that says what was asked of it."""

    wanted: list[Wanted] = field(default_factory=list)

    def write(self, tx: Tx, wanted: Wanted) -> Made:
        self.wanted.append(wanted)
        return Made(f"<p>{wanted.month} {wanted.language}", f"{wanted.month}", "v1", HEADLINES)


@dataclass
class Printer:
    prints: bool = True

    def pdf(self, html: str) -> bytes | None:
        return b"%PDF " + html.encode() if self.prints else None


@dataclass
class Office(MailPost):
    """The clinic's post, and whoever writes and prints its reports."""

    writer: Writer = field(default_factory=Writer)
    printer: Printer = field(default_factory=Printer)

    def desk(self) -> Desk:
        return Desk(self.writer, self.printer)

    def send(self) -> int:
        return reports_due(self.db, self.desk)

    def subscribe(self, who: UUID, wish: Wish = WISH) -> None:
        with self.clinic.begin(who) as tx:
            reports.subscribe(tx, self.clinic.site, who, wish)

    def runs(self) -> list[Run]:
        with self.clinic.begin() as tx:
            return list(reports.runs(tx, self.clinic.site, Month(date(2020, 1, 1))))


@pytest.fixture
def office(web_db: Database, worker_db: Database, clock: VirtualClock) -> Iterator[Office]:
    yield Office(build_clinic(web_db), worker_db, clock)
    faults.install(None)


def at(office: Office, instant: datetime) -> None:
    office.clock.advance(instant - office.clock.now())


def test_before_its_day_and_without_readers_nothing_is_made(office: Office) -> None:
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 0
    office.subscribe(office.clinic.charge, Wish(2, "en"))
    assert office.send() == 0
    assert office.writer.wanted == []


def test_on_its_day_the_reader_gets_findings_a_link_and_the_file(office: Office) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER - timedelta(minutes=1))
    assert office.send() == 0
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 1
    office.deliver()
    (mail,) = office.mail.received
    with office.clinic.begin() as tx:
        assert mail.to == staff.get(tx, office.clinic.charge).email
    assert mail.subject == "Lakeside Clinic: report of October 2026"
    for said in (*HEADLINES, f"https://rsm.example.org/sites/{office.clinic.site}/reports"):
        assert said in mail.text
    assert {name: base64.b64decode(held) for name, held in mail.files.items()} == {
        "report-2026-10.pdf": b"%PDF <p>2026-10 en"
    }
    assert office.writer.wanted == [
        Wanted(office.clinic.site, Month(date(2026, 10, 1)), "en", leaves=True)
    ]


def test_it_is_sent_once_however_often_it_is_asked_for(office: Office) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 1
    office.clock.advance(timedelta(days=9))
    assert office.send() == 0
    at(office, datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert office.send() == 1
    assert [str(run.month) for run in office.runs()] == ["2026-11", "2026-10"]


def test_whoever_asks_again_does_not_get_a_second_one(office: Office) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    office.send()
    office.subscribe(office.clinic.charge, Wish(3, "es", funders=True))
    at(office, FIRST_OF_NOVEMBER + timedelta(days=3))
    assert office.send() == 0


def test_whoever_moves_it_to_a_day_that_has_passed_still_gets_this_month(office: Office) -> None:
    office.subscribe(office.clinic.charge, Wish(5, "en"))
    at(office, FIRST_OF_NOVEMBER + timedelta(days=2))
    assert office.send() == 0
    office.subscribe(office.clinic.charge, Wish(1, "en"))
    assert audit_due(office.db).found[Check.REPORTS] == 0  # it goes out with the next round
    assert office.send() == 1
    assert [str(run.month) for run in office.runs()] == ["2026-10"]


def test_two_readers_of_one_report_get_the_same_file_and_another_wish_another(
    office: Office,
) -> None:
    office.subscribe(office.clinic.charge)
    office.subscribe(office.clinic.nurse)
    office.subscribe(office.clinic.second, Wish(1, "es", funders=True))
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 3
    assert len(office.runs()) == 2
    assert len(office.writer.wanted) == 2
    office.deliver()
    subjects = sorted(mail.subject for mail in office.mail.received)
    assert subjects[2] == "Lakeside Clinic: report of October 2026"
    assert subjects[0] == "Lakeside Clinic: informe de octubre de 2026"
    assert subjects[1] == subjects[2]


def test_two_workers_at_once_leave_one_mail_and_one_report(office: Office, owner: Engine) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    both = Barrier(2, timeout=60)

    def meet(name: str) -> None:
        if name == "report.printed":
            both.wait()

    faults.install(meet)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(office.send) for _ in range(2)]
        assert sorted(each.result() for each in sent) == [0, 1]
    assert len(office.runs()) == 1
    assert written(owner) == 1


@pytest.mark.parametrize("where", ["report.written", "report.printed"])
def test_a_worker_that_dies_in_between_leaves_nothing_and_the_next_one_sends(
    office: Office, owner: Engine, where: str
) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)

    class Killed(BaseException):
        """As a power cut: nothing catches it."""

    def die(name: str) -> None:
        if name == where:
            raise Killed

    faults.install(die)
    with pytest.raises(Killed):
        office.send()
    assert (office.runs(), written(owner)) == ([], 0)
    faults.install(None)
    assert office.send() == 1
    assert written(owner) == 1


def test_a_mail_that_is_lost_on_the_way_carries_the_very_same_file_again(office: Office) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    office.send()
    office.printer.prints = False  # whatever would be made later
    office.clock.advance(timedelta(days=2))
    office.deliver()
    assert list(office.mail.received[0].files) == ["report-2026-10.pdf"]


def test_without_pango_the_html_itself_goes(office: Office) -> None:
    office.printer.prints = False
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    office.send()
    office.deliver()
    (mail,) = office.mail.received
    assert {name: base64.b64decode(held) for name, held in mail.files.items()} == {
        "report-2026-10.html": b"<p>2026-10 en"
    }


def test_whoever_left_or_lost_her_role_gets_none(office: Office) -> None:
    for who in (office.clinic.charge, office.clinic.nurse, office.clinic.second):
        office.subscribe(who)
    with office.clinic.begin(office.clinic.administrator) as tx:
        staff.disable(tx, office.clinic.charge)
        staff.revoke(tx, office.clinic.nurse, office.clinic.site, Role.NURSE)
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 1


def test_whoever_ended_it_gets_none(office: Office) -> None:
    office.subscribe(office.clinic.charge)
    with office.clinic.begin(office.clinic.charge) as tx:
        assert reports.unsubscribe(tx, office.clinic.site, office.clinic.charge)
        assert not reports.unsubscribe(tx, office.clinic.site, office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    assert office.send() == 0


def test_each_site_has_its_own_clock(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    office = Office(build_clinic(web_db), worker_db, clock)
    office.subscribe(office.clinic.charge)
    with office.clinic.begin() as tx:
        site = sites.get(tx, office.clinic.site)
        tx.session.execute(
            text("UPDATE site SET zone = 'Pacific/Apia' WHERE id = :id"), {"id": site.id}
        )
    at(office, datetime(2026, 10, 31, 17, 59, tzinfo=UTC))  # 6:59 on 1 November in Apia
    assert office.send() == 0
    at(office, datetime(2026, 10, 31, 18, 0, tzinfo=UTC))
    assert office.send() == 1
    assert str(office.runs()[0].month) == "2026-10"


def test_one_site_that_breaks_keeps_no_other_back(office: Office) -> None:
    other = replace(
        office,
        clinic=build_clinic(
            office.clinic.db, name="Hillside Clinic", numbers=("+12025550170", "+12025550171")
        ),
        addresses=False,
    )
    office.subscribe(office.clinic.charge)
    other.subscribe(other.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)

    def breaks(tx: Tx, wanted: Wanted) -> Made:
        if wanted.site_id == office.clinic.site:
            raise ValueError("its figures cannot be read")
        return Writer().write(tx, wanted)

    broken = Writer()
    broken.write = breaks  # type: ignore[method-assign]  # breaks for one site
    assert reports_due(office.db, lambda: Desk(broken, Printer())) == 1
    assert office.runs() == []
    assert len(other.runs()) == 1


def test_a_report_that_cannot_be_made_keeps_no_other_of_its_site_back(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.subscribe(office.clinic.charge, Wish(1, "es"))
    office.subscribe(office.clinic.nurse)
    at(office, FIRST_OF_NOVEMBER)

    def breaks(tx: Tx, wanted: Wanted) -> Made:
        if wanted.language == "es":
            raise ValueError("Maria Alvarez")
        return Writer().write(tx, wanted)

    broken = Writer()
    broken.write = breaks  # type: ignore[method-assign]  # breaks for one language
    assert reports_due(office.db, lambda: Desk(broken, Printer())) == 1
    assert [run.language for run in office.runs()] == ["en"]
    assert "Maria" not in caplog.text
    assert office.send() == 1  # the other one is tried again


def test_a_report_that_fails_for_a_day_is_found_by_the_auditor_until_it_is_made(
    office: Office,
) -> None:
    office.subscribe(office.clinic.charge)
    office.subscribe(office.clinic.nurse)
    at(office, FIRST_OF_NOVEMBER)
    broken = Writer()
    broken.write = breaks  # type: ignore[method-assign]  # breaks always
    for hours, found in ((23, 0), (1, 2), (24 * 7, 2)):
        office.clock.advance(timedelta(hours=hours))
        assert reports_due(office.db, lambda: Desk(broken, Printer())) == 0
        assert audit_due(office.db).found[Check.REPORTS] == found
    assert office.send() == 2
    assert audit_due(office.db).found[Check.REPORTS] == 0


def breaks(tx: Tx, wanted: Wanted) -> Made:
    raise ValueError("the figures cannot be read")


def test_nothing_of_a_report_stands_in_the_outbox_but_which_one_it_is(
    office: Office, owner: Engine
) -> None:
    office.subscribe(office.clinic.charge)
    at(office, FIRST_OF_NOVEMBER)
    office.send()
    (run,) = office.runs()
    with owner.connect() as connection:
        fields = connection.scalar(select(Message.fields).where(Message.purpose == PURPOSE))
    assert fields == {"run": str(run.id)}


def written(owner: Engine) -> int:
    with owner.connect() as connection:
        query = select(func.count()).select_from(Message).where(Message.purpose == PURPOSE)
        return int(connection.scalar(query) or 0)
