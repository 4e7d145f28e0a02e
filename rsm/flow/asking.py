"""What is asked of whom, and by which way: a question that is a crisis when it is answered.

Such a question (`rsm.alerts.crisis`, PHQ-9's item 9) is asked of the patient herself, on a page or
by a person who can act at once: never of a relative, and never by text message. What somebody told
all the same is stored and judged, since a person must look at it (P6).
"""

from collections.abc import Collection

from rsm.alerts import service as alerts
from rsm.alerts.crisis import crisis_items
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.flow import voice_items
from rsm.instruments import service as instruments
from rsm.instruments.decide import without
from rsm.instruments.model import Instrument
from rsm.kernel.words import Reporter
from rsm.messaging import spoken
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites


def asked_of(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> Instrument:
    """The survey as it is asked of whoever answers it."""
    whole = instruments.load(tx, survey.instrument)
    if reporter is not Reporter.PROXY:
        return whole
    return without(whole, of_herself_only(tx, survey, whole))


def of_herself_only(tx: Tx, survey: OccurrenceView, instrument: Instrument) -> Collection[str]:
    """The codes that no relative is asked, by the rules of the survey's site."""
    site = sites.get(tx, survey.site_id)
    return crisis_items(alerts.load(tx, site.rule_pack), spec_of(instrument))


def may_be_asked_by_text(tx: Tx, survey: OccurrenceView) -> bool:
    """Whether its questions may be sent as text messages; else the link is sent, as ever.

    A conversation by text that left a question out would be another instrument: so it is all of
    the survey or nothing.
    """
    return not of_herself_only(tx, survey, instruments.load(tx, survey.instrument))


def by_keys(tx: Tx, survey: OccurrenceView) -> Instrument | None:
    """The survey as a machine asks it by phone; None where it must not, or keys cannot answer it.

    What keys cannot answer is left out only where it wants words and may be skipped. A question
    that is a crisis is for a person who can act at once.
    """
    whole = instruments.load(tx, survey.instrument)
    if of_herself_only(tx, survey, whole):
        return None
    if voice_items.need_more_than_keys(whole):
        return None
    left = without(whole, [item.code for item in whole.askable if not voice_items.can_ask(item)])
    return left if left.askable else None


def languages_of_calls(tx: Tx, survey: OccurrenceView, asked: Instrument) -> tuple[str, ...]:
    """The languages in which a machine can ask it, hers first: the site's, if both the survey and
    we ourselves have words in them."""
    known = spoken.languages() & set(asked.languages)
    offered = [code for code in sites.get(tx, survey.site_id).languages if code in known]
    return tuple(sorted(offered, key=lambda code: code != survey.language))
