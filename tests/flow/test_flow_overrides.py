"""Tiered packs at work: what organisation, site, team and nurse change changes what is raised."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, text

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.override_words import Asked, OverrideView
from rsm.alerts.packs import parse_pack
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change, EffectivePack, provenance_of
from rsm.db.work import Database
from rsm.flow import effective, left_out, outcome, overrides
from rsm.flow.effective import pack_for, pack_of_site, team_of
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.routing.model import Match, Route, Tree
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.alert_world import Ward, agree_to, build_ward
from tests.packs import FIRST, as_version

WEEK = timedelta(days=7)
SEVERE = {"pain.frequency": 2, "pain.severity": 3}
VERY = {"pain.frequency": 2, "pain.severity": 4}
MODERATE = {"pain.frequency": 2, "pain.severity": 2}
AT_FOUR = Change(rule="severe", thresholds={"value": 4})
AT_TWO = Change(rule="severe", thresholds={"value": 2})
MILDER = Change(rule="severe", level=Level.SOON)
OFF = Change(rule="severe", disable=True)
WIDE = (Tier.ORGANISATION, Tier.SITE, Tier.TEAM)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def propose(
    ward: Ward, tier: Tier, *changes: Change, of: UUID | None = None, lasts: timedelta = WEEK
) -> OverrideView:
    clinic = ward.clinic
    whom = {Tier.TEAM: clinic.team, Tier.PATIENT: ward.patient}.get(tier) if of is None else of
    with clinic.begin(clinic.charge) as tx:
        site = sites.get(tx, clinic.site)
        whose = overrides.target(tx, site, tier, whom)
        return overrides.propose(tx, site, Asked(whose, changes, "Known pain", tx.now + lasts))


def agree(ward: Ward, view: OverrideView) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        overrides.agree(tx, sites.get(tx, ward.clinic.site), view.id)


def change(ward: Ward, tier: Tier, *changes: Change, of: UUID | None = None) -> OverrideView:
    """Written, and agreed to where somebody has to."""
    view = propose(ward, tier, *changes, of=of)
    if tier is not Tier.PATIENT:
        agree(ward, view)
    return view


def level(alert: AlertView | None) -> Level | None:
    return alert.level if alert else None


def hers(ward: Ward, patient: UUID | None = None) -> EffectivePack:
    with ward.clinic.begin() as tx:
        facts = patients.peek(tx, patient or ward.patient)
        return pack_for(tx, sites.get(tx, ward.clinic.site), facts, tx.now)


def raised(ward: Ward, values: Mapping[str, int]) -> Level | None:
    return level(ward.report(values))


# --- by each tier --------------------------------------------------------------------------


@pytest.mark.parametrize("tier", Tier)
def test_each_tier_changes_what_a_survey_raises_until_its_end(
    ward: Ward, clock: VirtualClock, tier: Tier
) -> None:
    change(ward, tier, AT_FOUR)
    assert raised(ward, SEVERE) is None
    assert raised(ward, VERY) is Level.URGENT
    clock.advance(WEEK)
    assert raised(ward, SEVERE) is Level.URGENT


@pytest.mark.parametrize("tier", WIDE)
def test_what_nobody_agreed_to_changes_nothing(ward: Ward, tier: Tier) -> None:
    propose(ward, tier, AT_FOUR)
    assert raised(ward, SEVERE) is Level.URGENT


def test_a_patients_own_changes_hers_alone(ward: Ward) -> None:
    change(ward, Tier.PATIENT, AT_TWO)
    other = ward.clinic.enrol_patient("Ruth Okafor", "+12025550132")
    assert raised(ward, MODERATE) is Level.URGENT
    assert ward.report(MODERATE, other) is None


def test_the_narrower_tier_is_applied_upon_the_wider(ward: Ward) -> None:
    change(ward, Tier.SITE, MILDER)
    change(ward, Tier.PATIENT, AT_FOUR)
    assert raised(ward, SEVERE) is None
    assert raised(ward, VERY) is Level.SOON


def test_what_was_ended_changes_nothing_any_more(ward: Ward) -> None:
    view = change(ward, Tier.SITE, OFF)
    with ward.clinic.begin(ward.clinic.second) as tx:
        overrides.end(tx, view.id)
    assert raised(ward, SEVERE) is Level.URGENT


def test_the_pack_says_who_changed_which_rule(ward: Ward) -> None:
    change(ward, Tier.SITE, MILDER)
    merged = hers(ward)
    (said,) = provenance_of(merged, "severe")
    assert said.startswith("Changed by site until 2026-10-26: level soon. Reason: Known pain (Ruth")
    assert provenance_of(merged, "worse") == ()
    assert merged.pin.hash != merged.base.hash
    assert (merged.pin.key, merged.pin.version) == (merged.base.key, merged.base.version)


def test_the_sites_pack_for_reading_leaves_single_patients_out(ward: Ward) -> None:
    change(ward, Tier.PATIENT, OFF)
    change(ward, Tier.TEAM, MILDER)
    with ward.clinic.begin() as tx:
        site = sites.get(tx, ward.clinic.site)
        assert pack_of_site(tx, site, tx.now).provenance == {}
        team = pack_of_site(tx, site, tx.now, ward.clinic.team)
    assert [each.what for each in team.provenance["severe"]] == ["level soon"]


# --- her team ------------------------------------------------------------------------------


def with_routes(ward: Ward, *children: Route) -> None:
    tree = Tree(name="Lakeside", team="triage", children=children)
    with ward.clinic.begin() as tx:
        site = sites.get(tx, ward.clinic.site)
        new = as_agreed(site).model_copy(update={"routes": tree.model_dump(mode="json")})
        sites.update_site(tx, site.id, new)


def test_her_team_is_where_her_regimen_and_language_lead(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        gi = sites.add_team(tx, ward.clinic.site, "gi")
        charge = sites.add_team(tx, ward.clinic.site, "charge")
    with_routes(
        ward,
        Route(name="now", team="charge", match=Match(level=(Level.EMERGENCY,))),
        Route(name="pain", team="charge", match=Match(symptom=("pain",))),
        Route(name="gut", team="gi", match=Match(regimen=("FOLFOX",))),
    )
    folfox = ward.clinic.enrol_patient("Ruth Okafor", "+12025550132", regimen="FOLFOX")
    with ward.clinic.begin() as tx:
        site = sites.get(tx, ward.clinic.site)
        teams = [team_of(tx, site, patients.peek(tx, one)) for one in (ward.patient, folfox)]
    assert teams == [ward.clinic.team, gi]
    change(ward, Tier.TEAM, OFF, of=gi)
    change(ward, Tier.TEAM, MILDER, of=charge)
    assert hers(ward).provenance == {}
    assert level(ward.report(SEVERE)) is Level.URGENT
    assert ward.report(SEVERE, folfox) is None


def test_where_the_tree_cannot_be_used_a_person_looks(ward: Ward) -> None:
    change(ward, Tier.TEAM, OFF)
    with ward.clinic.begin() as tx:
        tx.session.execute(text("""UPDATE site SET routes = '{"team": 7}'"""))
    found = hers(ward)
    assert found.provenance == {}
    assert [reason.where for reason in found.review] == ["routing"]


def test_the_patient_reads_what_the_pack_says_whoever_changed_a_rule(ward: Ward) -> None:
    change(ward, Tier.PATIENT, MILDER)
    alert = ward.report(SEVERE)
    assert alert is not None
    assert alert.rule_pack is not None
    assert alert.occurrence_id is not None
    with ward.clinic.begin() as tx:
        told = outcome.advice(tx, outcome.outcome_of(tx, alert.occurrence_id), "en")
        without = sites.get(tx, ward.clinic.site).rule_pack
    assert told
    assert (alert.rule_pack.key, alert.rule_pack.version) == (without.key, without.version)


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize(
    "loosened",
    [
        Change(rule="breathless", disable=True),
        Change(rule="breathless", level=Level.URGENT),
    ],
    ids=["off", "level"],
)
def test_nobody_loosens_an_emergency(ward: Ward, tier: Tier, loosened: Change) -> None:
    with pytest.raises(Invalid, match="may only be made stricter"):
        propose(ward, tier, loosened)


@pytest.mark.parametrize(("tier", "days"), [(Tier.SITE, 366), (Tier.TEAM, 184), (Tier.PATIENT, 92)])
def test_none_lasts_longer_than_its_tier_allows(ward: Ward, tier: Tier, days: int) -> None:
    with pytest.raises(Invalid, match=f"within {days} days"):
        propose(ward, tier, AT_FOUR, lasts=timedelta(days=days, seconds=1))
    propose(ward, tier, AT_FOUR, lasts=timedelta(days=days))


def test_none_is_without_a_reason_or_already_over(ward: Ward) -> None:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        site = sites.get(tx, ward.clinic.site)
        whose = overrides.target(tx, site, Tier.SITE)
        with pytest.raises(Invalid) as caught:
            overrides.propose(tx, site, Asked(whose, (OFF,), " ", tx.now))
    assert [problem.where for problem in caught.value.problems] == ["reason", "until"]


def test_a_rule_is_changed_once_for_the_same_people(ward: Ward) -> None:
    propose(ward, Tier.SITE, MILDER)
    with pytest.raises(Invalid, match="changed already for the same people"):
        propose(ward, Tier.SITE, AT_FOUR)


def test_a_wider_change_does_not_take_the_rule_from_under_a_narrower_one(ward: Ward) -> None:
    change(ward, Tier.PATIENT, AT_TWO)
    with pytest.raises(Invalid, match="1 of single patients"):
        propose(ward, Tier.SITE, OFF)
    propose(ward, Tier.SITE, MILDER)  # hers goes on upon this one


def test_where_a_wider_change_takes_the_rule_from_a_narrower_one_somebody_is_asked_once(
    ward: Ward,
) -> None:
    """The organisation's is agreed to at one site, which does not see the others' changes."""
    change(ward, Tier.SITE, AT_FOUR)
    with ward.clinic.begin() as tx:
        hide = text("UPDATE rule_override SET ended_at = now(), ended_by = author_id")
        show = text("UPDATE rule_override SET ended_at = NULL, ended_by = NULL")
        tx.session.execute(hide)
    change(ward, Tier.ORGANISATION, OFF)
    with ward.clinic.begin() as tx:
        tx.session.execute(show)
    for _ in range(2):
        assert raised(ward, SEVERE) is None  # neither an alert nor a review for each survey
        left_out.ask_due(ward.worker)
    with ward.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site)
    assert task.kind is TaskKind.REWRITE_OVERRIDE


def test_what_came_between_is_seen_when_a_second_person_agrees(ward: Ward) -> None:
    waiting = propose(ward, Tier.SITE, OFF)
    change(ward, Tier.PATIENT, AT_TWO)
    with pytest.raises(Invalid, match="1 of single patients"):
        agree(ward, waiting)


def test_a_narrower_change_is_of_the_rule_as_the_wider_left_it(ward: Ward) -> None:
    change(ward, Tier.SITE, OFF)
    with pytest.raises(Invalid, match="no rule `severe`"):
        propose(ward, Tier.PATIENT, AT_TWO)


# --- what cannot be applied, and a new pack ---------------------------------------------------


def test_one_that_cannot_be_read_is_left_out_and_a_person_looks(ward: Ward) -> None:
    change(ward, Tier.SITE, OFF)
    with ward.clinic.begin() as tx:
        tx.session.execute(text("UPDATE rule_override SET body = 'not TOML'"))
    alert = ward.report(SEVERE)
    assert level(alert) is Level.URGENT
    assert AlertKind.REVIEW in {each.kind for each in ward.worklist()}


def new_pack(ward: Ward, body: str) -> None:
    """The site is judged by this pack from now on."""
    pack = parse_pack(body, "first.toml")[0]
    with ward.clinic.begin() as tx:
        pin = alerts.publish(tx, pack, body)
    agree_to(ward, "rule_pack", pin)


NEXT = as_version("9.0.0", FIRST)
RAISED = NEXT.replace('id = "severe"', 'id = "severe"\nred = true')


def test_under_a_new_pack_it_goes_on_where_its_rule_reads_the_same(ward: Ward) -> None:
    change(ward, Tier.SITE, AT_FOUR)
    new_pack(ward, NEXT.replace('title = "', 'title = "Newer: ', 1))
    assert raised(ward, SEVERE) is None
    assert ward.worklist() == []
    assert left_out.ask_due(ward.worker) == 0


def test_under_a_new_pack_with_another_rule_somebody_is_asked_once(ward: Ward) -> None:
    change(ward, Tier.SITE, AT_FOUR)
    with ward.clinic.begin() as tx:
        pack = parse_pack(RAISED, "first.toml")[0]
        (standing,) = overrides.standing_for(tx, ward.clinic.site, pack)
    assert not standing.goes_on
    new_pack(ward, RAISED)
    assert [raised(ward, SEVERE), raised(ward, SEVERE)] == [Level.URGENT, Level.URGENT]
    assert {each.kind for each in ward.worklist()} == {AlertKind.SYMPTOM}
    assert [left_out.ask_due(ward.worker), left_out.ask_due(ward.worker)] == [1, 0]
    with ward.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site)
    assert task.reason.startswith("A change of the rules was written for rules that have changed")
    assert task.kind is TaskKind.REWRITE_OVERRIDE


def test_a_patients_own_that_does_not_fit_any_more_is_asked_about_by_her_name(ward: Ward) -> None:
    change(ward, Tier.PATIENT, AT_TWO)
    new_pack(ward, RAISED)
    assert left_out.ask_due(ward.worker) == 1
    with ward.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site)
    assert task.patient_id == ward.patient


def test_an_organisations_is_about_one_pack_only(ward: Ward) -> None:
    change(ward, Tier.ORGANISATION, AT_FOUR)
    new_pack(ward, FIRST.replace('key = "first-pack"', 'key = "another"'))
    assert raised(ward, SEVERE) is Level.URGENT
    assert left_out.ask_due(ward.worker) == 0


# --- speed -----------------------------------------------------------------------------------


def test_without_overrides_it_costs_one_statement_and_what_was_merged_is_kept(ward: Ward) -> None:
    said: list[str] = []

    def note(*given: object) -> None:
        said.append(str(given[2]))

    engine = ward.clinic.db.engine

    def counted() -> tuple[int, EffectivePack]:
        with ward.clinic.begin() as tx:
            site = sites.get(tx, ward.clinic.site)
            facts = patients.peek(tx, ward.patient)
            alerts.load(tx, site.rule_pack)
            said.clear()
            event.listen(engine, "before_cursor_execute", note)
            found = pack_for(tx, site, facts, tx.now)
            event.remove(engine, "before_cursor_execute", note)
            return len(said), found

    assert counted()[0] == 1
    change(ward, Tier.PATIENT, AT_TWO)
    first, again = counted(), counted()
    assert again[0] == 1
    assert again[1] is first[1]  # so that what is made of the pack is kept as well
    assert len(effective._merged) >= 1
