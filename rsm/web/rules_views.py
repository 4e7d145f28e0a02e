"""What the page of a site's rules shows: each rule in force, in the reader's language."""

from types import SimpleNamespace
from uuid import UUID

from rsm.alerts.model import QuietReason
from rsm.flow.tuning import Tuned
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Share
from rsm.metrics.tuning import ENOUGH, Review, RuleTuning
from rsm.web.manager_period import PERIODS
from rsm.web.pages import plural
from rsm.web.rules_explained import explained_url
from rsm.web.settings_links import settings_links
from rsm.web.staff_words import section, word
from rsm.web.views.common import Choice, FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site_rules import RuleLine, RulesView
from rsm.web.when import local_date, short_date

_TO_LOOK_AT = frozenset({Review.NOT_ACTIONABLE, Review.REPEATS, Review.SILENT})
Where = tuple[UUID, int, bool]  # the site, the weeks that are shown, whether she manages it


def rules_view(
    frame: StaffFrame, found: Tuned, period: Period, language: str, where: Where
) -> RulesView:
    """The tuning table; the form is added by `RulesView.with_form`."""
    words = section("rules", language)
    site_id, weeks, manages = where
    address = f"/sites/{site_id}/rules"
    return RulesView(
        frame=frame,
        lang=language,
        links=settings_links(site_id, "rules") if manages else (),
        heading=_heading(found, words),
        lead=words.lead.format(
            title=found.pack.title,
            version=found.pack.version,
            count=found.surveys,
            first=local_date(period.since, frame.zone, language, year=True),
            last=local_date(period.until, frame.zone, language, year=True),
        ),
        explain=Link(words.explain, explained_url(site_id)),
        periods=tuple(
            FilterLink(words.weeks.format(count=n), f"{address}?weeks={n}", current=n == weeks)
            for n in PERIODS
        ),
        rules=tuple(
            _line(one, frame.zone, language, explained_url(site_id, rule=one.rule.id))
            for one in found.rules
        ),
        enough=ENOUGH,
        weeks=tuple(Choice(str(n), words.weeks.format(count=n)) for n in PERIODS),
        more=(
            Link(word("changes", "page", language), f"{address}/changes"),
            Link(word("releases", "link", language), f"{address}/releases"),
        ),
    )


def _heading(found: Tuned, words: SimpleNamespace) -> str:
    if not found.surveys:
        return str(words.heading_none)
    marked = sum(one.review in _TO_LOOK_AT for one in found.rules)
    return str(plural(words, "heading_review", marked)) if marked else str(words.heading_fine)


def _line(one: RuleTuning, zone: str, language: str, url: str) -> RuleLine:
    words = section("rules", language)
    last = one.last_at
    return RuleLine(
        id=one.rule.id,
        title=one.rule.title,
        url=url,
        level=one.rule.level,
        fired=one.fired,
        acted=one.acted,
        waiting=one.waiting,
        share=percent(one.not_actionable),
        share_of=_of(one.not_actionable, words),
        repeats=one.repeats,
        held=_held(one, words),
        last=words.never if last is None else short_date(last, zone, language),
        review=str(getattr(words, f"review_{one.review}")),
        warn=one.review in _TO_LOOK_AT,
    )


def _held(one: RuleTuning, words: SimpleNamespace) -> str:
    """`3 expected, 2 in the digest`; what was added to an open alert was told to its owner."""
    said = [
        str(getattr(words, f"held_{why}")).format(count=one.held[why])
        for why in QuietReason
        if why is not QuietReason.ALREADY_OPEN and one.held.get(why)
    ]
    return ", ".join(said) or "0"


def percent(share: Share) -> str:
    """`72 %`, or a dash when there is nothing to divide by."""
    return "\N{EN DASH}" if share.value is None else f"{round(100 * share.value)} %"


def _of(share: Share, words: SimpleNamespace) -> str:
    if not share.whole:
        return ""
    low, high = round(100 * share.low), round(100 * share.high)
    return str(words.share_of).format(part=share.part, whole=share.whole, low=low, high=high)
