"""Going live while others are at it: signed once, and exactly what was shown."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from rsm.alerts.override_words import Asked
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Database
from rsm.flow import go_live, outbound, overrides
from rsm.improvement import signing
from rsm.improvement.live_model import Extent
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.sites import service as sites
from tests.at_once import begun
from tests.clinic import Clinic, build_clinic
from tests.flow.post import Post
from tests.not_live import make_clinician, make_ready, not_live

OFF = Change(rule="severe", disable=True)
TESTER = "+12025550132"
_AGREED = "UPDATE rule_override SET decided_by = :by, decided_at = :at, since = :at"
_UNDONE = "UPDATE rule_override SET decided_by = NULL, decided_at = NULL"


@pytest.fixture
def clinic(web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock) -> Clinic:
    """It is ready to be signed by Ruth."""
    clinic = build_clinic(web_db)
    not_live(owner, clinic.site)
    make_clinician(clinic)
    post = Post(clinic, worker_db, clock)
    patient = clinic.enrol_patient("Tess Trial", TESTER, is_test=True)
    post.later(days=7)
    outbound.open_due(post.db)
    post.deliver()
    make_ready(clinic, owner, patient, clock.now())
    return clinic


def shown(clinic: Clinic) -> str:
    with clinic.begin(clinic.charge) as tx:
        return go_live.fingerprint(tx, clinic.site, Extent.EVERYBODY)


def test_two_presses_of_the_button_are_one_signature(clinic: Clinic, owner: Engine) -> None:
    seen = shown(clinic)

    def again() -> None:
        with clinic.begin(clinic.charge) as tx:
            sites.get(tx, clinic.site)  # as a page does, before it comes to signing
            go_live.sign(tx, clinic.site, Extent.EVERYBODY, "", seen)

    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            go_live.sign(tx, clinic.site, Extent.EVERYBODY, "", seen)
            second = begun(pool, owner, again)
        with pytest.raises(Conflict, match="live already"):
            second.result(60)
    with clinic.begin() as tx:
        assert len(signing.signatures(tx, clinic.site)) == 1


def test_nothing_is_signed_that_came_after_what_was_shown(
    clinic: Clinic, owner: Engine, clock: VirtualClock
) -> None:
    """Somebody agrees to a change of a threshold, whichever look at the thresholds that follows."""
    seen, signed = shown(clinic), 0
    wait_for_a_second_person(clinic, clock)
    for number in range(1, 9):
        signed += signs_while_one_agrees(clinic, owner, clock, seen, number)
        with owner.begin() as connection:
            connection.execute(text(_UNDONE))
    assert 0 < signed < 8


def wait_for_a_second_person(clinic: Clinic, clock: VirtualClock) -> UUID:
    with clinic.begin(clinic.nurse) as tx:
        site = sites.get(tx, clinic.site)
        until = clock.now().replace(month=clock.now().month % 12 + 1)
        asked = Asked(overrides.target(tx, site, Tier.SITE), (OFF,), "Known pain", until)
        return overrides.propose(tx, site, asked).id


def signs_while_one_agrees(
    clinic: Clinic, owner: Engine, clock: VirtualClock, seen: str, number: int
) -> bool:
    """Whether it is signed, as it was shown, where somebody agrees after that many looks."""
    looks = []

    def meanwhile(_connection: object, _cursor: object, asked: str, *_: object) -> None:
        if "FROM rule_override" in asked:
            looks.append(asked)
            if len(looks) == number:
                with owner.begin() as connection:
                    given = {"by": clinic.charge, "at": clock.now()}
                    connection.execute(text(_AGREED), given)

    with clinic.begin(clinic.charge) as tx:
        event.listen(tx.session.connection(), "after_cursor_execute", meanwhile)
        try:
            go_live.sign(tx, clinic.site, Extent.EVERYBODY, "", seen)
        except (Conflict, Invalid):
            return False
        (made,) = signing.signatures(tx, clinic.site)
        assert made.frozen["overrides"] == [], "she has not seen it"
        tx.session.rollback()
        return True
