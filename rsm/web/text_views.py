"""What the pages of a site's wordings show: the list, the editor, the preview."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from rsm.flow.text_trial import may_try
from rsm.kernel.errors import Problem
from rsm.kernel.phones import spoken
from rsm.kernel.words import Audience, Channel
from rsm.messaging import site_texts, texts
from rsm.messaging.advice import PAGED, audience_of, is_advice, symptom_of
from rsm.messaging.mail import mails, purpose_named
from rsm.messaging.model import SiteTextView, TextKey, TextState
from rsm.messaging.wording import (
    Cost,
    channels_of,
    check_wording,
    cost_of,
    known_of,
    library_wording,
    preview,
    purposes,
    said_of,
)
from rsm.messaging.wording_rules import rules
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web import advice_texts
from rsm.web.advice_texts import CHANNELS, languages_of
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.pages import counted
from rsm.web.patient_words import language_name
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, PostButton
from rsm.web.views.demo import TextPiece, link_pieces
from rsm.web.views.site_texts import (
    CheckedText,
    FieldLine,
    Paragraph,
    TextCell,
    TextEditView,
    TextGroup,
    TextRow,
    TextsView,
    TextValues,
    VersionLine,
)
from rsm.web.when import local_date

# As long as real ones are; nothing opens at them.
_EXAMPLE_TOKEN = "exampleonlyitopensnothing2345abc"  # noqa: S105 - opens nothing
_EXAMPLE_ALERT = UUID("0193f000-0000-7000-8000-000000000000")
_COSTS = {
    Channel.EMAIL: "Sent as plain text and as HTML; how to end the e-mails stands below each",
    Channel.WEB: "Shown on the patient's page, each line a sentence of its own",
    Channel.VOICE: "Spoken, each line a sentence of its own",
    Channel.STAFF: "Shown to staff who take the answers down",
}
_GROUPS = ((Audience.PATIENT, "To patients"), (Audience.STAFF, "To staff"))
_STATES = {TextState.DRAFT: "draft", TextState.PUBLISHED: "sent now", TextState.RETIRED: "retired"}


def texts_url(site_id: UUID) -> str:
    return f"/sites/{site_id}/texts"


def text_url(site_id: UUID, key: TextKey) -> str:
    """Where one text is edited."""
    return f"{texts_url(site_id)}/{key.purpose}/{key.language}/{key.channel}"


def example_link(purpose: str, base: str) -> str:
    """An address as long as a real one, that opens nothing."""
    if audience_of(purpose) is Audience.PATIENT:
        return f"{base}/s/{_EXAMPLE_TOKEN}"
    return f"{base}/alerts/{_EXAMPLE_ALERT}"


def values_of(site: SiteView, purpose: str, base: str) -> dict[str, str]:
    """What the site's own fields hold, and an example of a link."""
    return {
        "sender_name": site.sender_name,
        "site_name": site.name,
        "help_phone": spoken(site.clinic_phone),
        "emergency_number": site.emergency_number,
        "link": example_link(purpose, base),
    }


# --- the list -------------------------------------------------------------------------------------


def texts_view(desk: Desk) -> TextsView:
    """Every purpose by every channel and language, with whose wording is sent."""
    site = sites.get(desk.tx, desk.staff.site_id)
    own = site_texts.all_published(desk.tx, site.id)
    drafts = site_texts.all_drafts(desk.tx, site.id)
    languages = languages_of(site, Channel.SMS)
    unknown = [language_name(each) for each in site.languages if each not in languages]

    def cell(key: TextKey) -> TextCell:
        values = values_of(site, key.purpose, desk.services.public_url)
        return _cell(site, key, own.get(key), draft=key in drafts, values=values)

    groups = tuple(
        TextGroup(heading, tuple(_rows(site, audience, cell))) for audience, heading in _GROUPS
    )
    whose = f"{counted(len(own), 'text is', 'texts are')} in your own words; all others are ours"
    return TextsView(
        frame=staff_frame(desk, f"/sites/{site.id}"),
        links=settings_links(site.id, "texts"),
        heading=whose if own else "All texts are in our words; none is in your own yet",
        languages=tuple(language_name(each) for each in languages),
        groups=(*groups, *advice_texts.groups(desk.tx, site, cell)),
        note=f"Patients who read {', '.join(unknown)} get English: we have no texts in it."
        if unknown
        else "",
    )


def _rows(site: SiteView, audience: Audience, cell: advice_texts.CellOf) -> Iterable[TextRow]:
    for purpose in purposes():
        if is_advice(purpose) or texts.purpose_named(purpose).audience is not audience:
            continue
        for channel in channels_of(purpose):
            languages = languages_of(site, channel)
            cells = tuple(cell(TextKey(purpose, each, channel)) for each in languages)
            yield TextRow(rules().purposes[purpose], CHANNELS[channel], cells)


def _cell(
    site: SiteView,
    key: TextKey,
    own: SiteTextView | None,
    *,
    draft: bool,
    values: Mapping[str, str],
) -> TextCell:
    library = library_wording(key.purpose, key.language, key.channel)[1]
    cost = cost_of(preview(own.body if own else library, values))
    notes = [counted(cost.parts, "segment")] if key.channel is Channel.SMS else []
    reviewer = own.reviewer if own else _our_reviewer(key)
    return TextCell(
        url=text_url(site.id, key),
        language=language_name(key.language),
        state=f"Yours, version {own.version}" if own else "Ours" if reviewer else "None yet",
        note=", ".join([*notes, *([f"read by {reviewer}"] if reviewer else [])]),
        own=own is not None,
        draft=draft,
    )


def _our_reviewer(key: TextKey) -> str:
    if key.channel in PAGED:
        return advice_texts.reviewer_of(key)
    return texts.library().languages[key.language].reviewed_by


# --- the editor -----------------------------------------------------------------------------------


def editor_view(
    desk: Desk,
    key: TextKey,
    values: TextValues,
    problems: tuple[Problem, ...] = (),
    flash: str = "",
) -> TextEditView:
    """The editor with what was typed."""
    site = sites.get(desk.tx, desk.staff.site_id)
    own = site_texts.published(desk.tx, site.id, key)
    name = advice_texts.title(desk.tx, site, key.purpose)
    how = f"{CHANNELS[key.channel]} in {language_name(key.language)}"
    return TextEditView(
        frame=staff_frame(desk, f"/sites/{site.id}", flash=flash),
        links=settings_links(site.id, "texts"),
        back_url=texts_url(site.id),
        heading=f"{name}: {how}",
        now_sent=_now_sent(site, key, own),
        action=text_url(site.id, key),
        language=key.language,
        values=values,
        fields=_fields(desk, site, key),
        checked=checked(desk, key, values),
        ours=library_wording(key.purpose, key.language, key.channel),
        versions=_versions(desk, key),
        people=_people(desk, key.channel),
        problems=problems,
    )


def _now_sent(site: SiteView, key: TextKey, own: SiteTextView | None) -> str:
    said = "said" if key.channel in PAGED else "sent"
    if own is not None and own.published_at is not None:
        since = local_date(own.published_at, site.zone)
        return f"Your version {own.version} is {said} since {since}, read by {own.reviewer}."
    if symptom_of(key.purpose) is not None:
        return "Nothing is said about it now."
    if key.channel is Channel.WEB:
        return "The advice of your rule pack is said now; where it has none, our own."
    return f"Our own wording is {said} now."


def _fields(desk: Desk, site: SiteView, key: TextKey) -> tuple[FieldLine, ...]:
    known = known_of(key.purpose, key.language, key.channel)
    values = values_of(site, key.purpose, desk.services.public_url)
    return tuple(
        FieldLine(name, one.says, values.get(name, one.sample), name in known.required)
        for name, one in rules().fields.items()
        if name in known.allowed
    )


def checked(desk: Desk, key: TextKey, values: TextValues) -> CheckedText:
    """The wording as the reader would see it, what it costs, and what is wrong with it."""
    site = sites.get(desk.tx, desk.staff.site_id)
    known = values_of(site, key.purpose, desk.services.public_url)
    is_mail = key.channel is Channel.EMAIL
    body = values.body.replace("\r\n", "\n").strip()
    problems = check_wording(key.purpose, key.language, key.channel, body, values.subject)
    cost = cost_of(preview(body, known))
    is_text = key.channel is Channel.SMS
    counted_so = f"{cost.characters} characters, {_cost_words(key, cost)}" if is_text else ""
    return CheckedText(
        paragraphs=tuple(_mail(key, body, known) if is_mail else _text(body, known)),
        cost=counted_so or _COSTS[key.channel],
        dear=said_of(cost) if cost.odd and is_text else "",
        subject=preview(values.subject, known) if is_mail else "",
        is_mail=is_mail,
        tried=key.channel not in PAGED,
        problems=tuple(problems),
    )


def _cost_words(key: TextKey, cost: Cost) -> str:
    most = texts.purpose_named(key.purpose).max_segments
    return f"{counted(cost.parts, 'segment')} of {most} with these values"


def _text(body: str, values: Mapping[str, str]) -> Iterable[Paragraph]:
    for line in filter(None, map(str.strip, body.splitlines())) if body else ("",):
        yield Paragraph(link_pieces(preview(line, values)))


def _mail(key: TextKey, body: str, values: Mapping[str, str]) -> Iterable[Paragraph]:
    """A paragraph that is nothing but the link is a button, and the address below it."""
    around, audience = mails().languages[key.language], purpose_named(key.purpose).audience
    label = around.open_survey if audience is Audience.PATIENT else around.open_staff
    for part in body.split("\n\n"):
        words = " ".join(part.split())
        if words == "{link}":
            yield Paragraph((TextPiece(label),), button=True)
        if words:
            yield Paragraph(link_pieces(preview(words, values)))


def _versions(desk: Desk, key: TextKey) -> tuple[VersionLine, ...]:
    history = site_texts.history(desk.tx, desk.staff.site_id, key)
    authors = staff.many(desk.tx, {each.author for each in history if each.author})
    return tuple(
        VersionLine(
            version=each.version,
            state=_STATES[each.state],
            author=authors[each.author].name if each.author in authors else "",
            reviewer=each.reviewer or "",
            at=each.published_at or each.created_at,
            subject=each.subject,
            body=each.body,
            retire=_retire(each),
        )
        for each in history
    )


def _retire(text: SiteTextView) -> PostButton | None:
    if text.state is TextState.RETIRED:
        return None
    label = "Discard the draft" if text.state is TextState.DRAFT else "Send ours again"
    return PostButton(label, f"{text_url(text.site_id, text.key)}/{text.id}/retire")


def _people(desk: Desk, channel: Channel) -> tuple[Choice, ...]:
    """Who may try it: whoever works here and can be reached, first she who asks."""
    if channel in PAGED:
        return ()
    people = staff.many(desk.tx, staff.at_site(desk.tx, desk.staff.site_id))
    able = [one for one in people.values() if may_try(one, channel)]
    able.sort(key=lambda one: (one.id != desk.staff.staff_id, one.name))
    return tuple(Choice(str(one.id), one.name) for one in able)
