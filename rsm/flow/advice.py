"""What somebody is told at once, through whichever door she answers: the site's words, else ours.

Reading it never fails: whoever is told to call has answered severely, and must not be told nothing
since a text is broken (P6).
"""

import logging
from collections.abc import Mapping

from rsm.alerts import service as alerts
from rsm.alerts.decide import advice_for
from rsm.db.work import Tx
from rsm.kernel.phones import spoken
from rsm.kernel.words import Channel, Level
from rsm.messaging import advice, site_texts
from rsm.messaging.model import TextKey
from rsm.sites.model import SiteView

_LOG = logging.getLogger(__name__)


def for_level(
    tx: Tx, site: SiteView, level: Level | None, language: str, channel: Channel
) -> tuple[str, ...]:
    """Sentences to say now, filled in; none below `soon`.

    `web`: for the page, `voice`: to be spoken, `staff`: what whoever takes the answers down says
    and does, `sms`: one text of the numbers to call that names no symptom. The site's published
    words come first; on the web the rule pack's, reviewed with it, then; else ours. In `language`,
    else in English.
    """
    if level not in advice.LEVELS:
        return ()
    purpose = advice.purpose_of(level)
    try:
        with tx.savepoint():
            text = _own(tx, site, purpose, language, channel)
            if text is None and channel is Channel.WEB:
                text = _of_pack(tx, site, level, language)
            text = text or advice.ours(purpose, language, channel)
            return advice.sentences(text, values_of(site))
    except Exception as error:  # noqa: BLE001  # the answer is stored: our own words are said
        _LOG.error("%s", type(error).__name__, extra={"action": "advice.failed"})
        return advice.sentences(advice.ours(purpose, language, channel), values_of(site))


def own_for_level(
    tx: Tx, site: SiteView, level: Level | None, language: str, channel: Channel
) -> tuple[str, ...]:
    """The site's own words for this level, if it has published any."""
    if level not in advice.LEVELS:
        return ()
    text = _own(tx, site, advice.purpose_of(level), language, channel)
    return advice.sentences(text, values_of(site)) if text else ()


def about_symptoms(tx: Tx, site: SiteView, language: str) -> dict[str, tuple[str, ...]]:
    """What the site has published about symptoms, by symptom: of the rest nothing is said.

    Only in the language of the page: a page is never in two languages.
    """
    found = {}
    for key, own in site_texts.all_published(tx, site.id).items():
        symptom = advice.symptom_of(key.purpose)
        if symptom is not None and (key.language, key.channel) == (language, Channel.WEB):
            found[symptom] = advice.sentences(own.body, values_of(site))
    return found


def values_of(site: SiteView) -> dict[str, str]:
    """What the fields of an advice are filled with."""
    return {
        "sender_name": site.sender_name,
        "help_phone": spoken(site.clinic_phone),
        "emergency_number": site.emergency_number,
    }


def _own(tx: Tx, site: SiteView, purpose: str, language: str, channel: Channel) -> str | None:
    key = TextKey(purpose, advice.language_of(language, channel), channel)
    own = site_texts.published(tx, site.id, key)
    return own.body if own is not None else None


def _of_pack(tx: Tx, site: SiteView, level: Level, language: str) -> str | None:
    text = advice_for(alerts.load(tx, site.rule_pack), level, language)
    return _as_ours(text, values_of(site)) if text else None


def _as_ours(text: str, values: Mapping[str, str]) -> str:
    """A pack calls the clinic's number `clinic_phone`."""
    same = {name: f"{{{name}}}" for name in values}
    return text.format_map({**same, "clinic_phone": "{help_phone}"})
