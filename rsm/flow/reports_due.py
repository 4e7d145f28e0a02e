"""The monthly report by e-mail: made once, kept as it was made, and sent to each reader once.

Figures are read in one transaction, the PDF is printed outside of any, and report and mails are
written in another: two workers, or one that died in between, leave one report and one mail for
each reader (P2). It is made here and not as the mail leaves: printing takes seconds, and a claim's
lease runs on. Whoever lost the right to see figures since she asked is left out.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.kernel import faults
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.model import Attachment, Draft, Lane, MessageView
from rsm.metrics.decide import first_id
from rsm.reports import decide
from rsm.reports import service as reports
from rsm.reports.model import HTML, PDF, File, Made, Month, Run, Subscription, Wanted
from rsm.reports.ports import Printer
from rsm.security import staff
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)
PURPOSE = "staff_monthly_report"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_STILL_NEWS = timedelta(days=25)  # a mail that nobody could send for so long is not sent any more
_ENDINGS = {PDF: "pdf", HTML: "html"}


class Writer(Protocol):
    """Writes a report from the roll-ups, for a transaction that sees its site."""

    def write(self, tx: Tx, wanted: Wanted) -> Made:
        """The report as one HTML file, with its headlines."""
        ...


@dataclass(frozen=True)
class Desk:
    """Who writes reports, and who prints them."""

    writer: Writer
    printer: Printer


def reports_due(db: Database, desk: Callable[[], Desk]) -> int:
    """Send every report that is due and was not sent; returns how many mails were written.

    `desk` is asked for when one is due: it costs as much as a web process.
    """
    with db.begin(EVERYWHERE) as tx:
        known = reports.sites_with_readers(tx)
    return sum(_at_site(db, desk, site_id) for site_id in known)


def _at_site(db: Database, desk: Callable[[], Desk], site_id: UUID) -> int:
    sent = 0
    with _alone(site_id):
        with db.begin(Scope.site(site_id)) as tx:
            due = _due(tx, site_id, tx.now)
        for wanted, readers in due.items():
            with _alone(site_id):
                sent += _send(db, desk, wanted, readers)
    return sent


@contextmanager
def _alone(site_id: UUID) -> Iterator[None]:
    """One site, and one report, never keeps the others back: the next round tries it again."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # whatever is wrong with it
        extra = {"action": "report.failed", "site": str(site_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)


# --- what is due ----------------------------------------------------------------------------------


def late(tx: Tx, by: timedelta) -> int:
    """How many mails with a report nobody has written although they were due so long ago, in scope.

    One that never succeeds is tried again each round and stands in the log alone: this is what the
    auditor counts. A wish that is younger was perhaps for a day that had passed.
    """
    then = tx.now - by
    due = (_due(tx, each, then).values() for each in reports.sites_with_readers(tx))
    everybody = (reader for of_site in due for readers in of_site for reader in readers)
    return sum(1 for reader in everybody if reader.id < first_id(then))


def _due(tx: Tx, site_id: UUID, at: datetime) -> dict[Wanted, list[Subscription]]:
    """Which reports are due then, each with its readers who have no mail of that month yet."""
    zone = sites.get(tx, site_id).zone
    months = {
        each: month
        for each in reports.subscriptions(tx, site_id)
        if (month := decide.month_due(each.wish, each.since, at, zone)) is not None
    }
    due: dict[Wanted, list[Subscription]] = {}
    for each in _who_may_read(tx, _unwritten(tx, months)):
        language, funders = each.wish.language, each.wish.funders
        wanted = Wanted(site_id, months[each], language, funders, leaves=True)
        due.setdefault(wanted, []).append(each)
    return due


def _unwritten(tx: Tx, months: Mapping[Subscription, Month]) -> list[Subscription]:
    """Those readers to whom no mail of their month was written."""
    keys = {
        each: decide.key_of(each.site_id, month, each.staff_id) for each, month in months.items()
    }
    written = set(messaging.written_since(tx, keys.values(), _BEGINNING)) if keys else set()
    return [each for each, key in keys.items() if key not in written]


def _who_may_read(tx: Tx, every: Iterable[Subscription]) -> Iterable[Subscription]:
    for each in every:
        roles = staff.sites(tx, each.staff_id).get(each.site_id, frozenset())
        if may(roles, Permission.SEE_FIGURES) and not staff.get(tx, each.staff_id).disabled:
            yield each


# --- making and sending ---------------------------------------------------------------------------


def _send(
    db: Database, desk: Callable[[], Desk], wanted: Wanted, readers: Sequence[Subscription]
) -> int:
    with db.begin(Scope.site(wanted.site_id)) as tx:
        made = desk().writer.write(tx, wanted)
    faults.point("report.written")
    printed = desk().printer.pdf(made.html)
    file = File(HTML, made.html.encode()) if printed is None else File(PDF, printed)
    faults.point("report.printed")
    with db.begin(Scope.site(wanted.site_id)) as tx:
        run = reports.keep(tx, wanted, made, file)
        zone = sites.get(tx, wanted.site_id).zone
        return sum(_write(tx, run, each, zone) for each in readers)


def _write(tx: Tx, run: Run, reader: Subscription, zone: str) -> bool:
    """In the lane of what may wait: a file takes longer than an alert, and none waits behind it."""
    left = decide.due_at(run.month, reader.wish.day, zone)
    draft = Draft(
        business_key=decide.key_of(run.site_id, run.month, reader.staff_id),
        lane=Lane.SURVEY,
        audience=Audience.STAFF,
        site_id=run.site_id,
        purpose=PURPOSE,
        language=run.language,
        channel=Channel.EMAIL,
        fields={"run": str(run.id)},
        staff_id=reader.staff_id,
        not_after=max(left, tx.now) + _STILL_NEWS,
    )
    return messaging.enqueue(tx, draft) is not None


# --- what the mail says, as it leaves -------------------------------------------------------------


def fields(tx: Tx, message: MessageView, public_url: str) -> dict[str, str]:
    """Month, findings and link of such a mail; empty for any other message."""
    if message.purpose != PURPOSE:
        return {}
    run = _run(tx, message)
    return {
        "month": decide.month_name(run.month, message.language),
        "findings": " ".join(run.headlines),
        "link": f"{public_url}/sites/{run.site_id}/reports",
    }


def attachments(tx: Tx, message: MessageView) -> tuple[Attachment, ...]:
    """The report itself; nothing for any other message."""
    if message.purpose != PURPOSE:
        return ()
    run = _run(tx, message)
    held = reports.file(tx, run.id)
    name = f"report-{run.month}.{_ENDINGS[held.media_type]}"
    return (Attachment(name, held.media_type, held.content),)


def _run(tx: Tx, message: MessageView) -> Run:
    return reports.run(tx, UUID(str(message.fields["run"])))
