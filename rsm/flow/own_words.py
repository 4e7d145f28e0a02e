"""A patient's own words beside her answers: read by a person, at once when they are alarming.

Words never wait behind answers that were all well (P6): without an alert of this report they make
one of their own, for information; with a word that the pack calls alarming, an urgent one, unless
a rule of the pack about such words was met, and has told somebody.
"""

from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.alerts.model import Change, Opening
from rsm.db.work import Tx
from rsm.flow import judge
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
            if level is not Level.INFO or not (judged.told or judged.review):
                _open(tx, response, level, reason)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person looks (P6)
        judge.review(tx, response, error)


def _open(tx: Tx, response: ResponseView, level: Level, reason: str) -> None:
    opening = Opening(
        business_key=f"words:{response.id}",
        site_id=response.site_id,
        kind=AlertKind.TEXT,
        level=level,
        reason=reason,
        is_test=response.is_test,
        patient_id=response.patient_id,
        response_id=response.id,
    )
    opened = alerts.open_alert(tx, opening)
    if opened.change is Change.OPENED:
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
