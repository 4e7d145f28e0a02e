"""A pack goes live: by two people only, all at once, and never without the people that it needs."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import rsm
from rsm.alerts import releases
from rsm.alerts.override_words import Asked
from rsm.alerts.packs import folder, whole_text
from rsm.alerts.releases import NotTaken, ReleaseView, Why
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Database
from rsm.escalation import published as policies
from rsm.escalation.policies import default_text, load_policy
from rsm.flow import left_out, overrides, plans, publish, set_aside
from rsm.flow import release as flow
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Level, Pin
from rsm.schedules import published
from rsm.schedules.library import parse_plan
from rsm.sites import service as sites
from rsm.sites.model import Shift, as_agreed
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome
from tests.alert_world import Ward, build_ward
from tests.packs import FIRST, as_version

SEVERE = (folder() / "severe-only.toml").read_text()
REASON = "Fewer alerts that lead to nothing."
PAIN = [{"pain.frequency": 2, "pain.severity": grade} for grade in range(5)]
CRISIS = "phq-9.9"
MOOD = """
key = "mood-weekly"
version = "1"
reminders_after_hours = [24]
closing = { after_hours = 120 }
sending_hours = { opens = "08:00", closes = "21:00" }

[[asks]]
rhythm = "weekly"

[[asks]]
instrument = "mood-check@1.0.0"
rhythm = "weekly"
"""


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def asked(ward: Ward, body: str = SEVERE) -> ReleaseView:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        release = releases.draft(tx, ward.clinic.site, body)
        return flow.ask(tx, release.id, REASON)


def agree(ward: Ward, release: ReleaseView) -> ReleaseView:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        return flow.agree(tx, release.id, flow.token(tx, release))


def live(ward: Ward) -> Pin:
    with ward.clinic.begin() as tx:
        return sites.get(tx, ward.clinic.site).rule_pack


def problems(ward: Ward, body: str) -> str:
    """What stands in the way of this pack."""
    with ward.clinic.begin(ward.clinic.charge) as tx:
        release = releases.draft(tx, ward.clinic.site, body)
        return "\n".join(str(each) for each in flow.problems(tx, release))


# --- going live ----------------------------------------------------------------------------------


def test_reports_are_judged_by_the_new_pack_and_open_alerts_keep_what_they_have(
    ward: Ward,
) -> None:
    ward.report(PAIN[0])
    ward.clock.advance(timedelta(days=7))
    before = ward.report(PAIN[2])
    assert before is not None
    agree(ward, asked(ward))
    assert ward.now(before) == before
    ward.clock.advance(timedelta(days=7))
    second = ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132")
    assert ward.report(PAIN[2], second) is None
    after = ward.report(PAIN[3], second)
    assert after is not None
    assert after.rule_pack is not None
    assert after.rule_pack.key == "severe-only"


def test_what_went_wrong_leaves_everything_as_it_was(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, before = (
        asked(ward),
        asked(ward, SEVERE.replace("1.0.0", "1.0.1", 1)),
        live(ward),
    )

    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(releases, "go_live", fails)
        with pytest.raises(RuntimeError):
            agree(ward, first)
    assert live(ward) == before
    agree(ward, second)
    with ward.clinic.begin() as tx:
        assert releases.get(tx, first.id).is_asked


def test_another_content_under_a_published_version_is_refused(ward: Ward) -> None:
    agree(ward, asked(ward))
    other = SEVERE.replace("Severe answers only", "Severe answers alone", 1)
    other = other.replace('title = "Severe answers only"', 'title = "Another"')
    assert "is published already, with another content (raise the version)" in problems(ward, other)


def test_a_decision_is_about_the_pack_that_was_in_force_then(ward: Ward) -> None:
    waits = asked(ward)
    with ward.clinic.begin() as tx:
        seen = flow.token(tx, waits)
    agree(ward, asked(ward, SEVERE.replace('version = "1.0.0"', 'version = "1.0.1"', 1)))
    with ward.clinic.begin(ward.clinic.nurse) as tx, pytest.raises(NotTaken) as refused:
        flow.agree(tx, waits.id, seen)
    assert refused.value.why is Why.CHANGED


def test_a_former_pack_comes_back_as_a_new_release(ward: Ward) -> None:
    first, again = asked(ward), asked(ward)
    agree(ward, first)
    agree(ward, asked(ward, SEVERE.replace('version = "1.0.0"', 'version = "1.0.1"', 1)))
    assert agree(ward, again).pin == live(ward)


def test_the_first_pack_is_shown_until_one_is_released(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        first = flow.of_site(tx, ward.clinic.site).first
        assert first is not None
        assert first.pin == live(ward)
        assert first.since == sites.set_up_at(tx, ward.clinic.site)
    agree(ward, asked(ward))
    with ward.clinic.begin() as tx:
        assert flow.of_site(tx, ward.clinic.site).first is None


def test_what_a_draft_changes_is_named(ward: Ward) -> None:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        text_of_live = flow.live_text(tx, ward.clinic.site)
        same = releases.draft(tx, ward.clinic.site, text_of_live)
        assert flow.difference(tx, same).is_none
        other = releases.draft(tx, ward.clinic.site, SEVERE)
        found = flow.difference(tx, other)
    assert "Worse by two grades, and not yet severe" in found.gone
    assert found.added == ()
    assert found.changed == ("Severe, or the like in frequency or interference",)
    assert '-key = "first-pack"' in found.lines
    assert '+key = "severe-only"' in found.lines


def test_whoever_must_write_a_change_anew_is_asked_in_the_same_transaction(ward: Ward) -> None:
    clinic = ward.clinic
    with clinic.begin(clinic.nurse) as tx:
        site = sites.get(tx, clinic.site)
        hers = overrides.target(tx, site, Tier.PATIENT, ward.patient)
        made, until = Change(rule="worse", level=Level.INFO), tx.now + timedelta(days=7)
        overrides.propose(tx, site, Asked(hers, (made,), "Known", until))
    agree(ward, asked(ward))
    with clinic.begin(clinic.nurse) as tx:
        (task,) = tasks.open_tasks(tx, clinic.site)
        assert (task.kind, task.patient_id) == (TaskKind.REWRITE_OVERRIDE, ward.patient)
        set_aside.finish_task(tx, task.id, TaskOutcome.DONE)
    assert left_out.ask_due(ward.worker) == 0


def test_a_pack_whose_red_set_was_loosened_is_neither_published_nor_released(ward: Ward) -> None:
    milder = as_version("9.0.0", FIRST).replace("red = true\nsure", "sure", 1)
    said = "the red set of pack first-pack lacks or loosens: chest pain"
    with ward.clinic.begin(ward.clinic.charge) as tx:
        instrument = sites.get(tx, ward.clinic.site).instrument
        with pytest.raises(Invalid, match=said):
            publish.publish_pack(tx, milder, instrument, ("en", "es"))
    assert said in problems(ward, milder)
    with pytest.raises(Invalid, match=said):
        asked(ward, milder)


# --- no other way --------------------------------------------------------------------------------


def test_no_settings_change_the_pack(ward: Ward) -> None:
    release = asked(ward)
    with ward.clinic.begin() as tx:
        pin = publish.publish_pack(
            tx, release.body, sites.get(tx, ward.clinic.site).instrument, ("en", "es")
        )
    with ward.clinic.begin(ward.clinic.administrator) as tx:
        other = as_agreed(sites.get(tx, ward.clinic.site)).model_copy(update={"rule_pack": pin})
        with pytest.raises(Invalid, match="two people"):
            sites.update_site(tx, ward.clinic.site, other)
        with pytest.raises(Invalid, match="two people"):
            publish.settle(tx, ward.clinic.site, other)


def test_only_the_release_sets_a_pack() -> None:
    root = Path(rsm.__file__).parent
    callers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"\.set_rule_pack\(|\.go_live\(", path.read_text())
    }
    assert callers == {"flow/release.py"}


# --- the people that a pack needs ----------------------------------------------------------------


def ask_for_moods(ward: Ward) -> Pin:
    """A plan that asks an item of crisis besides the site's own questions; wording of our own."""
    whole = library.find("weekly-symptoms")
    item = whole.items[0].model_copy(update={"code": CRISIS, "asked_when": None})
    new = {"key": "mood-check", "version": "1.0.0", "items": (item,), "scores": ()}
    kept = {name: getattr(whole, name) for name in Instrument.model_fields}
    mood = Instrument.model_validate(kept | new)
    with ward.clinic.begin() as tx:
        instruments.publish(tx, mood, mood.canonical_json)
        return published.publish(tx, parse_plan(MOOD, "mood-weekly"), MOOD)


def leave_a_gap(ward: Ward) -> None:
    """Nobody on duty on Sundays before 6 in the morning."""
    with ward.clinic.begin() as tx:
        for shift_id, shift in sites.roster(tx, ward.clinic.site):
            if shift.weekday == 6:
                sites.remove_shift(tx, ward.clinic.site, shift_id)
                late = Shift(shift.team_id, shift.staff_id, 6, time(6), time(0), shift.rank)
                sites.add_shift(tx, ward.clinic.site, late)


def test_a_crisis_question_needs_somebody_on_duty_around_the_clock(ward: Ward) -> None:
    plan = ask_for_moods(ward)
    agree(ward, asked(ward))
    with ward.clinic.begin() as tx:
        plans.choose(tx, ward.patient, plan)
        assert publish.readiness(tx, ward.clinic.site) == []
    leave_a_gap(ward)
    second = ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132")
    with ward.clinic.begin() as tx, pytest.raises(Invalid) as refused:
        plans.choose(tx, second, plan)
    said = str(refused.value)
    assert f"asks {CRISIS}, and nobody on duty is told at Sunday 00:00 to Sunday 06:00" in said
    with ward.clinic.begin() as tx:
        assert CRISIS in str(publish.readiness(tx, ward.clinic.site))


def test_a_pack_with_a_crisis_rule_is_refused_where_a_followed_plan_asks_it(ward: Ward) -> None:
    """The plan was chosen under a pack that does not know the question as a crisis."""
    plan = ask_for_moods(ward)
    with ward.clinic.begin() as tx:
        plans.choose(tx, ward.patient, plan)
    leave_a_gap(ward)
    with ward.clinic.begin(ward.clinic.charge) as tx:
        release = releases.draft(tx, ward.clinic.site, SEVERE)
        with pytest.raises(Invalid, match="nobody on duty is told"):
            flow.ask(tx, release.id, REASON)


def test_the_roster_is_looked_at_again_when_the_second_person_agrees(ward: Ward) -> None:
    plan = ask_for_moods(ward)
    with ward.clinic.begin() as tx:
        plans.choose(tx, ward.patient, plan)
    release, before = asked(ward), live(ward)
    leave_a_gap(ward)
    with pytest.raises(Invalid, match="nobody on duty is told"):
        agree(ward, release)
    assert live(ward) == before


def test_a_ladder_that_tells_the_safety_contact_alone_is_no_cover(ward: Ward) -> None:
    plan = ask_for_moods(ward)
    with ward.clinic.begin() as tx:
        plans.choose(tx, ward.patient, plan)
        body = default_text()
        emergency, rest = body.split("[levels.urgent]")
        emergency = re.sub(
            r"\[\[levels\.emergency\.steps\]\].*", _SAFETY_ALONE, emergency, flags=re.DOTALL
        )
        body = f"{emergency}[levels.urgent]{rest}".replace('key = "default"', 'key = "alone"')
        pin = policies.publish(tx, load_policy(body, "alone.toml"), body)
        agreed = as_agreed(sites.get(tx, ward.clinic.site))
        sites.update_site(tx, ward.clinic.site, agreed.model_copy(update={"policy": pin}))
    said = problems(ward, SEVERE)
    assert "nobody on duty is told at Monday 00:00 to Monday 00:00" in said
    assert "level emergency, team triage: no step before the safety contact" in said


_SAFETY_ALONE = """[[levels.emergency.steps]]
who = [{ kind = "safety_contact" }]
how = ["sms"]
wait_minutes = 5

"""


def test_without_anybody_on_the_roster_no_level_has_somewhere_to_go(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
        tx.session.execute(text("DELETE FROM staff_role WHERE role = 'manager'"))
    said = problems(ward, SEVERE)
    for level in (Level.EMERGENCY, Level.URGENT):
        assert f"level {level}, team triage" in said


def test_shadow_needs_a_pack_that_fits(ward: Ward) -> None:
    other = whole_text(SEVERE, "pack").replace('key = "weekly-symptoms"', 'key = "other"', 1)
    with ward.clinic.begin(ward.clinic.charge) as tx:
        release = releases.draft(tx, ward.clinic.site, other)
        with pytest.raises(Invalid):
            flow.start_shadow(tx, release.id)


def test_the_set_up_date_is_the_sites(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        assert sites.set_up_at(tx, ward.clinic.site).date() == date(2026, 10, 19)
