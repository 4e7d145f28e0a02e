"""Releases: each step once, by whom it may be, on the audit trail; two people before it is live."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from rsm.alerts import releases
from rsm.alerts.packs import folder
from rsm.alerts.releases import NotTaken, ReleaseView, Why
from rsm.alerts.states import ReleaseState
from rsm.db.work import Database, Scope
from rsm.flow import release as flow
from rsm.kernel.errors import Invalid, NotAllowed, NotFound
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic

STAR = (folder() / "star.toml").read_text()
SEVERE = (folder() / "severe-only.toml").read_text()
REASON = "Fewer alerts that lead to nothing."


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def drafted(clinic: Clinic, body: str = STAR) -> ReleaseView:
    with clinic.begin(clinic.charge) as tx:
        return releases.draft(tx, clinic.site, body)


def asked(clinic: Clinic, body: str = STAR) -> ReleaseView:
    release = drafted(clinic, body)
    with clinic.begin(clinic.charge) as tx:
        return flow.ask(tx, release.id, REASON)


def agree(clinic: Clinic, release: ReleaseView, by: UUID) -> ReleaseView:
    with clinic.begin(by) as tx:
        return flow.agree(tx, release.id, flow.token(tx, release))


def now(clinic: Clinic, release: ReleaseView) -> ReleaseView:
    with clinic.begin() as tx:
        return releases.get(tx, release.id)


def actions(clinic: Clinic) -> list[str]:
    query = "SELECT action FROM audit_event WHERE action LIKE 'release.%' ORDER BY at, seq"
    with clinic.begin() as tx:
        return list(tx.session.scalars(text(query)))


def at_once(*works: Callable[[], str]) -> Sequence[str]:
    """Run these in threads of their own, begun together; what each came to."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], str]) -> str:
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(60) for one in [pool.submit(begin, work) for work in works]]


# --- the way -------------------------------------------------------------------------------------


def test_a_pack_goes_from_draft_over_shadow_to_live_and_is_retired_by_the_next(
    clinic: Clinic,
) -> None:
    first = drafted(clinic)
    with clinic.begin(clinic.charge) as tx:
        assert flow.start_shadow(tx, first.id).shadow_since == tx.now
        assert flow.ask(tx, first.id, REASON).reason == REASON
    live = agree(clinic, first, clinic.nurse)
    assert (live.state, live.asked_by, live.decided_by) == (
        ReleaseState.LIVE,
        clinic.charge,
        clinic.nurse,
    )
    second = agree(clinic, asked(clinic, SEVERE), clinic.second)
    former = now(clinic, first)
    assert (former.state, former.retired_by) == (ReleaseState.RETIRED, clinic.second)
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site).rule_pack == second.pin
    assert actions(clinic) == [
        "release.drafted",
        "release.shadow",
        "release.asked",
        "release.live",
        "release.drafted",
        "release.asked",
        "release.retired",
        "release.live",
    ]


def test_a_draft_holds_everything_that_it_includes(clinic: Clinic) -> None:
    release = drafted(clinic)
    assert "\ninclude = " not in release.body
    assert 'id = "chest-pain"' in release.body
    assert releases.pack_of(release)[0].pin == release.pin


def test_what_is_no_pack_is_no_draft(clinic: Clinic) -> None:
    with pytest.raises(Invalid, match="unknown key `levle`"):
        drafted(clinic, STAR.replace("level = ", "levle = ", 1))


def test_a_changed_draft_is_asked_for_anew(clinic: Clinic) -> None:
    release = asked(clinic)
    with clinic.begin(clinic.administrator) as tx:
        changed = releases.change(tx, release.id, SEVERE, release.pin.hash)
    assert (changed.title, changed.is_asked, changed.reason) == (
        "Severe answers only",
        False,
        None,
    )
    with clinic.begin(clinic.charge) as tx, pytest.raises(NotTaken) as refused:
        releases.change(tx, release.id, STAR, release.pin.hash)
    assert refused.value.why is Why.CHANGED


def test_the_text_of_a_pack_in_shadow_is_fixed(clinic: Clinic) -> None:
    release = drafted(clinic)
    with clinic.begin(clinic.charge) as tx:
        releases.start_shadow(tx, release.id)
    with clinic.begin(clinic.charge) as tx, pytest.raises(NotTaken):
        releases.change(tx, release.id, SEVERE, release.pin.hash)


def test_a_site_has_one_pack_in_shadow(clinic: Clinic) -> None:
    first, second = drafted(clinic), drafted(clinic, SEVERE)
    with clinic.begin(clinic.charge) as tx:
        releases.start_shadow(tx, first.id)
    with clinic.begin(clinic.charge) as tx:
        with pytest.raises(NotTaken) as refused:
            releases.start_shadow(tx, second.id)
        assert refused.value.why is Why.SHADOW_TAKEN
        assert releases.withdraw(tx, first.id).state is ReleaseState.RETIRED
        assert releases.start_shadow(tx, second.id).state is ReleaseState.SHADOW


def test_a_request_needs_a_reason_and_can_be_taken_back(clinic: Clinic) -> None:
    release = drafted(clinic)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="reason"):
        releases.ask(tx, release.id, "  ")
    with clinic.begin(clinic.charge) as tx:
        releases.ask(tx, release.id, REASON)
        assert not releases.take_back(tx, release.id).is_asked
        with pytest.raises(NotTaken):
            releases.take_back(tx, release.id)


def test_nobody_but_people_moves_a_release(clinic: Clinic) -> None:
    with clinic.begin() as tx, pytest.raises(NotAllowed):
        releases.draft(tx, clinic.site, STAR)


def test_another_site_sees_nothing_of_it(clinic: Clinic, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550170", "+12025550171"))
    release = drafted(clinic)
    with other.begin() as tx:
        assert releases.of_site(tx, clinic.site) == []
        with pytest.raises(NotFound):
            releases.get(tx, release.id)


# --- two people ----------------------------------------------------------------------------------


def test_whoever_asked_does_not_agree(clinic: Clinic) -> None:
    release = asked(clinic)
    with pytest.raises(NotAllowed):
        agree(clinic, release, clinic.charge)
    assert now(clinic, release).is_asked


def test_nobody_agrees_to_what_nobody_asked_for(clinic: Clinic) -> None:
    release = drafted(clinic)
    with pytest.raises(NotTaken) as refused:
        agree(clinic, release, clinic.nurse)
    assert refused.value.why is Why.MOVED


@pytest.mark.parametrize("_round", range(3))
def test_of_two_who_agree_at_once_one_decides(clinic: Clinic, _round: int) -> None:
    release = asked(clinic)

    def agreeing(who: UUID) -> Callable[[], str]:
        def work() -> str:
            try:
                return str(agree(clinic, release, who).decided_by)
            except NotTaken as error:
                return error.why.value

        return work

    came_to = at_once(agreeing(clinic.nurse), agreeing(clinic.second))
    assert len([one for one in came_to if one == Why.MOVED]) == 1
    assert str(now(clinic, release).decided_by) in came_to


def test_of_two_packs_that_are_agreed_to_at_once_one_goes_live(clinic: Clinic) -> None:
    packs = {clinic.nurse: asked(clinic), clinic.second: asked(clinic, SEVERE)}
    with clinic.begin() as tx:
        seen = {who: flow.token(tx, release) for who, release in packs.items()}

    def agreeing(who: UUID) -> Callable[[], str]:
        def work() -> str:
            try:
                with clinic.begin(who) as tx:
                    return flow.agree(tx, packs[who].id, seen[who]).state.value
            except NotTaken as error:
                return error.why.value

        return work

    came_to = at_once(*(agreeing(who) for who in packs))
    assert sorted(came_to) == [Why.CHANGED, ReleaseState.LIVE]


def test_the_database_knows_no_pack_that_one_person_released(
    clinic: Clinic, worker_db: Database
) -> None:
    release = asked(clinic)
    query = text(
        "UPDATE rule_release SET state = 'live', decided_by = asked_by, decided_at = :now"
        " WHERE id = :id"
    )
    for db in (clinic.db, worker_db):
        with db.begin(Scope.site(clinic.site)) as tx, pytest.raises(IntegrityError) as refused:
            tx.session.execute(query, {"now": tx.now, "id": release.id})
        assert "two_people" in str(refused.value)
