"""What became of the promises after a fault: the sandbox's log, the database and the audit chain.

The rows are asked by the very judges of `rsm simulate`; what people were told (thanks, "it is
yours", a STOP taken in) is held against the rows besides.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from integrations.twilio.sandbox.control import SandboxMessage
from rsm.alerts.packs import parse_pack
from rsm.bootstrap import House, find_database, open_database, read_keys, worker_services
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.flow import audit
from rsm.kernel.clock import SystemClock, VirtualClock
from rsm.schedules.library import plan_named
from rsm.security.audit import seal
from rsm.settings import read_settings
from rsm.simulate.post import Taken
from rsm.simulate.promises import check_across, check_all
from rsm.simulate.promises.pack import Named, named_by
from rsm.simulate.promises.texts import Reader, unkept_thanks
from tests.campaign.people import Noted
from tests.killer import work
from tests.packs import FIRST

# Of these the auditor speaks while processes are stopped, as they are when we look.
_NOT_NOW = {audit.Check.HEARTBEAT, audit.Check.CLOCK}
_SURVEYS = text(
    "SELECT DISTINCT occurrence_id FROM message WHERE id = ANY(:ids) AND occurrence_id IS NOT NULL"
)
_UNTAKEN = text(
    """
    SELECT a.id FROM unnest(CAST(:ids AS uuid[])) AS a(id)
    WHERE NOT EXISTS (SELECT FROM alert x WHERE x.id = a.id AND x.acknowledged_at IS NOT NULL)
    """
)
_STOPS = text("SELECT count(*) FROM opt_event WHERE action = 'stop'")
_NOBODYS = text(
    """
    SELECT o.id FROM occurrence o
    WHERE o.scheduled AND o.state <> 'cancelled' AND o.opens_at <= :now
    AND NOT EXISTS (SELECT FROM message m WHERE m.occurrence_id = o.id
      AND m.state IN ('accepted', 'sent', 'delivered'))
    AND NOT EXISTS (SELECT FROM task t WHERE t.patient_id = o.patient_id)
    """
)
_UNSURE = text("SELECT count(*) FROM message WHERE state = 'unconfirmed'")


_DOUBT = timedelta(minutes=12)  # by then whatever is in doubt was given to a person


@contextmanager
def twelve_minutes_later(environment: Mapping[str, str]) -> Iterator[Database]:
    """A worker's door, once a worker has had its rounds through the next minutes.

    The minutes pass by its clock alone, and are fewer than would make it suspect a restore.
    """
    settings = read_settings(environment)
    keys = read_keys(settings)
    clock = VirtualClock(SystemClock().now() + _DOUBT)
    with find_database(settings, keys) as addresses:
        db = open_database(addresses.worker, keys, "judge", clock)
        try:
            house = House(settings, keys, addresses, db, db)
            worker_services(house, "judge").lifeline()
            work(house)
            with db.begin(EVERYWHERE) as tx:
                seal(tx)
            yield db
        finally:
            db.close()


def lost(db: Database, log: Sequence[SandboxMessage], noted: Noted, site: UUID) -> list[str]:
    """Everything that is missing, double, unjudged or unaccounted for; nothing, if all is well."""
    with db.begin(EVERYWHERE) as tx:
        found = [f"{each.promise}: {each.what}" for each in check_all(tx, _named()).broken]
        found += [f"{each.promise}: {each.what}" for each in check_across(tx).broken]
        taken = [_taken(each) for each in log]
        found += [f"{each.promise}: {each.what}" for each in Reader().check(tx, taken, site)]
        found += _promised(tx, noted)
        found += [f"P1: survey {each} reached nobody and stands on no list" for each in _left(tx)]
    report = audit.audit_due(db)
    found += [
        f"the auditor found {check.value}: {count}"
        for check, count in report.found.items()
        if count and check not in _NOT_NOW
    ]
    return found


def unsure(db: Database) -> int:
    """Texts of which nobody knows whether they arrived: a person is asked, nothing is resent."""
    with db.begin(EVERYWHERE) as tx:
        return int(tx.session.execute(_UNSURE).scalar_one())


def _promised(tx: Tx, noted: Noted) -> Iterator[str]:
    surveys = list(tx.session.scalars(_SURVEYS, {"ids": noted.thanked}))
    if len(surveys) < len(noted.thanked):
        yield "P3: somebody was thanked for a survey of which nothing is known"
    for each in unkept_thanks(tx, surveys):
        yield f"P3: thanked for survey {each}, and no report is stored"
    for each in tx.session.scalars(_UNTAKEN, {"ids": [str(one) for one in noted.taken]}):
        yield f"P5: alert {each} was somebody's, and is nobody's"
    if tx.session.execute(_STOPS).scalar_one() < len(noted.stopped):
        yield "P8: a STOP that was taken in stands in no ledger"


def _left(tx: Tx) -> Sequence[UUID]:
    return list(tx.session.scalars(_NOBODYS, {"now": tx.now}))


def _named() -> Named:
    named = named_by(parse_pack(FIRST, "first")[0])
    return Named(named.severe, named.worse, told_at_once=True, weekly=plan_named("weekly").pin.hash)


def _taken(message: SandboxMessage) -> Taken:
    key = UUID(message.callback_url.partition("#")[0].rsplit("/", 1)[-1])
    return Taken(key, message.sid, message.to, message.sender, message.body, message.at)
