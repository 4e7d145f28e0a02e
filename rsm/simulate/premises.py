"""What a simulation's sites run on: documents published, sites set up, and whether all of it fits.

What an order names as its own takes the place of what the programme uses; nothing is started before
it was read and checked as production would.
"""

from datetime import date

from rsm.alerts import packs
from rsm.db.work import NOWHERE, Database, Tx
from rsm.escalation import policies
from rsm.flow import publish
from rsm.flow.publish import Package
from rsm.instruments import service as instruments
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Pin, Role
from rsm.schedules import library as plans
from rsm.schedules import published
from rsm.simulate import blueprints, clinic
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.habits import LIBRARY
from rsm.simulate.orders import Order
from rsm.sites import service as sites

_LANGUAGES = ("en", "es")
_INSTRUMENT = "weekly-symptoms"
_OWN_PLANS = ("weekly-uncalled",)
_OWN_POLICIES = ("policy-months",)
_MOST_WEEKS = 522  # ten years
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)  # for which there are rules of clock changes


def check(order: Order) -> None:
    """Raises `Invalid` with everything that makes the order impossible."""
    problems = _size_problems(order)
    for read in (pack_text, plan_text, policy_text):
        try:
            read(order)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)


def build(db: Database, order: Order) -> tuple[tuple[BuiltSite, ...], Package]:
    """The organisation and its sites, as an administrator would set them up. Raises `Invalid`."""
    planned = blueprints.for_order(order.sites, order.patients, order.roster)
    with db.begin(NOWHERE) as tx:
        organisation = sites.create_organisation(tx, clinic.ORGANISATION)
        pins, plan = _publish(tx, order)
        site_ids = [
            sites.create_site(
                tx, organisation, clinic.agreement(each, pins, pins.policy, plan), live=True
            )
            for each in planned
        ]
    built = [
        clinic.furnish(db, organisation, site_id, each)
        for site_id, each in zip(site_ids, planned, strict=True)
    ]
    return tuple(built), pins


def _publish(tx: Tx, order: Order) -> tuple[Package, Pin]:
    instrument = instruments.publish_shipped(tx, _INSTRUMENT)
    pack = publish.publish_pack(tx, pack_text(order), instrument, _LANGUAGES)
    policy = publish.publish_policy(tx, policy_text(order))
    body = plan_text(order)
    plan = published.publish(tx, plans.parse_plan(body, "plan"), body)
    return Package(instrument, pack, policy, _LANGUAGES), plan


# --- documents -----------------------------------------------------------------------------------


def pack_text(order: Order) -> str:
    """The TOML of the pack that judges. Raises `Invalid`."""
    if order.pack is not None:
        packs.parse_pack(order.pack, "pack")
        return order.pack
    key, known = order.programme.uses.pack, {file.stem for file in packs.folder().glob("*.toml")}
    if key not in known:
        raise Invalid(Problem("uses.pack", f"unknown pack `{key}`", nearest(key, known)))
    return (packs.folder() / f"{key}.toml").read_text(encoding="utf-8")


def plan_text(order: Order) -> str:
    """The TOML of the plan that patients follow. Raises `Invalid`."""
    if order.plan is not None:
        plans.read_plan(order.plan, "plan")
        return order.plan
    key = order.programme.uses.plan
    if key in _OWN_PLANS:
        return (LIBRARY / f"plan-{key}.toml").read_text(encoding="utf-8")
    return plans.plan_text(key)


def asks_weekly(order: Order) -> Pin | None:
    """The plan that patients follow, if it asks once a week and never stops."""
    plan = plans.parse_plan(plan_text(order), "plan")
    return plan.pin if plan.asks == plans.plan_named("weekly").asks else None


def policy_text(order: Order) -> str:
    """The TOML of the policy by which nurses are told. Raises `Invalid`."""
    if order.policy is not None:
        policies.load_policy(order.policy, "policy")
        return order.policy
    key = order.programme.uses.policy
    if key == "default":
        return policies.default_text()
    if key not in _OWN_POLICIES:
        mend = f"`default` or `{_OWN_POLICIES[0]}`"
        raise Invalid(Problem("uses.policy", f"unknown policy `{key}`", mend))
    return (LIBRARY / f"{key}.toml").read_text(encoding="utf-8")


# --- sizes ---------------------------------------------------------------------------------------


def _size_problems(order: Order) -> list[Problem]:
    problems = []
    if order.patients < 1:
        problems.append(Problem("patients", f"{order.patients} patients", "at least one"))
    if not 1 <= order.weeks <= _MOST_WEEKS:
        mend = f"from 1 to {_MOST_WEEKS}"
        problems.append(Problem("weeks", f"{order.weeks} weeks", mend))
    if not _FIRST <= order.begin <= _LAST:
        mend = f"from {_FIRST} to {_LAST}"
        problems.append(Problem("from", f"{order.begin} is too far away", mend))
    if not 1 <= order.sites <= blueprints.MOST_SITES:
        what = f"from 1 to {blueprints.MOST_SITES}"
        problems.append(Problem("sites", f"{order.sites} sites", what))
    elif order.patients > (most := blueprints.most_patients(order.sites)):
        what = f"{order.patients} patients, and numbers set aside for {most}"
        problems.append(Problem("patients", what, "fewer patients"))
    if order.roster and not any(one.manager for one in order.roster.people):
        mend = f"`manager = true` for one: policies tell the role `{Role.MANAGER}`"
        problems.append(Problem("roster", "nobody is a manager", mend))
    return problems
