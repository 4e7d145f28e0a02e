"""The synthetic clinic: three sites in three zones, who works there, when, and how they sign in.

Every number is set aside for fiction, every address is nobody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from uuid import UUID

import pyotp

from rsm.db.work import NOWHERE, Database, Scope, Tx
from rsm.escalation import service as escalation
from rsm.escalation.policies import load_policy
from rsm.flow import publish
from rsm.kernel.words import Audience, Channel, Pin, Role
from rsm.routing.trees import single
from rsm.schedules.library import plan_named
from rsm.security import invitations, second_factor, staff
from rsm.security.model import NewStaff
from rsm.simulate import blueprints
from rsm.simulate.blueprints import Blueprint, Post
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, NewSite, Shift
from rsm.sites.senders import SenderSettings

ORGANISATION = "Example Care"
PASSWORD = "maple lantern over the quiet river"  # noqa: S105 - of synthetic people
TEAM = "triage"
BLUEPRINTS = blueprints.BLUEPRINTS
_LIBRARY = Path(__file__).parent / "library"
_MIDNIGHT = time(0)
_OPEN = time(8), time(18)
_LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class Worker:
    """A member of staff with her log-in. `phone` is empty for who is never told."""

    staff_id: UUID
    site: str
    job: str
    name: str
    email: str
    phone: str
    rank: int
    secret: str = field(repr=False)


@dataclass(frozen=True)
class BuiltSite:
    """A site with its people, the post of rank 1 first."""

    site_id: UUID
    blueprint: Blueprint
    sender: str
    staff_sender: str
    safety_phone: str
    workers: tuple[Worker, ...]

    def who(self, job: str) -> Worker:
        return next(worker for worker in self.workers if worker.job == job)

    @property
    def on_duty(self) -> Sequence[Worker]:
        return [worker for worker in self.workers if worker.rank]

    def at_work(self, local: datetime) -> Sequence[Worker]:
        """Who of them is on duty at that time on the site's own clock."""
        duty = {post.job: post.is_on(local) for post in self.blueprint.posts}
        return [worker for worker in self.on_duty if duty[worker.job]]


@dataclass(frozen=True)
class Clinic:
    """The whole organisation."""

    organisation_id: UUID
    sites: tuple[BuiltSite, ...]
    administrator: Worker
    pins: publish.Package
    visit_policy: Pin


def build(db: Database, plans: Sequence[Blueprint] = BLUEPRINTS) -> Clinic:
    """The organisation, its sites, rosters and log-ins, as an administrator would set them up."""
    with db.begin(NOWHERE) as tx:
        organisation = sites.create_organisation(tx, ORGANISATION)
        pins = publish.publish_shipped(tx, _LANGUAGES)
        months, visit = _publish_policy(tx, "policy-months"), _publish_policy(tx, "policy-visit")
        site_ids = [
            sites.create_site(tx, organisation, agreement(each, pins, months), live=True)
            for each in plans
        ]
    built = [
        furnish(db, organisation, site_id, each)
        for site_id, each in zip(site_ids, plans, strict=True)
    ]
    with db.begin(Scope.site(*site_ids)) as tx:
        post = Post("administrator", (Role.ADMINISTRATOR,), 0, "Ada Lindqvist")
        administrator = _hire(tx, _Hiring(organisation, post, "admin@example.org"))
        for site_id in site_ids:
            staff.grant(tx, administrator.staff_id, site_id, Role.ADMINISTRATOR)
    return Clinic(organisation, tuple(built), administrator, pins, visit)


def tell_as_shipped(db: Database, site: BuiltSite, pins: publish.Package) -> None:
    """From now on alerts climb by the policy that we ship: their next steps are as in a clinic."""
    with db.begin(Scope.site(site.site_id)) as tx:
        publish.settle(tx, site.site_id, agreement(site.blueprint, pins, pins.policy))


def settle_for_visitors(db: Database, clinic: Clinic) -> None:
    """The months are over: a step of the ladder takes one minute, and some of them ring; texts go
    out at any hour, and whoever comes at a weekend finds the clinic open."""
    for site in clinic.sites:
        now = agreement(site.blueprint, clinic.pins, clinic.visit_policy)
        now = now.model_copy(
            update={
                "texts_from": time(0),
                "texts_until": time(23, 59),
                "service_hours": dict.fromkeys(WEEKDAYS, _OPEN),
                "spread_minutes": NewSite.model_fields["spread_minutes"].default,
            }
        )
        with db.begin(Scope.site(site.site_id)) as tx:
            calls_from = site.blueprint.number(_CALLS)
            sites.set_sender(tx, site.site_id, Audience.STAFF, Channel.VOICE, calls_from)
            publish.settle(tx, site.site_id, now)


def _publish_policy(tx: Tx, name: str) -> Pin:
    body = (_LIBRARY / f"{name}.toml").read_text(encoding="utf-8")
    return escalation.publish(tx, load_policy(body, f"{name}.toml"), body)


def agreement(
    plan: Blueprint, pins: publish.Package, policy: Pin, followed: Pin | None = None
) -> NewSite:
    """What a site agrees to; its patients follow the weekly plan unless another is named."""
    return NewSite(
        name=plan.name,
        sender_name=plan.sender_name,
        zone=plan.zone,
        languages=_LANGUAGES,
        clinic_phone=plan.number(18),
        emergency_number="911",
        safety_contact_name="Dr. Imani Cole",
        safety_contact_phone=plan.number(19),
        service_hours=dict.fromkeys(WEEKDAYS[:5], _OPEN),
        spread_minutes=0,  # texts leave with the opening: one step of the months instead of two
        instrument=pins.instrument,
        rule_pack=pins.rule_pack,
        policy=policy,
        plan=followed or plan_named("weekly").pin,
        routes=single(TEAM).model_dump(mode="json"),
    )


_ASKS, _CALLS = 16, 17  # the lines of each site that patients, and staff, are called from
# What a registered campaign may send; so quick a sender also makes for few steps in a simulation.
_REGISTERED = SenderSettings(per_second=20)


def furnish(db: Database, organisation: UUID, site_id: UUID, plan: Blueprint) -> BuiltSite:
    """Senders, a team, log-ins and the roster of a site that was created."""
    sender, staff_sender = plan.number(0), plan.number(1)
    with db.begin(Scope.site(site_id)) as tx:
        for audience, number in ((Audience.PATIENT, sender), (Audience.STAFF, staff_sender)):
            sites.set_sender(tx, site_id, audience, Channel.SMS, number, _REGISTERED)
        for audience, address in (
            (Audience.PATIENT, plan.tag),
            (Audience.STAFF, f"{plan.tag}-staff"),
        ):
            mailbox = f"{address}@rsm.example.org"
            sites.set_sender(tx, site_id, audience, Channel.EMAIL, mailbox)
        asks_from = plan.number(_ASKS)
        sites.set_sender(tx, site_id, Audience.PATIENT, Channel.VOICE, asks_from)
        team = sites.add_team(tx, site_id, TEAM)
        workers = []
        for line, post in enumerate(plan.posts, start=2):
            given = post.mailbox or post.name.removeprefix("Dr. ").split()[0].lower()
            phone = plan.number(line) if post.rank else ""
            email = f"{given}@{plan.tag}.example.org"
            worker = _hire(tx, _Hiring(organisation, post, email, phone, plan.name))
            for role in post.roles:
                staff.grant(tx, worker.staff_id, site_id, role)
            if post.rank:
                _put_on_duty(tx, site_id, Shifts(team, worker, post.duty))
            workers.append(worker)
    return BuiltSite(site_id, plan, sender, staff_sender, plan.number(19), tuple(workers))


@dataclass(frozen=True)
class _Hiring:
    """Who is to be taken on, where."""

    organisation: UUID
    post: Post
    email: str
    phone: str = ""
    site: str = ""


def _hire(tx: Tx, new: _Hiring) -> Worker:
    """An account with password and second factor, as after its owner's first log-in."""
    post = new.post
    who = staff.create(
        tx, NewStaff(new.organisation, new.email, post.name, phone=new.phone or None)
    )
    if new.phone:
        staff.verify_phone(tx, who)
    invitations.set_password(tx, who, PASSWORD)
    secret = second_factor.begin(tx, who).secret
    second_factor.confirm(tx, who, pyotp.TOTP(secret).at(tx.now))
    return Worker(who, new.site, post.job, post.name, new.email, new.phone, post.rank, secret)


@dataclass(frozen=True)
class Shifts:
    """Whom to put on duty when; never said: around the clock, synthetic people do not sleep."""

    team: UUID
    worker: Worker
    duty: tuple[tuple[int, time, time], ...]


def _put_on_duty(tx: Tx, site_id: UUID, shifts: Shifts) -> None:
    who = shifts.worker
    sites.join_team(tx, site_id, shifts.team, who.staff_id)
    always = tuple((weekday, _MIDNIGHT, _MIDNIGHT) for weekday in range(7))
    for weekday, starts, ends in shifts.duty or always:
        shift = Shift(shifts.team, who.staff_id, weekday, starts, ends, who.rank)
        sites.add_shift(tx, site_id, shift)
