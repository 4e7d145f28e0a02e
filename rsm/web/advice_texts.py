"""What is said at once, among the site's own wordings: by level and door, and about one symptom.

Of a symptom only the site has words: those in which its survey asks are offered.
"""

from collections.abc import Callable, Iterable, Mapping

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.kernel.words import Channel
from rsm.messaging import advice
from rsm.messaging.model import TextKey
from rsm.messaging.wording import channels_of, purposes
from rsm.messaging.wording_rules import rules
from rsm.sites.model import SiteView
from rsm.web.patient_words import language_name
from rsm.web.views.site_texts import TextCell, TextGroup, TextRow

CHANNELS: Mapping[Channel, str] = {
    Channel.SMS: "text message",
    Channel.EMAIL: "e-mail",
    Channel.WEB: "on the page",
    Channel.VOICE: "in a call",
    Channel.STAFF: "for staff who take the answers down",
}
CellOf = Callable[[TextKey], TextCell]

_AT_ONCE = "Said at once, when answers are severe"
_SYMPTOMS = "Advice about one symptom, shown to whoever reports it"
_NOT_WORDED = "not in this language"


def is_known(tx: Tx, site: SiteView, purpose: str) -> bool:
    """Whether the site may word this: a text of ours, or about a symptom that its survey has."""
    symptom = advice.symptom_of(purpose)
    return purpose in purposes() if symptom is None else symptom in _symptoms(tx, site)


def title(tx: Tx, site: SiteView, purpose: str) -> str:
    """How a text is called in lists: by what it is for."""
    symptom = advice.symptom_of(purpose)
    if symptom is None:
        return rules().purposes[purpose]
    return f"Advice about {_symptoms(tx, site)[symptom]}"


def languages_of(site: SiteView, channel: Channel) -> tuple[str, ...]:
    """Languages in which the site may word texts of this channel: those it asks in and we have."""
    return tuple(each for each in site.languages if each in advice.worded_in(channel))


def groups(tx: Tx, site: SiteView, cell: CellOf) -> tuple[TextGroup, ...]:
    """The two tables of the list; `cell` shows one text in one language."""
    columns = languages_of(site, Channel.WEB)
    told = tuple(language_name(each) for each in columns)
    by_level = [(rules().purposes[each], each) for each in purposes() if advice.is_advice(each)]
    symptoms = [(name, advice.of_symptom(key)) for key, name in _symptoms(tx, site).items()]
    made = (
        TextGroup(_AT_ONCE, tuple(_rows(by_level, columns, cell)), told),
        TextGroup(_SYMPTOMS, tuple(_rows(symptoms, columns, cell)), told),
    )
    return tuple(each for each in made if each.rows)


def _rows(
    named: Iterable[tuple[str, str]], columns: Iterable[str], cell: CellOf
) -> Iterable[TextRow]:
    for name, purpose in named:
        for channel in channels_of(purpose):
            keys = [TextKey(purpose, each, channel) for each in columns]
            yield TextRow(name, CHANNELS[channel], tuple(_shown(key, cell) for key in keys))


def _shown(key: TextKey, cell: CellOf) -> TextCell:
    if key.language in advice.worded_in(key.channel):
        return cell(key)
    return TextCell("", language_name(key.language), _NOT_WORDED, "")


def reviewer_of(key: TextKey) -> str:
    """Who has read our own words; nobody, where we have none."""
    if not advice.is_advice(key.purpose) or key.channel is Channel.SMS:
        return ""
    ours = advice.ours(key.purpose, key.language, key.channel)
    return advice.library().languages[key.language] if ours else ""


def _symptoms(tx: Tx, site: SiteView) -> dict[str, str]:
    """Those that the site's survey asks about: key → name."""
    asked = instruments.load(tx, site.instrument)
    used = {item.symptom for item in asked.items}
    return {
        each.key: each.name.get("en") or next(iter(each.name.values()), each.key)
        for each in asked.symptoms
        if each.key in used
    }
