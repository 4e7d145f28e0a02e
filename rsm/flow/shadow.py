"""Packs in shadow: every report that comes in is judged by them too, and nobody is told.

A report is judged once by each pack in shadow, with the facts that live judging has, some moments
after it came. Nothing is written but what came out; a fault in judging is written as "in doubt",
so that it is not tried for ever. What is not followed here: a report that comes late has none of
the ones after it judged again, an emergency on the way to a report counts only if it was sent so,
and no override is applied. A replay shows the first two.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts import decide, releases, shadowed
from rsm.alerts.model import Judgement
from rsm.alerts.releases import ReleaseView
from rsm.alerts.shadowed import Shadowed
from rsm.alerts.specs import spec_of
from rsm.alerts.states import ReleaseState
from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow.facts import Asking, live_facts
from rsm.flow.replay import blind_rules
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, Problem
from rsm.metrics import shadow_store as store
from rsm.metrics.model import Period
from rsm.metrics.replay_figures import MINUTES_PER_ALERT, Terms, figures
from rsm.metrics.replay_model import Replay
from rsm.metrics.replay_store import overridden
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)
_BATCH = 200
LONG = timedelta(weeks=8)  # in shadow: somebody should decide


def judge_due(db: Database) -> int:
    """Judge what packs in shadow have not seen yet; returns how many reports were judged.

    Reports that cannot be looked at now are passed by: they never keep others waiting.
    """
    last: store.Waiting | None = None
    while True:
        with db.begin(EVERYWHERE) as tx:
            batch = store.waiting(tx, _BATCH, last)
        done = sum(_one(db, each) for each in batch)
        if done or len(batch) < _BATCH:
            return done
        last = batch[-1]


def _one(db: Database, due: store.Waiting) -> int:
    try:
        with db.begin(Scope.site(due.site_id)) as tx:
            release = releases.get(tx, due.release_id)
            if release.state is not ReleaseState.SHADOW:
                return 0
            return int(shadowed.keep(tx, _shadowed(tx, release, due.response_id)))
    except Exception as error:  # noqa: BLE001  # one row that fails never stops the others
        facts = {"action": "shadow.failed", "row": str(due.response_id)}
        _LOG.warning("%s", type(error).__name__, extra=facts)
        return 0


def _shadowed(tx: Tx, release: ReleaseView, response_id: UUID) -> Shadowed:
    response = responses.view(tx, response_id)
    return Shadowed(
        release_id=release.id,
        site_id=response.site_id,
        patient_id=response.patient_id,
        response_id=response.id,
        occurrence_id=response.occurrence_id,
        at=response.at,
        is_test=response.is_test,
        judgement=_judgement(tx, release, response),
    )


def _judgement(tx: Tx, release: ReleaseView, response: ResponseView) -> Judgement | None:
    """None when it could not be judged: live, a person would have had to look (P6)."""
    try:
        with tx.savepoint():
            pack, _ = releases.pack_of(release)
            patient = patients.peek(tx, response.patient_id)
            asking = Asking(pack, instruments.load(tx, response.instrument), patient)
            return decide.judge(pack, asking.spec, live_facts(tx, response, asking))
    except Exception as error:  # noqa: BLE001  # whatever this was, it is kept as in doubt
        facts = {"action": "shadow.in_doubt", "row": str(response.id)}
        _LOG.warning("%s", type(error).__name__, extra=facts)
        return None


def long_in_shadow(tx: Tx, site_id: UUID) -> list[datetime]:
    """Since when a pack has been in shadow, where that is longer than it should need."""
    begun = (
        one.shadow_since
        for one in releases.of_site(tx, site_id)
        if one.state is ReleaseState.SHADOW
    )
    return [since for since in begun if since is not None and tx.now - since > LONG]


# --- beside the live pack ------------------------------------------------------------------------


def period_of(tx: Tx, release: ReleaseView) -> Period:
    """From the first moment in shadow until now, or until it was decided or withdrawn."""
    if release.shadow_since is None:
        raise Invalid(Problem("period", "this pack was never in shadow", "start its shadow"))
    until = release.decided_at or release.retired_at or tx.now
    return Period(release.shadow_since, max(until, release.shadow_since + timedelta(minutes=1)))


def compared(tx: Tx, release: ReleaseView, minutes: float = MINUTES_PER_ALERT) -> Replay:
    """What the pack made of the reports in shadow, beside what was raised; in the words of a
    replay. Audited. Raises `Invalid` for one that was never in shadow."""
    period, site = period_of(tx, release), sites.get(tx, release.site_id)
    found = store.surveys(tx, site.id, release.id, period)
    record(tx, "shadow.viewed", Subject("rule_release", release.id), site.id, surveys=len(found))
    pack, _ = releases.pack_of(release)
    terms = Terms(
        pack=release.pin,
        period=period,
        zone=site.zone,
        minutes_per_alert=minutes,
        blind_rules=blind_rules(pack, [spec_of(instruments.load(tx, site.instrument))]),
        overridden=overridden(tx, site.id, period),
    )
    return figures(found, terms)
