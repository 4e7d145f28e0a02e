"""What Prometheus sees, read from the database at once. Runs as the worker, everywhere."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, extract, func, select

from rsm.alerts.model import QuietReason
from rsm.alerts.tables import Alert, AlertEvent, ExpectedLevel, SuppressedFinding
from rsm.db.work import Tx
from rsm.escalation import rosters
from rsm.escalation.hours import ServiceTime
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import AlertState, Level, TaskState
from rsm.messaging import breaker, holds
from rsm.messaging.lifeline import Doubt
from rsm.messaging.model import Lane, MessageState
from rsm.messaging.tables import Message, Reconciliation
from rsm.metrics import check_rollups
from rsm.metrics.decide import first_id
from rsm.metrics.model import PRESSING, Move, Snapshot
from rsm.schedules.tables import Occurrence
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.rota import service as duty_rosters
from rsm.tasks.model import TaskKind
from rsm.tasks.tables import Task

RECENT = timedelta(days=7)
# One series as it is built up: label values → value.
Labelled = dict[tuple[str, ...], float]
_STAGES = {"acknowledged": Alert.acknowledged_at, "closed": Alert.closed_at}
_QUANTILES = (0.5, 0.9)


def read(tx: Tx) -> Snapshot:
    """All gauges as they stand; test patients are left out."""
    labels = site_labels(sites.names(tx))
    oldest = _oldest_unacknowledged(tx)
    return Snapshot(
        alerts=_alerts(tx, labels),
        alert_seconds=_alert_seconds(tx, labels),
        alerts_open=_alerts_open(tx, labels),
        unacknowledged={
            (label, level.value): _seconds(tx.now, oldest.get((site, level)))
            for site, label in labels.items()
            for level in Level
        },
        escalations=_escalations(tx, labels),
        messages=_messages(tx, labels),
        nobody_on_duty={
            (label,): _nobody(tx, site, any((site, level) in oldest for level in PRESSING))
            for site, label in labels.items()
        },
        queue_age=_queue_age(tx),
        surveys=_surveys(tx, labels),
        sending_held=_sending_held(tx),
        texts_stopped=_texts_stopped(tx, labels),
        suppressed=_suppressed(tx, labels),
        expected_levels=_expected_levels(tx, labels),
        provider_list=_provider_list(tx),
        provider_list_read=_provider_list_read(tx),
        staffing=_staffing(tx, labels),
        rollups_wrong=_rollups_wrong(tx, labels),
        roster_gap_hours={(label,): rosters.gap_hours(tx, site) for site, label in labels.items()},
    )


def site_labels(names: Mapping[UUID, str]) -> dict[UUID, str]:
    """A short word for each site, from its name; two of the same name are told apart by id."""
    words = {site: _slug(name) for site, name in names.items()}
    taken = list(words.values())
    return {
        site: word if taken.count(word) == 1 else f"{word}-{site.hex[-6:]}"
        for site, word in words.items()
    }


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "site"


def _seconds(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _alerts(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    stages = {"opened": func.count()}
    stages |= {stage: func.count(column) for stage, column in _STAGES.items()}
    rows = tx.session.execute(
        select(Alert.site_id, Alert.level, *(what.label(name) for name, what in stages.items()))
        .where(Alert.id >= first_id(tx.now - RECENT), ~Alert.is_test)
        .group_by(Alert.site_id, Alert.level)
    ).all()
    return {
        (labels[row.site_id], row.level.value, stage): getattr(row, stage)
        for row in rows
        for stage in stages
    }


def _alert_seconds(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    """Median and P90 of what has come to that stage; no series where nothing has."""
    seconds: Labelled = {}
    for stage, column in _STAGES.items():
        took = extract("epoch", column - Alert.opened_at)
        rows = tx.session.execute(
            select(
                Alert.site_id,
                Alert.level,
                *(func.percentile_cont(share).within_group(took) for share in _QUANTILES),
            )
            .where(Alert.id >= first_id(tx.now - RECENT), ~Alert.is_test, column.is_not(None))
            .group_by(Alert.site_id, Alert.level)
        )
        for site, level, *values in rows:
            for share, value in zip(_QUANTILES, values, strict=True):
                seconds[labels[site], level.value, stage, str(share)] = float(value)
    return seconds


def _alerts_open(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    counts: Labelled = {(label, level.value): 0 for label in labels.values() for level in Level}
    rows = tx.session.execute(
        select(Alert.site_id, Alert.level, func.count())
        .where(Alert.state != AlertState.CLOSED, ~Alert.is_test)
        .group_by(Alert.site_id, Alert.level)
    )
    return counts | {(labels[site], level.value): count for site, level, count in rows}


def _oldest_unacknowledged(tx: Tx) -> dict[tuple[UUID, Level], datetime]:
    rows = tx.session.execute(
        select(Alert.site_id, Alert.level, func.min(Alert.opened_at))
        .where(Alert.state == AlertState.OPEN, ~Alert.is_test)
        .group_by(Alert.site_id, Alert.level)
    )
    return {(site, level): opened_at for site, level, opened_at in rows}


def _escalations(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    """Since Monday, UTC: a counter that begins anew each week, so that old ones are not read."""
    counts: Labelled = {(label, move.value): 0 for label in labels.values() for move in Move}
    kinds = [move.value for move in Move]
    midnight = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=tx.now.weekday())
    rows = tx.session.execute(
        select(AlertEvent.site_id, AlertEvent.kind, func.count())
        .where(AlertEvent.id >= first_id(monday), AlertEvent.kind.in_(kinds))
        .group_by(AlertEvent.site_id, AlertEvent.kind)
    )
    return counts | {(labels[site], kind.value): count for site, kind, count in rows}


def _messages(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    rows = tx.session.execute(
        select(Message.site_id, Message.channel, Message.state, func.count())
        .where(Message.created_at >= tx.now - RECENT, ~Message.is_test)
        .group_by(Message.site_id, Message.channel, Message.state)
    )
    return {(labels[site], way.value, state.value): count for site, way, state, count in rows}


def _surveys(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    rows = tx.session.execute(
        select(Occurrence.site_id, Occurrence.state, func.count())
        .where(Occurrence.opens_at >= tx.now - RECENT, ~Occurrence.is_test)
        .group_by(Occurrence.site_id, Occurrence.state)
    )
    return {(labels[site], state.value): count for site, state, count in rows}


def _queue_age(tx: Tx) -> Labelled:
    rows = tx.session.execute(
        select(Message.lane, func.min(Message.next_at))
        .where(Message.state == MessageState.QUEUED, Message.next_at <= tx.now)
        .group_by(Message.lane)
    )
    oldest: dict[Lane, datetime | None] = {row[0]: row[1] for row in rows}
    return {(lane.value,): _seconds(tx.now, oldest.get(lane)) for lane in Lane}


def _sending_held(tx: Tx) -> Labelled:
    held: Labelled = {(why.value,): 0 for why in Doubt}
    for hold in holds.all_standing(tx):
        held[str(hold.findings["why"]),] = max(1.0, _seconds(tx.now, hold.since))
    return held


def _texts_stopped(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    stopped = breaker.stopped_now(tx)
    return {(label,): stopped.get(site, 0) for site, label in labels.items()}


def _suppressed(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    counts: Labelled = {(label, why.value): 0 for label in labels.values() for why in QuietReason}
    told = exists().where(  # a worse value of a report beside its own alert
        Alert.id == SuppressedFinding.alert_id,
        Alert.occurrence_id == SuppressedFinding.occurrence_id,
    )
    rows = tx.session.execute(
        select(SuppressedFinding.site_id, SuppressedFinding.reason, func.count())
        .where(SuppressedFinding.id >= first_id(tx.now - RECENT), ~SuppressedFinding.is_test, ~told)
        .group_by(SuppressedFinding.site_id, SuppressedFinding.reason)
    )
    return counts | {(labels[site], why.value): count for site, why, count in rows}


def _expected_levels(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    counts: Labelled = {(label,): 0 for label in labels.values()}
    rows = tx.session.execute(
        select(ExpectedLevel.site_id, func.count())
        .where(ExpectedLevel.ended_at.is_(None), ExpectedLevel.until > tx.now)
        .group_by(ExpectedLevel.site_id)
    )
    return counts | {(labels[site],): count for site, count in rows}


def _staffing(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    kinds = (TaskKind.ROSTER_GAP, TaskKind.NOT_READY)
    counts: Labelled = {(label, kind.value): 0 for label in labels.values() for kind in kinds}
    rows = tx.session.execute(
        select(Task.site_id, Task.kind, func.count())
        .where(Task.state == TaskState.OPEN, Task.kind.in_(kinds), ~Task.is_test)
        .group_by(Task.site_id, Task.kind)
    )
    return counts | {(labels[site], kind.value): count for site, kind, count in rows}


def _rollups_wrong(tx: Tx, labels: Mapping[UUID, str]) -> Labelled:
    wrong = check_rollups.wrong_now(tx)
    return {(label,): wrong[site] for site, label in labels.items() if site in wrong}


def _provider_list(tx: Tx) -> Labelled:
    last = _last_reading(tx)
    if last is None:
        return {}
    return {(name,): getattr(last, name) for name in ("listed", "unknown", "missing", "recovered")}


def _provider_list_read(tx: Tx) -> Labelled:
    last = _last_reading(tx)
    return {(): last.done_at.timestamp()} if last is not None else {}


def _last_reading(tx: Tx) -> Reconciliation | None:
    query = select(Reconciliation).where(Reconciliation.kind == "daily")
    return tx.session.scalar(query.order_by(Reconciliation.done_at.desc()).limit(1))


def _nobody(tx: Tx, site_id: UUID, pressing: bool) -> int:
    """Nobody on duty, in service hours or while an urgent alert waits. Closed hours do not nag."""
    if sites.on_duty(tx, site_id, None, tx.now):
        return 0
    return int(pressing or in_service(sites.get(tx, site_id), tx.now))


def in_service(site: SiteView, now: datetime) -> bool:
    """Whether the site has declared to be at work at this instant: never on a day it is closed."""
    closed, zone = duty_rosters.closed_days(site, now, now), zone_named(site.zone)
    return bool(site.service_hours) and ServiceTime(site.service_hours, closed, zone).is_open(now)
