"""The collaborative's room on a real database: who takes part, what is shared, what comes in."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from rsm.collaborative import exchange, files, funnels, service, shared_store, sharing
from rsm.collaborative.model import NewOffer, OfferKind, Taken, Withheld
from rsm.collaborative.reading import read
from rsm.collaborative.signing import fingerprint, public_of, written
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope, Tx
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from rsm.metrics.figures import Figure
from rsm.metrics.model import Days
from tests.clinic import Clinic, build_clinic
from tests.collaborative_world import (
    FINGERPRINT,
    PUBLIC,
    STRANGER,
    Doc,
    document,
    envelope,
    site,
)

NO_SIGNATURE = b"A" * 86 + b"=="
_ADD = text(
    "INSERT INTO shared_figure (id, code, period, measure, definition, part, whole, made_at)"
    " VALUES (gen_random_uuid(), :code, '2026-07-01', 'acted', 'x', :part, :whole, :now)"
)
QUARTER = date(2026, 7, 1)
LOOKUPS = ("rsm_shared_sites()", "rsm_onboarding()")
COUNTS = {"completed": (80, 100), "by_self": (76, 100), "assisted": (4, 100), "acted": (5, 9)}


@pytest.fixture
def clinic(web_db: Database, clock: VirtualClock) -> Clinic:
    clock.advance(timedelta(days=1))
    made = build_clinic(web_db)
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology collaborative", 3)
        service.add_member(tx, "Hillside Health", PUBLIC, FINGERPRINT)
    return made


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """What the site's roll-ups say of the third quarter; of others nothing."""
    counts = dict(COUNTS)

    def found(tx: object, site_id: UUID, days: object) -> Mapping[str, Mapping[str, Figure]]:
        of = counts if getattr(days, "first", None) == QUARTER else {}
        return {"": {name: Figure(name, float(part), whole) for name, (part, whole) in of.items()}}

    monkeypatch.setattr("rsm.collaborative.sharing.metrics.figures", found)
    return counts


def joined(clinic: Clinic, worker: Database) -> str:
    with clinic.begin(clinic.charge) as tx:
        code = service.join(tx, clinic.site).code
    sharing.share_due(worker)
    return code


def took(db: Database, raw: bytes) -> Taken:
    with db.begin(NOWHERE) as tx:
        return files.take(tx, raw)


def refusal(db: Database, made: Doc | bytes) -> str:
    with pytest.raises(Invalid) as refused:
        took(db, made if isinstance(made, bytes) else envelope(made))
    return str(refused.value)


# --- sharing -------------------------------------------------------------------------------------


def test_a_site_shares_large_cells_under_a_code_and_nothing_else(
    clinic: Clinic, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    with clinic.begin() as tx:
        rows = tx.session.execute(
            text("SELECT code, measure, part, whole FROM shared_figure ORDER BY measure")
        ).all()
    assert [tuple(row) for row in rows] == [
        (code, "acted", None, None),  # five of nine
        (code, "assisted", None, None),  # four
        (code, "by_self", None, None),  # or the four could be had by subtraction
        (code, "completed", 80, 100),
    ]
    assert sharing.share_due(worker_db) == 0  # nothing has changed


def test_a_site_whose_figures_cannot_be_had_keeps_no_other_back(
    web_db: Database,
    clinic: Clinic,
    worker_db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    for one in (clinic, other):
        with one.begin(one.charge) as tx:
            service.join(tx, one.site)
    broken = {clinic.site}

    def found(tx: Tx, site_id: UUID, days: Days) -> Mapping[str, Mapping[str, Figure]]:
        if site_id in broken:
            raise LookupError(site_id)
        of = COUNTS if days.first == QUARTER else {}
        return {"": {name: Figure(name, float(part), whole) for name, (part, whole) in of.items()}}

    monkeypatch.setattr("rsm.collaborative.sharing.metrics.figures", found)
    for one in (clinic, other):  # whichever comes first in the round
        broken.clear()
        broken.add(one.site)
        with pytest.raises(LookupError):
            sharing.share_due(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        shared = tx.session.scalar(text("SELECT count(DISTINCT code) FROM shared_figure"))
    assert shared == 2


def test_a_correction_replaces_what_was_shared_and_the_former_stays(
    clinic: Clinic, worker_db: Database, figures: dict[str, tuple[int, int]]
) -> None:
    joined(clinic, worker_db)
    figures["completed"] = (81, 101)
    assert sharing.share_due(worker_db) == 1
    with clinic.begin() as tx:
        found = funnels.funnel(tx, "completed", QUARTER, clinic.site)
        former = text("SELECT part FROM shared_figure WHERE replaced_at IS NOT NULL")
        assert tx.session.execute(former).scalars().all() == [80]
    assert [(point.part, point.whole) for point in found.points] == [(81, 101)]


def test_the_database_itself_refuses_a_small_cell(
    clinic: Clinic, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    for part, whole in ((9, 100), (95, 100), (0, 20)):
        values = {"code": code[::-1], "part": part, "whole": whole}
        with worker_db.begin(EVERYWHERE) as tx, pytest.raises(DBAPIError, match="large_enough"):
            tx.session.execute(_ADD, values | {"now": tx.now})


def test_a_site_that_takes_no_part_sees_nothing_of_the_others(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with other.begin() as tx:
        for table in ("shared_figure", "collaborative_site", "shared_lesson", "exchange_offer"):
            count = tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert count == 0, table
        with pytest.raises(NotFound):
            funnels.funnel(tx, "completed", QUARTER, other.site)


def test_others_learn_a_sites_name_only_while_it_agrees(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    assert shown(web_db) == [(code, None)]
    with clinic.begin(clinic.charge) as tx:
        service.set_named(tx, clinic.site, named=True)
    assert shown(web_db) == [(code, "Lakeside Clinic")]
    with clinic.begin(clinic.charge) as tx:
        service.set_named(tx, clinic.site, named=False)
    assert shown(web_db) == [(code, None)]
    with clinic.begin() as tx:
        (own,) = funnels.funnel(tx, "completed", QUARTER, clinic.site).points
    assert (own.own, own.name) == (True, "Lakeside Clinic")
    assert actions(clinic) == [
        "collaborative.joined", "collaborative.named", "collaborative.coded",
    ]  # fmt: skip


def shown(db: Database) -> list[tuple[str, str | None]]:
    """Codes and names as the lead sees them."""
    with db.begin(NOWHERE) as tx:
        return [(one.code, one.name) for one in funnels.funnel(tx, "completed", QUARTER).points]


def actions(clinic: Clinic) -> list[str]:
    with clinic.begin() as tx:
        query = "SELECT action FROM audit_event WHERE action LIKE 'collaborative.%' ORDER BY seq"
        found = tx.session.execute(text(query)).scalars()
        return [action for action in found if action != "collaborative.agreed"][-3:]


def test_a_site_that_leaves_is_shown_to_nobody_at_once(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    with clinic.begin(clinic.charge) as tx:
        service.leave(tx, clinic.site)
    assert shown(web_db) == []
    assert sharing.share_due(worker_db) == 1
    with worker_db.begin(EVERYWHERE) as tx:
        left = text("SELECT count(*) FROM shared_figure WHERE replaced_at IS NULL")
        assert tx.session.execute(left).scalar_one() == 0
    with clinic.begin() as tx, pytest.raises(NotFound):
        funnels.funnel(tx, "completed", QUARTER, clinic.site)


def test_the_lead_reads_in_no_sites_scope(clinic: Clinic) -> None:
    with clinic.begin() as tx, pytest.raises(NotAllowed):
        funnels.funnel(tx, "completed", QUARTER)


def test_a_sites_session_cannot_reach_keys_members_or_files(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        for table in ("collaborative_key", "collaborative_member", "aggregate_file"):
            count = tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert count == 0, table


def test_a_patients_session_has_to_do_with_none_of_it(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    patient = clinic.enrol_patient()
    with web_db.begin(Scope.of_patient(clinic.site, patient)) as tx:
        for table in ("shared_figure", "collaborative_site", "collaborative", *LOOKUPS):
            assert tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_who_takes_part_is_told_to_members_and_how_far_they_are_to_the_lead_alone(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    seen = {}
    for who, scope in (
        ("member", Scope.site(clinic.site)),
        ("other", Scope.site(other.site)),
        ("lead", NOWHERE),
    ):
        with web_db.begin(scope) as tx:
            counts = [tx.session.execute(text(f"SELECT count(*) FROM {one}")) for one in LOOKUPS]
            seen[who] = [count.scalar_one() for count in counts]
    assert seen == {"member": [1, 0], "other": [0, 0], "lead": [1, 1]}


# --- keys and members ----------------------------------------------------------------------------


def test_the_private_half_of_the_key_is_sealed(web_db: Database, owner: object) -> None:
    with web_db.begin(NOWHERE) as tx:
        made = service.new_key(tx)
        sealed = tx.session.execute(text("SELECT sealed FROM collaborative_key")).scalar_one()
        signature = service.sign(tx, b"x")
    assert len(sealed) > 32
    assert len(signature) == 64
    assert made.public not in bytes(sealed)


def test_a_new_key_takes_the_place_of_the_former(web_db: Database) -> None:
    with web_db.begin(NOWHERE) as tx:
        first, second = service.new_key(tx), service.new_key(tx)
        assert service.own_key(tx) == second
        assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("name", "public", "heard", "where"),
    [
        ("Hillside", PUBLIC, FINGERPRINT[:-1] + "0", "heard"),
        ("", PUBLIC, FINGERPRINT, "name"),
        ("Hillside", "no key", FINGERPRINT, "public"),
        ("Hillside", PUBLIC[:-4], FINGERPRINT, "public"),
    ],
)
def test_a_member_is_entered_by_name_key_and_what_was_heard(
    web_db: Database, name: str, public: str, heard: str, where: str
) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Invalid) as refused:
        service.add_member(tx, name, public, heard)
    assert where in {problem.where for problem in refused.value.problems}


def test_a_key_is_entered_once_and_never_the_own_one(clinic: Clinic, web_db: Database) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Conflict):
        service.add_member(tx, "Again", PUBLIC, FINGERPRINT)
    with web_db.begin(NOWHERE) as tx:
        own = service.new_key(tx)
        with pytest.raises(Invalid, match="of this installation"):
            service.add_member(tx, "Us", written(own.public), own.fingerprint)


def test_there_is_one_collaborative(clinic: Clinic, web_db: Database) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Conflict):
        service.agree(tx, "other", "Another", 1)


def test_what_is_agreed_has_a_form(web_db: Database) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Invalid) as refused:
        service.agree(tx, "Not A Key", " ", 2)
    assert {one.where for one in refused.value.problems} == {"key", "name", "months"}


# --- files ---------------------------------------------------------------------------------------


def test_a_file_goes_from_one_installation_to_the_other(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    """Ours, taken in as if we were somebody else."""
    code = joined(clinic, worker_db)
    with web_db.begin(NOWHERE) as tx:
        service.new_key(tx)
        name, raw = files.export(tx, QUARTER)
    assert name.startswith("oncology-2026-07-")
    assert b"Lakeside" not in raw
    assert f'"code": "{code}"'.encode() in raw
    found = read(raw)
    assert found.document["period"] == {"first": "2026-07", "months": 3}


def test_a_file_tells_no_stage_by_which_a_code_could_be_known(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    """The lead knows who is in the trial period: the one code with that stage would be theirs."""
    joined(clinic, worker_db)
    numbers = [(f"+120255501{at}", f"+120255501{at + 1}") for at in (10, 12)]
    others = [build_clinic(web_db, name=f"S{one[0]}", numbers=one) for one in numbers]
    for other in others:
        with other.begin(other.charge) as tx:
            service.join(tx, other.site)
    with clinic.begin(clinic.charge) as tx:
        shared_store.change_site(tx, clinic.site, {"stage": "trial"})
    with web_db.begin(NOWHERE) as tx:
        service.new_key(tx)
    assert stages(web_db) == [None, None, None]
    with others[0].begin(others[0].charge) as tx:
        service.set_named(tx, others[0].site, named=True)
    assert sorted(map(str, stages(web_db))) == ["None", "None", "preparing"]
    with others[1].begin(others[1].charge) as tx:
        service.leave(tx, others[1].site)
    assert sorted(map(str, stages(web_db))) == ["preparing", "trial"]


def stages(db: Database) -> list[object]:
    """As our file tells them."""
    with db.begin(NOWHERE) as tx:
        _, raw = files.export(tx, QUARTER)
    return [one.get("stage") for one in json.loads(raw)["document"]["sites"]]


def test_nothing_can_be_exported_without_a_key_or_of_a_period_that_is_not_over(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    with web_db.begin(NOWHERE) as tx:
        with pytest.raises(Invalid, match="has no key"):
            files.export(tx, QUARTER)
        service.new_key(tx)
        for period in (date(2026, 10, 1), date(2026, 8, 1)):
            with pytest.raises(Invalid, match="cannot be exported"):
                files.export(tx, period)
        with pytest.raises(Invalid, match="none shares anything"):
            files.export(tx, date(2026, 4, 1))


def test_a_members_file_stands_beside_our_own(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    taken = took(web_db, envelope(document()))
    assert (taken.is_new, taken.replaced, taken.sites) == (True, False, 2)
    with clinic.begin() as tx:
        found = funnels.funnel(tx, "completed", QUARTER, clinic.site)
        acted = funnels.funnel(tx, "acted", QUARTER, clinic.site)
    assert sorted([code, "KQHG4", "MMRX9"]) == [point.code for point in found.points]
    assert {point.name for point in found.points} == {None, "Lakeside Clinic", "Hillside Clinic"}
    assert found.target == 0.75
    assert Withheld("KQHG4") in acted.withheld


def test_the_same_file_twice_is_one(clinic: Clinic, web_db: Database) -> None:
    first, again = (took(web_db, envelope(document())) for _ in range(2))
    assert (first.file_id, again.is_new) == (again.file_id, False)


def test_a_later_file_of_the_period_replaces_the_former_which_stays(
    clinic: Clinic, web_db: Database
) -> None:
    took(web_db, envelope(document()))
    later = document(issued_at="2026-10-16T08:00:00Z")
    later["sites"] = [site("KQHG4", [("completed", 91, 120)], [], name="Oak Clinic")]
    assert took(web_db, envelope(later)).replaced
    assert shown(web_db) == [("KQHG4", "Oak Clinic")]
    with web_db.begin(NOWHERE) as tx:
        count = tx.session.execute(text("SELECT count(*) FROM aggregate_file")).scalar_one()
    assert count == 2
    assert "made later is here already" in refusal(
        web_db, document(issued_at="2026-10-15T09:00:00Z")
    )


def bent(**changes: object) -> Doc:
    return document(**changes)


def with_cell(**changes: object) -> Doc:
    made = document()
    made["sites"][0]["cells"][0] |= changes
    return made


def with_site(**changes: object) -> Doc:
    made = document()
    made["sites"][0] |= changes
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (bent(version=2), "is not of version 1"),
        (bent(format="something"), "is not of version 1"),
        (bent(collaborative="cardiology"), "is of `cardiology`"),
        (bent(issuer="0" * 20), "another installation than the one that signed"),
        (bent(issued_at="2026-10-21T08:00:00Z"), "lies in the future"),
        (bent(issued_at="2026-10-15T08:00:00+02:00"), "written as an export writes it|UTC"),
        (bent(period={"first": "2026-10", "months": 3}), "was not over"),
        (bent(period={"first": "2026-08", "months": 3}), "none of 3 months begins"),
        (bent(period={"first": "2026-07", "months": 1}), "finer than the 3 that are agreed"),
        (bent(period={"first": "2026-01", "months": 12}), "coarser than the 3"),
        (bent(period={"first": "2026-07", "months": 3, "day": 4}), "finer than was agreed"),
        (bent(period={"first": "July", "months": 3}), "does not have the form"),
        (bent(measures=[{"id": "height", "hash": "0" * 16}]), "is not shared here"),
        (bent(measures=[{"id": "completed", "hash": "0" * 16}]), "means something else there"),
        (bent(sites=[]), "at least 1"),
        (bent(patients=[{"name": "Maria"}]), "unknown key `patients`"),
        (with_cell(part=9), "is under 10"),
        (with_cell(part=115), "leaves 5, under 10"),
        (with_cell(part=130), "leaves -10"),
        (with_cell(whole=119), "two different counts"),
        (with_cell(part=75), "`assisted` can be worked out"),
        (with_cell(age="1950"), "finer than was agreed"),
        (with_cell(measure="height"), "does not define"),
        (with_cell(measure="by_self"), "is there twice"),
        (with_site(code="MMRX9"), "is another site's"),
        (with_site(name="Maria Alvarez, born 4 March 1957; she lives <here>"), "form"),
        (with_site(stage="closed"), "is not one of"),
        (with_site(note="a word"), "unknown key `note`"),
    ],
)
def test_a_file_that_is_amiss_is_refused_whole_and_says_why(
    clinic: Clinic, web_db: Database, made: Doc, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        took(web_db, envelope(made))
    assert all(problem.where and problem.mend for problem in refused.value.problems)
    assert "Maria" not in str(refused.value) or "name" in str(refused.value)
    with web_db.begin(NOWHERE) as tx:
        for table in ("aggregate_file", "shared_figure", "foreign_site"):
            assert tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_file_of_nobody_known_or_changed_on_the_way_is_refused(
    clinic: Clinic, web_db: Database
) -> None:
    assert "not the key of a member" in refusal(web_db, envelope(document(), STRANGER))
    assert "was changed, or is not theirs" in refusal(
        web_db, envelope(document(), STRANGER, key=FINGERPRINT)
    )
    changed = envelope(document()).replace(b'"part": 90', b'"part": 99')
    assert "was changed, or is not theirs" in refusal(web_db, changed)
    assert "is no aggregate file" in refusal(web_db, b"{}")
    assert "cannot be read" in refusal(web_db, b"\xff\xfe")
    assert "is larger" in refusal(web_db, b" " * 1_000_001)


@pytest.mark.parametrize(
    "raw",
    [
        envelope(document(), key="\0" * 20),
        b'{"document": {"a": ["\\ud800"]}, "key": "a", "signature": "' + NO_SIGNATURE + b'"}',
        b'{"document": {"a": ' + b"[" * 700 + b"]" * 700 + b"}" * 1
        + b', "key": "a", "signature": "' + NO_SIGNATURE + b'"}',
    ],
    ids=["a key that no text column holds", "half a character in a list", "very deep"],
)  # fmt: skip
def test_a_file_that_nothing_can_be_made_of_is_refused_in_words(
    clinic: Clinic, web_db: Database, raw: bytes
) -> None:
    assert refusal(web_db, raw)


def test_what_stood_in_a_refused_file_does_not_stand_in_the_audit_trail(
    clinic: Clinic, web_db: Database
) -> None:
    """A key that is unknown could be anybody's name: the trail holds ids only, and for ever."""
    made = with_site(**{"Maria Alvarez 1961": 12, "patients": [{"age": 61}]})
    with web_db.begin(NOWHERE) as tx:
        with pytest.raises(Invalid) as refused, tx.savepoint():
            files.take(tx, envelope(made))
        files.refused(tx, envelope(made), refused.value)
    with web_db.begin(NOWHERE) as tx:
        query = "SELECT facts::text FROM audit_event WHERE action = 'aggregate.refused'"
        facts = tx.session.execute(text(query)).scalar_one()
    assert "Maria" not in facts
    assert "sites[0]" in facts


def test_a_code_of_ours_or_of_another_member_cannot_be_claimed(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    made = document(sites=[site(code, [("completed", 30, 120)], [])])
    assert "is another site's" in refusal(web_db, made)


def test_the_code_of_a_site_of_ours_that_has_left_cannot_be_claimed(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    """It may come back under it."""
    code = joined(clinic, worker_db)
    with clinic.begin(clinic.charge) as tx:
        service.leave(tx, clinic.site)
    sharing.share_due(worker_db)
    made = document(sites=[site(code, [("completed", 30, 120)], [])])
    assert "is another site's" in refusal(web_db, made)


def test_a_code_that_still_stands_for_figures_of_another_cannot_be_claimed(
    clinic: Clinic, web_db: Database
) -> None:
    """Its site has left the other member; what it shared stays."""
    took(web_db, envelope(document()))
    later = document(period={"first": "2026-04", "months": 3}, issued_at="2026-10-16T08:00:00Z")
    later["sites"] = later["sites"][:1]
    took(web_db, envelope(later))
    public = public_of(STRANGER)
    with web_db.begin(NOWHERE) as tx:
        service.add_member(tx, "Oak Health", written(public), fingerprint(public))
    theirs = document(issuer=fingerprint(public))
    assert "`MMRX9` is another site's" in refusal(web_db, envelope(theirs, STRANGER))


def test_a_member_that_is_out_is_believed_and_shown_no_more(
    clinic: Clinic, web_db: Database
) -> None:
    took(web_db, envelope(document()))
    with web_db.begin(NOWHERE) as tx:
        (member,) = service.members(tx)
        assert member.last_period == QUARTER
        service.end_member(tx, member.id)
    assert shown(web_db) == []
    later = document(issued_at="2026-10-16T08:00:00Z")
    assert "who is out" in refusal(web_db, later)


def test_onboarding_is_told_without_codes_of_our_sites(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    code = joined(clinic, worker_db)
    made = document()
    del made["sites"][0]["stage"]
    took(web_db, envelope(made))
    with web_db.begin(NOWHERE) as tx:
        found = service.onboarding(tx)
    assert [one.stage for one in found] == ["live", None, "live"]
    assert [one.place for one in found] == ["Lakeside Clinic", "KQHG4", "Hillside Clinic"]
    assert code not in str(found)


# --- offers --------------------------------------------------------------------------------------


def new_offer(**other: object) -> NewOffer:
    values: dict[str, object] = {
        "kind": OfferKind.TEXT,
        "title": "invitation, en, sms",
        "hash": "ab" * 32,
        "body": "Hello",
        "refers": {"purpose": "invitation"},
        "author": "Ruth Cole, Lakeside",
        "evidence": "12 points more began within a day.",
    }
    return NewOffer(**(values | other))  # type: ignore[arg-type]  # as the test says


def test_an_offer_is_read_by_all_and_withdrawn_by_its_site_alone(
    clinic: Clinic, web_db: Database, worker_db: Database, figures: object
) -> None:
    joined(clinic, worker_db)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with other.begin(other.charge) as tx:
        service.join(tx, other.site)
    with clinic.begin(clinic.charge) as tx:
        offer_id = exchange.offer(tx, clinic.site, new_offer())
        with pytest.raises(Conflict):
            exchange.offer(tx, clinic.site, new_offer())
        with pytest.raises(Invalid):
            exchange.offer(tx, clinic.site, new_offer(author=" ", evidence="x" * 1001))
    with other.begin(other.charge) as tx:
        assert [one.id for one in exchange.offers(tx)] == [offer_id]
        with pytest.raises(NotFound):
            exchange.withdraw(tx, other.site, offer_id)
    with web_db.begin(NOWHERE) as tx:
        assert [one.author for one in exchange.offers(tx)] == ["Ruth Cole, Lakeside"]
    with clinic.begin(clinic.charge) as tx:
        exchange.withdraw(tx, clinic.site, offer_id)
        assert exchange.offers(tx) == ()


# --- what the newest file says of its sites ------------------------------------------------------


def test_a_name_that_the_newest_file_does_not_hold_is_taken_back(
    clinic: Clinic, web_db: Database
) -> None:
    took(web_db, envelope(document()))
    assert shown(web_db)[1] == ("MMRX9", "Hillside Clinic")
    before = document(period={"first": "2026-04", "months": 3}, issued_at="2026-10-16T08:00:00Z")
    del before["sites"][1]["name"]
    took(web_db, envelope(before))
    assert shown(web_db)[1] == ("MMRX9", None)


def test_a_site_that_the_newest_file_does_not_know_is_shown_no_more(
    clinic: Clinic, web_db: Database
) -> None:
    took(web_db, envelope(document()))
    later = document(period={"first": "2026-04", "months": 3}, issued_at="2026-10-16T08:00:00Z")
    later["sites"] = later["sites"][:1]
    took(web_db, envelope(later))
    assert [code for code, _ in shown(web_db)] == ["KQHG4"]


def test_a_file_that_was_made_earlier_changes_no_name(clinic: Clinic, web_db: Database) -> None:
    took(web_db, envelope(document()))
    earlier = document(period={"first": "2026-04", "months": 3}, issued_at="2026-10-14T08:00:00Z")
    earlier["sites"][1]["name"] = "Another Name"
    took(web_db, envelope(earlier))
    assert shown(web_db)[1] == ("MMRX9", "Hillside Clinic")


def test_one_file_that_comes_twice_at_once_is_taken_in_once(
    clinic: Clinic, web_db: Database
) -> None:
    start = Barrier(2)

    def take(_: int) -> Taken:
        with web_db.begin(NOWHERE) as tx:
            start.wait(60)
            return files.take(tx, envelope(document()))

    with ThreadPoolExecutor(2) as both:
        taken = list(both.map(take, range(2)))
    assert sorted(one.is_new for one in taken) == [False, True]
