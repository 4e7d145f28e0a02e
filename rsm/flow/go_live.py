"""Going live: the checklist as the site stands now, what was read, and the clinician's signature.

Nothing is ticked that can be known. What only a person can judge (thresholds, texts, the safety
contact) she reads as it stands, and her word counts for exactly that: its hash is kept, and once it
is another the line is open again. A signature freezes all of it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from uuid import UUID

from rsm.alerts import exercises, overrides
from rsm.alerts.override_words import Target
from rsm.alerts.states import Tier
from rsm.db.work import Tx
from rsm.escalation import rosters
from rsm.flow import publish
from rsm.improvement import signing, trials
from rsm.improvement.decide import (
    PRACTISED_WITHIN,
    TRIED_WITHIN,
    Readable,
    SiteFacts,
    checklist,
)
from rsm.improvement.live_model import CheckKind, Checklist, Extent
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import ActorKind, Audience, Channel, Role, SurveyState
from rsm.messaging import site_texts, tried
from rsm.messaging.model import SiteTextView
from rsm.responses import service as responses
from rsm.schedules import standing
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_A_WEEK = timedelta(days=7)
_TEXTS = ("texts.toml", "mail.toml", "spoken.toml", "advice.toml")
_ANSWERED = frozenset({SurveyState.COMPLETED, SurveyState.PARTIAL})
# The channels by which patients are asked → by which she answers then. What a nurse typed in for
# her shows nothing of the way there and back.
_OFFERED = {
    Channel.SMS: frozenset({Channel.SMS, Channel.WEB}),
    Channel.VOICE: frozenset({Channel.VOICE}),
    Channel.EMAIL: frozenset({Channel.WEB}),
}


def standing_of(tx: Tx, site_id: UUID) -> Checklist:
    """The checklist as the site stands now."""
    return checklist(_facts(tx, site_id))


def readable(tx: Tx, site_id: UUID) -> dict[tuple[CheckKind, str], Readable]:
    """What is to be read before going live, as it stands now, by kind and subject."""
    site = sites.get(tx, site_id)
    found = {(CheckKind.THRESHOLDS, ""): _thresholds(tx, site)}
    for language in site.languages:
        found[CheckKind.TEXTS, language] = Readable(_texts(tx, site, language), language)
    found[CheckKind.SAFETY_CONTACT, ""] = Readable(_contact(site), site.safety_contact_name)
    return found


def confirm(tx: Tx, site_id: UUID, kind: CheckKind, subject: str, seen: str) -> None:
    """Whoever acts has read or tried it. Raises `Invalid` for what is not there to be read, and
    `Conflict` when it has changed since it was shown."""
    now = readable(tx, site_id).get((kind, subject))
    if now is None:
        raise Invalid(Problem("kind", "is nothing that is read before going live"))
    if now.seen != seen:
        raise Conflict("it has changed since it was shown: read it as it stands now")
    signing.note(tx, site_id, kind, (subject, now.seen, now.label))


def fingerprint(tx: Tx, site_id: UUID, extent: Extent) -> str:
    """Of what would be signed: what is confirmed is what was shown."""
    return _hash(extent, _frozen(tx, site_id, standing_of(tx, site_id)))


def _hash(extent: Extent, frozen: Mapping[str, object]) -> str:
    whole = json.dumps({"extent": extent.value, **frozen}, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def sign(tx: Tx, site_id: UUID, extent: Extent, words: str, seen: str) -> None:
    """An accountable clinician signs: the site sends to the pilot group, or to everybody.

    Raises `NotAllowed` for anybody else, `Invalid` with every line that does not hold, `Conflict`
    when what would be signed has changed since it was shown, or is signed already.
    """
    sites.hold(tx, site_id)  # of two presses of the button the second signs nothing more
    signer = _clinician(tx, site_id)
    if sites.get(tx, site_id).is_live:
        raise Conflict("this site is live already")
    if extent is Extent.PILOT:
        if trials.standing(tx, site_id) is None:
            raise Invalid(Problem("extent", "no trial period is open", "begin one first"))
        if signing.is_signed_for(tx, site_id, extent):
            raise Conflict("this is signed for the pilot group already")
    found = standing_of(tx, site_id)
    if not found.is_ready:
        raise Invalid([Problem(one.line.value, "is open") for one in found.items if not one.holds])
    frozen = _frozen(tx, site_id, found)
    if _hash(extent, frozen) != seen:
        raise Conflict("something has changed since it was shown: look again, then sign")
    about = {**frozen, "words": words}
    signing.sign(tx, site_id, extent, (signer, staff.get(tx, signer).name), about)
    if extent is Extent.EVERYBODY:
        sites.make_live(tx, site_id)


# --- what it looks at -----------------------------------------------------------------------------


def _clinician(tx: Tx, site_id: UUID) -> UUID:
    who = tx.actor.id if tx.actor.kind is ActorKind.STAFF else None
    if who is None or who not in staff.with_role(tx, site_id, Role.CLINICIAN):
        raise NotAllowed("an accountable clinician of the site signs")
    return who


def _facts(tx: Tx, site_id: UUID) -> SiteFacts:
    site = sites.get(tx, site_id)
    checks = signing.checks(tx, site_id)
    people = staff.many(tx, {each.by for each in checks.values() if each.by})
    practised = exercises.last(tx, site_id, tx.now - PRACTISED_WITHIN)
    zone = zone_named(site.zone)
    return SiteFacts(
        on_roster=_on_roster(tx, site_id),
        trainings=signing.trainings(tx, site_id),
        unready=_unready(tx, site_id),
        gap_hours=rosters.gap_hours(tx, site_id),
        problems=[str(each) for each in publish.readiness(tx, site_id)],
        read=readable(tx, site_id),
        checks=checks,
        offered=offered(tx, site_id),
        tried=_tried(tx, site_id),
        practised_on=local_of(practised, zone).date() if practised else None,
        zone=site.zone,
        names={one: person.name for one, person in people.items()},
    )


def offered(tx: Tx, site_id: UUID) -> list[Channel]:
    """The channels by which the site writes to, or calls, its patients."""
    return [each for each in _OFFERED if sites.sender(tx, site_id, Audience.PATIENT, each)]


def _on_roster(tx: Tx, site_id: UUID) -> list[str]:
    """The names of whoever is on duty within a week."""
    ahead = rosters.times(tx, site_id, tx.now + _A_WEEK)
    on_duty = {
        duty.staff_id
        for time in ahead.values()
        for period in time.periods
        for duty in period.people
    }
    return sorted(person.name for person in staff.many(tx, on_duty).values())


def _unready(tx: Tx, site_id: UUID) -> list[str]:
    """The names of whoever is on duty soon and could not be told."""
    people = {each.staff_id for each in rosters.not_ready(tx, site_id)}
    return sorted(person.name for person in staff.many(tx, people).values())


def _tried(tx: Tx, site_id: UUID) -> set[Channel]:
    """The channels by which a test patient was asked lately, and answered herself."""
    asked = tried.surveys(tx, site_id, tx.now - TRIED_WITHIN)
    every = {one for surveys in asked.values() for one in surveys}
    states, given = standing.states(tx, every), responses.of_occurrences(tx, every)
    answered = {one: given[one].channel for one in given if states.get(one) in _ANSWERED}
    return {
        channel
        for channel, surveys in asked.items()
        if any(answered.get(one) in _OFFERED.get(channel, ()) for one in surveys)
    }


# --- what is frozen -------------------------------------------------------------------------------


def _frozen(tx: Tx, site_id: UUID, found: Checklist) -> Mapping[str, object]:
    """Versions with their hashes, and each line with what it rests on."""
    site = sites.get(tx, site_id)
    return {
        "versions": {
            "instrument": site.instrument.document,
            "rule_pack": site.rule_pack.document,
            "policy": site.policy.document,
            "plan": site.plan.document,
        },
        "overrides": _changes(tx, site),
        "texts": {language: _texts(tx, site, language) for language in site.languages},
        "safety_contact": _contact(site),
        "checklist": found.edition,
    }


def _thresholds(tx: Tx, site: SiteView) -> Readable:
    """The pack, with what the organisation, the site or a team has changed of it."""
    pack, changed = site.rule_pack, _changes(tx, site)
    if not changed:
        return Readable(pack.hash, f"{pack.key} {pack.version}")
    whole = "\0".join([pack.hash, *changed])
    label = f"{pack.key} {pack.version} (+{len(changed)})"
    return Readable(hashlib.sha256(whole.encode()).hexdigest(), label)


def _changes(tx: Tx, site: SiteView) -> list[str]:
    """The ids of the overrides that hold here now, no patient's own among them."""
    whom = Target(Tier.SITE, site.organisation_id, site.id)
    return sorted(str(row.id) for row in overrides.in_force(tx, whom, tx.now))


def _texts(tx: Tx, site: SiteView, language: str) -> str:
    """A hash of all that is said in that language: ours, and the site's own wordings."""
    own = site_texts.all_published(tx, site.id)
    words = sorted(
        (key.purpose, key.channel.value, text.subject, text.body)
        for key, text in own.items()
        if key.language == language
    )
    whole = json.dumps([language, site.sender_name, _ours(), words])
    return hashlib.sha256(whole.encode()).hexdigest()


def text_hash(text: SiteTextView) -> str:
    """Of one wording of a site's own."""
    return hashlib.sha256(f"{text.subject}\0{text.body}".encode()).hexdigest()


def _ours() -> list[str]:
    folder = files("rsm.messaging") / "library"
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _TEXTS]


def _contact(site: SiteView) -> str:
    whole = f"{site.id}\0{site.safety_contact_name}\0{site.safety_contact_phone}"
    return hashlib.sha256(whole.encode()).hexdigest()
