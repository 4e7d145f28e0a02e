"""`rsm doctor`: one line for each thing that must be right before patients are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from uuid import UUID

from rsm.bootstrap import House
from rsm.bootstrap.adapters import try_mail
from rsm.db.work import NOWHERE, Scope, Tx
from rsm.flow import publish, shadow
from rsm.improvement import service as improvement
from rsm.improvement.live_model import Stage
from rsm.kernel.errors import Invalid, SendError
from rsm.kernel.localtime import zone_names
from rsm.kernel.phones import spoken, takes_texts
from rsm.kernel.words import Audience, Channel
from rsm.messaging import holds
from rsm.security import staff
from rsm.settings import PREFIX, Settings
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.rota import service as rosters

_LOOK_AHEAD = timedelta(days=7)
_STEP = timedelta(hours=1)
_NAMED = 3  # problems of one kind that are written out
_WHO = {Audience.PATIENT: "patients", Audience.STAFF: "staff"}


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and what to do if not."""

    what: str
    is_well: bool
    mend: str = ""


def findings(house: House) -> list[Finding]:
    """All findings; nothing is changed and nothing is sent."""
    found = [*of_settings(house.settings), mail_server(house.settings), _zone_data(), _pdf()]
    with house.web.begin(NOWHERE) as tx:
        found.append(Finding("database answers, migrated", True))
        found.append(sending(tx))
        site_ids = sites.ids(tx)
    if not site_ids:
        found.append(Finding("at least one site", False, "rsm admin create --site …"))
    for site_id in site_ids:
        with house.web.begin(Scope.site(site_id)) as tx:
            found.extend(_site(tx, site_id))
            found.extend(_by_mail(tx, site_id, has_server=house.settings.smtp_url is not None))
    return found


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What can be said of the settings alone."""
    yield Finding(
        f"public address {settings.public_url}: links and webhook signatures begin with it",
        settings.public_url.startswith("https://") or settings.sms_provider == "sandbox",
        "set RSM_PUBLIC_URL to the https address that patients and the provider reach",
    )
    has_account = bool(settings.twilio_account_sid and settings.twilio_auth_token)
    yield Finding(
        f"sender: {settings.sms_provider} at {settings.twilio_api_url}",
        has_account,
        "set RSM_TWILIO_ACCOUNT_SID and RSM_TWILIO_AUTH_TOKEN",
    )
    yield Finding(
        "dead-man's switch outside",
        settings.heartbeat_url is not None,
        "set RSM_HEARTBEAT_URL: without it nobody outside notices that we stopped",
    )

    for name in ("twilio_from", "twilio_messaging_service_sid"):
        if getattr(settings, name) is not None:
            yield Finding(
                f"{PREFIX}{name.upper()} is set and has no effect yet",
                False,
                "take it away, and name the numbers on each site's settings page",
            )


def mail_server(settings: Settings) -> Finding:
    """Whether the mail server takes our call: greeting, TLS, log-in; no mail is sent."""
    if settings.smtp_url is None:
        return Finding("e-mail: not set up; texts go out, and nothing else", True)
    try:
        return Finding(f"e-mail: {try_mail(settings)}", True)
    except (Invalid, SendError) as error:
        return Finding("e-mail: the mail server takes our call", False, str(error))


def sending(tx: Tx) -> Finding:
    """Whether anything may go out: after a restore the provider's record is read first."""
    held = [hold.findings["why"] for hold in holds.all_standing(tx)]
    what = f"sending is held: {held[0]}" if held else "sending is free"
    return Finding(what, not held, "see `rsm holds list`; it frees itself once all is read")


def _zone_data() -> Finding:
    try:
        name = f"zone data {version('tzdata')}, {len(zone_names())} zones"
    except PackageNotFoundError:
        return Finding("zone data", False, "pip install tzdata")
    return Finding(name, len(zone_names()) > 400, "update the package tzdata")


def _pdf() -> Finding:
    """Reports leave as PDF where Pango's libraries are; as web pages everywhere."""
    from rsm.web import pdf

    lacking = pdf.missing()
    return Finding("reports can be made as PDF", not lacking, lacking)


def _site(tx: Tx, site_id: UUID) -> Iterator[Finding]:
    site = sites.get(tx, site_id)
    yield _live(tx, site)
    for audience in Audience:
        yield Finding(
            f"{site.name}: texts to {_WHO[audience]} have a sender of their own",
            sites.sender(tx, site_id, audience, Channel.SMS) is not None,
            "give the site a number on its settings page",
        )
    gaps = _hours_without_duty(tx, site)
    yield Finding(
        f"{site.name}: somebody is on duty in every hour of the coming week",
        gaps == 0,
        f"{gaps} hours have nobody: alerts would go to the safety contact at once",
    )
    yield from _reachable(tx, site)
    yield from _by_call(tx, site)
    yield from _rules(tx, site)


def _live(tx: Tx, site: SiteView) -> Finding:
    """A site that nobody has signed for sends to test patients and verified staff only."""
    stage = improvement.stage(tx, site.id)
    said = {Stage.LIVE: "is live", Stage.TRIAL: "is on trial, and not live"}
    what = f"{site.name}: {said.get(stage, 'is not live: nothing is sent to its patients')}"
    mend = f"a clinician signs on /sites/{site.id}/go-live once its checklist holds"
    return Finding(what, site.is_live, mend)


def _rules(tx: Tx, site: SiteView) -> Iterator[Finding]:
    flaws = publish.readiness(tx, site.id)
    fit = f"{site.name}: rules, escalation policy and people fit together"
    yield Finding(fit, not flaws, "; ".join(str(each) for each in flaws[:_NAMED]))
    for since in shadow.long_in_shadow(tx, site.id):
        weeks = (tx.now - since).days // 7
        what = f"{site.name}: a rule pack has run in shadow for {weeks} weeks"
        yield Finding(what, False, "let a second person decide, or withdraw it")


def _by_mail(tx: Tx, site_id: UUID, *, has_server: bool) -> Iterator[Finding]:
    """Addresses and mail server go together; without either a site writes no e-mail."""
    name = sites.get(tx, site_id).name
    for audience in Audience:
        address = sites.sender(tx, site_id, audience, Channel.EMAIL)
        if address is not None:
            yield Finding(
                f"{name}: e-mails to {_WHO[audience]} leave from {address}",
                has_server,
                "set RSM_SMTP_URL, or they go the next way",
            )
        elif has_server:
            yield Finding(f"{name}: no e-mails to {_WHO[audience]}: the site has no address", True)


def _by_call(tx: Tx, site: SiteView) -> Iterator[Finding]:
    """A safety contact whose phone stands on a desk hears of nothing by text."""
    calls_from = sites.sender(tx, site.id, Audience.STAFF, Channel.VOICE)
    if calls_from is not None:
        yield Finding(f"{site.name}: staff are called from {spoken(calls_from)}", True)
    elif not takes_texts(site.safety_contact_phone):
        what = f"{site.name}: the safety contact's phone takes no texts, and nobody is called"
        yield Finding(what, False, "give the site a number for calls on its page of senders")


def _hours_without_duty(tx: Tx, site: SiteView) -> int:
    hours = _LOOK_AHEAD // _STEP
    return sum(not sites.on_duty(tx, site.id, None, tx.now + _STEP * hour) for hour in range(hours))


def _reachable(tx: Tx, site: SiteView) -> Iterator[Finding]:
    ahead = rosters.ahead(tx, site.id, tx.now + _LOOK_AHEAD, {})
    periods = (period for time in ahead.values() for period in time.periods)
    on_roster = sorted({duty.staff_id for period in periods for duty in period.people})
    people = staff.many(tx, on_roster)
    without = sum(people[one].phone is None for one in on_roster if one in people)
    yield Finding(
        f"{site.name}: everybody on the roster can be reached",
        without == 0,
        f"{without} people have no phone number: they are passed over",
    )
