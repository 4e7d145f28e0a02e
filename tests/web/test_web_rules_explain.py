"""The pack in plain words: whoever works at the site reads it, on one page that can be signed."""

import re
from datetime import timedelta
from html import escape
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import packs
from rsm.alerts import service as alerts
from rsm.alerts.explain import anchor
from rsm.alerts.override_words import Asked
from rsm.alerts.schema import RulePack
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Database
from rsm.flow import overrides, replay
from rsm.flow.explaining import of_pack
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Pin, Role
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Limit
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.sites import service as sites
from rsm.web.rules_explained import explained_url
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic
from tests.web_desk import at_desk, browser


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def address(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/rules/explain"


def live(ward: Ward) -> RulePack:
    with ward.clinic.begin() as tx:
        return alerts.load(tx, sites.get(tx, ward.clinic.site).rule_pack)


def test_the_pack_in_force_is_a_page_with_everything_that_is_signed(
    ward: Ward, clock: VirtualClock
) -> None:
    pack = live(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = client.get(address(ward))
    assert page.status_code == 200
    assert "In force at Lakeside" in page.text
    for said in (
        f"<h1>{escape(pack.title)}</h1>",
        f"version {pack.version}",
        pack.pin.hash,
        "How sure the thresholds are",
        "Limits:",
        "Worked cases",
        "Signature: ____",
    ):
        assert said in page.text
    for rule in pack.rules:
        assert f'id="{anchor(rule.id)}"' in page.text
    for case in pack.cases:
        assert escape(case.name) in page.text


@pytest.mark.parametrize("role", [Role.NURSE, Role.CLINICIAN, Role.MANAGER])
def test_whoever_may_close_alerts_or_see_figures_reads_it(
    ward: Ward, clock: VirtualClock, role: Role
) -> None:
    clinic = ward.clinic
    with clinic.begin() as tx:
        who = staff.create(
            tx, NewStaff(clinic.organisation, "r@lakeside.example.org", "R. Lee", "en")
        )
        staff.grant(tx, who, clinic.site, role)
    with at_desk(clinic, clock, who) as client:
        assert client.get(address(ward)).status_code == 200


def test_an_address_of_a_rule_says_nothing_of_what_it_looks_at(ward: Ward) -> None:
    url = explained_url(ward.clinic.site, live(ward).pin, "severe-breathlessness")
    assert "severe" not in url
    assert "breath" not in url
    assert re.search(r"#rule-[0-9a-f]{8}$", url)


def test_each_line_of_the_tuning_page_leads_to_its_rule(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = client.get(f"/sites/{ward.clinic.site}/rules")
    for rule in live(ward).rules:
        assert f'href="{explained_url(ward.clinic.site, rule=rule.id)}"' in page.text


# --- by its pin ---


def publish_star(ward: Ward) -> Pin:
    body = (packs.folder() / "star.toml").read_text()
    pack, _ = packs.parse_pack(body, "star")
    with ward.clinic.begin() as tx:
        return alerts.publish(tx, pack, packs.whole_text(body, "star"))


def test_a_published_pack_is_read_by_its_pin_and_says_that_it_is_not_in_force(
    ward: Ward, clock: VirtualClock
) -> None:
    pin = publish_star(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = client.get(explained_url(ward.clinic.site, pin))
    assert "STAR: severe, or worse by two" in page.text
    assert "Not in force at Lakeside" in page.text
    assert "Please note" in page.text  # what the questionnaire does not ask


@pytest.mark.parametrize(
    "query", ["?pack=star", "?pack=star&version=1.0.0&hash=0000", "?version=1.0.0"]
)
def test_what_was_never_published_is_not_found(ward: Ward, clock: VirtualClock, query: str) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert client.get(address(ward) + query).status_code == 404


def test_a_pack_for_another_questionnaire_is_read_and_says_so(ward: Ward) -> None:
    body = (packs.folder() / "severe-only.toml").read_text()
    other = body.replace('key = "weekly-symptoms"', 'key = "esas-r"')
    pack, _ = packs.parse_pack(other, "other")
    with ward.clinic.begin() as tx:
        assert of_pack(tx, ward.clinic.site, pack).instrument is None


# --- what was changed of it ---


def agreed_change(ward: Ward) -> None:
    """Severe is 4 at this site for a week: written by one, agreed to by another."""
    clinic = ward.clinic
    with clinic.begin(clinic.charge) as tx:
        site = sites.get(tx, clinic.site)
        whose = overrides.target(tx, site, Tier.SITE)
        wish = Change(rule="severe", thresholds={"value": 4})
        asked = Asked(whose, (wish,), "Too many", tx.now + timedelta(days=7))
        view = overrides.propose(tx, site, asked)
    with clinic.begin(clinic.nurse) as tx:
        overrides.agree(tx, sites.get(tx, clinic.site), view.id)


def test_a_rule_that_was_changed_says_by_whom_why_and_until_when(
    ward: Ward, clock: VirtualClock
) -> None:
    agreed_change(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        page = client.get(address(ward))
        alert = ward.report({"pain.frequency": 2, "pain.severity": 4})
        assert alert is not None
        assert alert.rule_pack is not None
        older = client.get(explained_url(ward.clinic.site, alert.rule_pack, "severe"))
    assert "Changed by site until" in page.text
    assert "value 4. Reason: Too many" in page.text
    # What an alert names was never published as such: the pack under it is.
    assert older.status_code == 200
    assert f"<h1>{escape(live(ward).title)}</h1>" in older.text


def test_a_replay_says_that_rules_were_changed_then(ward: Ward) -> None:
    ward.report({"pain.frequency": 2, "pain.severity": 4})
    begin = ward.clock.now() - timedelta(days=1)
    for changed in (False, True):
        period = Period(begin, ward.clock.now() + timedelta(hours=1))
        with ward.clinic.begin() as tx:
            found = replay.replay(tx, ward.clinic.site, live(ward), period)
        assert (Limit.OVERRIDES in found.limits) is changed
        if not changed:
            agreed_change(ward)
        ward.clock.advance(timedelta(minutes=1))


# --- to nobody else, and on record ---


def test_another_sites_pack_is_not_found(ward: Ward, clock: VirtualClock, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert client.get(f"/sites/{other.site}/rules/explain").status_code == 404


def test_without_signing_in_nothing_is_shown(ward: Ward) -> None:
    with browser(ward.clinic) as client:
        answer = client.get(address(ward))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_the_reading_is_audited(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        client.get(address(ward))
    query = "SELECT facts->>'hash' FROM audit_event WHERE action = 'rules.explained'"
    with ward.clinic.begin() as tx:
        assert tx.session.execute(text(query)).scalars().all() == [live(ward).pin.hash]


def spanish_manager(ward: Ward) -> UUID:
    clinic = ward.clinic
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, clinic.site, Role.MANAGER)
    return luz


def test_around_it_the_page_is_in_the_readers_language(ward: Ward, clock: VirtualClock) -> None:
    luz = spanish_manager(ward)
    clock.advance(timedelta(minutes=1))
    with at_desk(ward.clinic, clock, luz) as client:
        page = client.get(address(ward))
    assert "En vigor en Lakeside" in page.text
    assert '<article class="panel pack" lang="en">' in page.text
