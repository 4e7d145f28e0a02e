"""A patient's own words beside her answers: read by a person, at once when they are alarming.

Words never wait behind answers that were all well (P6): without an alert of this report they make
one of their own, for information; with a word that the pack calls alarming, an urgent one, unless
a rule of the pack about such words was met, and has told somebody. A draft may be read and closed
before she goes on: what she writes then opens the alert again.
"""

from dataclasses import dataclass
from datetime import datetime

from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.alerts.model import Change, Opening
from rsm.db.work import Tx
from rsm.flow import judge
from rsm.flow import tell as telling
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.sites import service as sites

_PLEASE_READ = "In the patient's own words: please read them."


def judge_words(tx: Tx, response: ResponseView, judged: judge.Judged) -> None:
    """Open an alert for the words of this report, unless one that shows them is open already."""
    if not response.has_words:
        return
    try:
        with tx.savepoint():
            level, reason = _level(tx, response, judged)
            wrote_at = responses.wrote_at(tx, response)
            if level is not Level.INFO or not _is_read(tx, response, judged, wrote_at):
                _open(tx, response, Found(level, reason, wrote_at))
    except Exception as error:  # noqa: BLE001 - whatever it is, a person looks (P6)
        judge.review(tx, response, error)


@dataclass(frozen=True)
class Found:
    """How soon somebody must read, why, and when something was written last."""

    level: Level
    reason: str
    wrote_at: datetime


def _is_read(tx: Tx, response: ResponseView, judged: judge.Judged, wrote_at: datetime) -> bool:
    """Whether an alert of this very report, its review among them, shows the words: it is open, or
    was closed after they were written."""
    shown = [alerts.get(tx, judged.alert_id)] if judged.told and judged.alert_id else []
    if judged.review and (review := telling.review_of(tx, response)) is not None:
        shown.append(review)
    return any(each.closed_at is None or each.closed_at >= wrote_at for each in shown)


def _open(tx: Tx, response: ResponseView, found: Found) -> None:
    opening = Opening(
        business_key=f"words:{response.id}",
        site_id=response.site_id,
        kind=AlertKind.TEXT,
        level=found.level,
        reason=found.reason,
        is_test=response.is_test,
        patient_id=response.patient_id,
        response_id=response.id,
        changed_at=found.wrote_at,
    )
    opened = alerts.open_alert(tx, opening)
    if opened.change in {Change.OPENED, Change.WORSENED}:
        judge.tell(tx, opened, patients.peek(tx, response.patient_id))


def _level(tx: Tx, response: ResponseView, judged: judge.Judged) -> tuple[Level, str]:
    """How soon, and why in a sentence of ours: never the words themselves.

    Where a rule of the pack was met by the words, it has decided how soon.
    """
    if judged.words:
        return Level.INFO, _PLEASE_READ
    pack = alerts.load(tx, sites.get(tx, response.site_id).rule_pack)
    text = responses.words(tx, response.id)
    if red_flag(pack, text, response.language) is not None:
        return Level.URGENT, "In the patient's own words, with one that the rules call alarming."
    return Level.INFO, _PLEASE_READ
