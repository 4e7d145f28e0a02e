"""Going live: what can be known is not ticked, and a clinician signs what she saw."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.alerts.override_words import Asked
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Database
from rsm.flow import enrol, go_live, outbound, overrides
from rsm.improvement import service, signing, trials
from rsm.improvement.live_model import CheckKind, Extent, Line, Stage
from rsm.improvement.trials import NewTrial
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotAllowed
from rsm.kernel.words import Audience, Channel, SurveyState
from rsm.metrics.model import Days
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.clinic import PATIENT_PHONE, Clinic, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.not_live import (
    make_clinician,
    make_ready,
    not_live,
    practised,
    read_everything,
    sign,
    train_everybody,
    tried,
)

OFF = Change(rule="severe", disable=True)
TESTER = "+12025550132"
DAYS = Days(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def clinic(web_db: Database, owner: Engine) -> Clinic:
    clinic = build_clinic(web_db)
    not_live(owner, clinic.site)
    make_clinician(clinic)
    return clinic


@pytest.fixture
def post(clinic: Clinic, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(clinic, worker_db, clock)


def a_test_patient(post: Post) -> UUID:
    """A test patient, who was asked by text."""
    patient = post.clinic.enrol_patient("Tess Trial", TESTER, is_test=True)
    post.later(days=7)
    outbound.open_due(post.db)
    post.deliver()
    assert len(post.fake.received(TESTER)) == 1
    return patient


def open_lines(clinic: Clinic) -> set[Line]:
    with clinic.begin() as tx:
        return {one.line for one in go_live.standing_of(tx, clinic.site).items if not one.holds}


def test_each_line_is_open_until_what_it_asks_is_there(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    by_people = {Line.TRAINED, Line.THRESHOLDS, Line.TEXTS, Line.SAFETY_CONTACT}
    tried = {Line.CHANNELS, Line.EXERCISE}
    assert open_lines(clinic) == by_people | tried
    train_everybody(clinic)
    assert open_lines(clinic) == by_people - {Line.TRAINED} | tried
    read_everything(clinic, clinic.charge)
    assert open_lines(clinic) == tried
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    assert open_lines(clinic) == set()


def test_another_channel_is_tried_as_well(clinic: Clinic, post: Post, owner: Engine) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.VOICE, "+12025550103")
    assert open_lines(clinic) == {Line.CHANNELS}


def test_what_a_nurse_typed_in_for_her_shows_nothing_of_the_channel(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    patient = a_test_patient(post)
    tried(clinic, owner, patient, by=Channel.STAFF)
    assert Line.CHANNELS in open_lines(clinic)


def test_one_step_that_tells_two_people_at_once_is_no_escalation(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    practised(clinic, owner, a_test_patient(post), post.clock.now(), step="step:1")
    assert Line.EXERCISE in open_lines(clinic)


def test_a_threshold_that_the_site_changes_is_read_anew(clinic: Clinic, post: Post) -> None:
    """An override changes who is alerted as a new pack does."""
    read_everything(clinic, clinic.charge)
    assert Line.THRESHOLDS not in open_lines(clinic)
    with clinic.begin(clinic.nurse) as tx:
        site = sites.get(tx, clinic.site)
        whose = overrides.target(tx, site, Tier.SITE)
        asked = Asked(whose, (OFF,), "Known pain", tx.now + timedelta(days=20))
        wanted = overrides.propose(tx, site, asked)
    with clinic.begin(clinic.charge) as tx:
        overrides.agree(tx, sites.get(tx, clinic.site), wanted.id)
    assert Line.THRESHOLDS in open_lines(clinic)
    post.later(minutes=1)
    read_everything(clinic, clinic.charge)
    assert Line.THRESHOLDS not in open_lines(clinic)
    post.later(days=21)
    assert Line.THRESHOLDS in open_lines(clinic), "it ended: the pack is as it was before"


def test_a_test_of_long_ago_says_nothing_about_today(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    post.later(days=31)
    assert open_lines(clinic) == {Line.CHANNELS}
    post.later(days=60)
    assert open_lines(clinic) == {Line.CHANNELS, Line.EXERCISE}


def test_what_was_read_counts_for_exactly_that(clinic: Clinic) -> None:
    read_everything(clinic, clinic.charge)
    with clinic.begin() as tx:
        agreed = as_agreed(sites.get(tx, clinic.site))
        other = agreed.model_copy(update={"safety_contact_phone": "+12025550148"})
        sites.update_site(tx, clinic.site, other)
    assert Line.SAFETY_CONTACT in open_lines(clinic)
    with pytest.raises(Conflict), clinic.begin(clinic.charge) as tx:
        go_live.confirm(tx, clinic.site, CheckKind.SAFETY_CONTACT, "", "what it was before")


def test_only_a_clinician_signs_and_only_what_holds(clinic: Clinic) -> None:
    with pytest.raises(NotAllowed):
        sign(clinic, clinic.nurse)
    with pytest.raises(Invalid) as found:
        sign(clinic, clinic.charge)
    assert {one.where for one in found.value.problems} >= {"trained", "channels"}
    with clinic.begin() as tx:
        assert not sites.get(tx, clinic.site).is_live


def test_what_has_changed_since_it_was_shown_is_not_signed(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    with clinic.begin(clinic.charge) as tx:
        seen = go_live.fingerprint(tx, clinic.site, Extent.EVERYBODY)
    with clinic.begin(clinic.charge) as tx:
        signing.trained(tx, clinic.site, "Ada Lindqvist", "Settings", date(2026, 10, 13))
    with pytest.raises(Conflict), clinic.begin(clinic.charge) as tx:
        go_live.sign(tx, clinic.site, Extent.EVERYBODY, "", seen)


def test_a_signature_freezes_the_versions_and_the_clinic_goes_live(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    clinic.enrol_patient()
    post.later(days=7, hours=1)  # the clocks went back on 1 November
    outbound.open_due(post.db)
    assert Phone(post, PATIENT_PHONE).gets() == []
    sign(clinic, clinic.charge)
    with clinic.begin() as tx:
        site = sites.get(tx, clinic.site)
        (signed,) = signing.signatures(tx, clinic.site)
        assert service.stage(tx, clinic.site) is Stage.LIVE
        titles = [one.title for one in service.entries(tx, clinic.site, DAYS)]
    assert (signed.signed_by, signed.name) == (clinic.charge, "Ruth Cole")
    versions = signed.frozen["versions"]
    assert isinstance(versions, dict)
    assert versions["rule_pack"]["hash"] == site.rule_pack.hash
    assert site.live_since == post.clock.now()
    assert "Signed: the clinic went live" not in titles, "it was signed in November"
    post.later(days=7)
    outbound.open_due(post.db)
    assert len(Phone(post, PATIENT_PHONE).gets()) == 1
    with pytest.raises(Conflict):
        sign(clinic, clinic.charge)


def test_nobody_changes_or_takes_back_a_signature(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    sign(clinic, clinic.charge)
    for statement in ("UPDATE go_live_signature SET name = 'X'", "DELETE FROM go_live_signature"):
        with pytest.raises(Exception, match="permission denied"), clinic.begin() as tx:
            tx.session.execute(text(statement))


# --- the pilot group ------------------------------------------------------------------------------


def test_a_pilot_group_is_written_to_once_it_is_signed_for(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    today = date(2026, 10, 26)
    with clinic.begin(clinic.charge) as tx:
        trials.begin(tx, clinic.site, NewTrial(today, date(2026, 11, 30), first=1))
        assert service.stage(tx, clinic.site) is Stage.TRIAL
    first = clinic.enrol_patient()
    second = clinic.enrol_patient("Rosa Diaz", "+12025550133")
    with clinic.begin() as tx:
        assert trials.members(tx, clinic.site) == {first}
    post.later(days=7, hours=1)  # the clocks went back on 1 November
    outbound.open_due(post.db)
    assert Phone(post, PATIENT_PHONE).gets() == [], "nobody has signed yet"
    sign(clinic, clinic.charge, Extent.PILOT)
    post.later(days=7)
    outbound.open_due(post.db)
    assert len(Phone(post, PATIENT_PHONE).gets()) == 1
    assert Phone(post, "+12025550133").gets() == []
    with clinic.begin(clinic.nurse) as tx:
        trials.unmark(tx, clinic.site, first)
        trials.mark(tx, clinic.site, second)
        trials.end(tx, clinic.site, "The first text came too early.")
    post.later(days=7)
    outbound.open_due(post.db)
    assert len(Phone(post, PATIENT_PHONE).gets()) == 1
    assert len(Phone(post, "+12025550133").gets()) == 1
    with clinic.begin() as tx:
        assert not sites.get(tx, clinic.site).is_live


def test_a_window_of_the_pilot_group_was_due_even_if_nothing_reached_her(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    """It is called off only where nobody had signed for her."""
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    today = date(2026, 10, 26)
    with clinic.begin(clinic.charge) as tx:
        trials.begin(tx, clinic.site, NewTrial(today, date(2026, 11, 30), first=1))
    hers = clinic.enrol_patient()
    others = clinic.enrol_patient("Rosa Diaz", "+12025550133")
    sign(clinic, clinic.charge, Extent.PILOT)
    Phone(post, PATIENT_PHONE).says("STOP")
    post.later(days=7, hours=1)  # the clocks went back on 1 November
    outbound.open_due(post.db)
    for days in (4, 2):
        post.deliver()
        post.later(days=days)
        outbound.advance_due(post.db)
    with clinic.begin() as tx:
        ends = [schedules.recent(tx, who, 1)[0] for who in (hers, others)]
    assert [(each.state, each.miss_reason) for each in ends] == [
        (SurveyState.MISSED, MissReason.NOT_ANSWERED),
        (SurveyState.CANCELLED, MissReason.NOT_LIVE),
    ]


def test_a_pilot_is_signed_for_only_while_a_trial_is_open(
    clinic: Clinic, post: Post, owner: Engine
) -> None:
    make_ready(clinic, owner, a_test_patient(post), post.clock.now())
    with pytest.raises(Invalid):
        sign(clinic, clinic.charge, Extent.PILOT)


def test_one_trial_is_open_at_a_time(clinic: Clinic) -> None:
    new = NewTrial(date(2026, 10, 19), date(2026, 11, 19))
    with clinic.begin(clinic.charge) as tx:
        trials.begin(tx, clinic.site, new)
        with pytest.raises(Conflict):
            trials.begin(tx, clinic.site, new)


def test_whoever_enrols_at_a_site_that_is_live_joins_no_group(
    clinic: Clinic, owner: Engine
) -> None:
    with clinic.begin(clinic.charge) as tx:
        trials.begin(tx, clinic.site, NewTrial(date(2026, 10, 19), date(2026, 11, 19), first=5))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE site DISABLE TRIGGER rsm_is_signed"))
        connection.execute(text("UPDATE site SET live_since = created_at"))
    with clinic.begin(clinic.nurse) as tx:
        enrol.enter(tx, clinic.site, clinic.new_patient())
        assert trials.members(tx, clinic.site) == set()
