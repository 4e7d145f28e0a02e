"""What is said by text about a survey that may be over: thanks, or at once whom to call.

Callers hold the patient's row.
"""

import logging
from datetime import timedelta

from rsm.db.work import Tx
from rsm.flow.judge import Judged
from rsm.kernel.words import Audience, Channel, Level, Reporter
from rsm.messaging import advice, conversations
from rsm.messaging import service as messaging
from rsm.messaging.incoming import ConversationStage
from rsm.messaging.model import Draft, Lane
from rsm.patients import service as patients
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_LOG = logging.getLogger(__name__)
_WORTH_SAYING = timedelta(hours=12)
_WORTH_WAITING = timedelta(days=3)  # for her hours, over a week-end too: late is no failure of it
SEVERE = frozenset({Level.EMERGENCY, Level.URGENT})


def say(tx: Tx, survey: OccurrenceView, which: str, purpose: str, lane: Lane = Lane.REPLY) -> None:
    """A text about a survey that may be over by now, once for each `which` (P2)."""
    worth = _WORTH_WAITING if lane is Lane.SURVEY else _WORTH_SAYING
    draft = Draft(
        business_key=f"survey:{survey.id}:{which}",
        lane=lane,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=purpose,
        language=survey.language,
        patient_id=survey.patient_id,
        not_after=tx.now + worth,
        is_test=survey.is_test,
    )
    messaging.enqueue(tx, draft)


def say_advice(
    tx: Tx, survey: OccurrenceView, which: str, level: Level, lane: Lane = Lane.REPLY
) -> None:
    """The numbers to call, at once and without a symptom's name; `lane`: where it can wait."""
    say(tx, survey, which, advice.purpose_of(level), Lane.EMERGENCY if level in SEVERE else lane)


def on_the_way(level: Level) -> str:
    """Which advice it is that is given before the report is sent: once for each level."""
    return "advice" if level is Level.EMERGENCY else f"advice:{level}"


def to_whoever_left(tx: Tx, response: ResponseView, judged: Judged) -> None:
    """She broke a survey by text off, and somebody is told of her answers: so she is told whom to
    call. Once; what was said of an emergency at its own answer is not said again.

    Not to whoever is not to be written to just now, and not while all is answered and only her own
    words are waited for: that ends at this very moment, and says it. A fault in it takes no judging
    with it (P3).
    """
    level = judged.level
    by_text = (response.channel, response.reporter) == (Channel.SMS, Reporter.SELF)
    if level is None or level not in advice.LEVELS or not by_text:
        return
    try:
        with tx.savepoint():
            survey = schedules.occurrence(tx, response.occurrence_id)
            if patients.peek(tx, response.patient_id).is_active and not _waits_for_words(
                tx, survey
            ):
                say_advice(tx, survey, on_the_way(level), level, Lane.SURVEY)
    except Exception as error:  # noqa: BLE001  # a nurse has been told
        _LOG.error("%s", type(error).__name__, extra={"action": "advice.failed"})


def _waits_for_words(tx: Tx, survey: OccurrenceView) -> bool:
    standing = conversations.open_about(tx, survey.id)
    return standing is not None and standing.stage is ConversationStage.WORDS
