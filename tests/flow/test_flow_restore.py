"""After a restore from backup nothing is sent until the provider's record has been read (P2, P8).

The database is cloned (the backup), everybody goes on, then the clone takes the place of the
original. The provider, the phones and the directory with the lifeline's copy are as they were.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import make_url

from integrations.twilio.faults import ReadFault
from rsm.db.work import EVERYWHERE
from rsm.flow import holds
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.vault import Vault
from rsm.kernel.words import Audience, Channel
from rsm.messaging import holds as room
from rsm.messaging.lifeline import LONGEST_SILENCE, Doubt
from rsm.sites import service as sites
from rsm.sites.senders import SenderKind, SenderSettings
from rsm.worker.keepsake import LifelineFile
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic
from tests.conftest import KEYS, Server
from tests.flow.restore import World

MINUTE = timedelta(minutes=1)
ANNA, BERT, CLEO, DORA, EDNA = (f"+1202555015{n}" for n in range(1, 6))
Restore = Callable[[World], None]


@pytest.fixture
def world(owner_url: str, vault: Vault, clock: VirtualClock, tmp_path: Path) -> Iterator[World]:
    world = World(owner_url, tmp_path, vault, clock, KEYS)
    yield world
    world.close()


@pytest.fixture
def backup(server: Server, world: World) -> Iterator[Callable[[], Restore]]:
    """Back up now; what it returns puts the backup in the place of the database."""
    made: list[str] = []

    def back_up() -> Restore:
        name = make_url(world.url).database
        made.append(f"{name}_b{len(made)}")
        clone = made[-1]
        world.close()
        server.run(f"CREATE DATABASE {clone} TEMPLATE {name} STRATEGY file_copy")
        world.open(world.url)

        def restore(world: World) -> None:
            world.close()
            world.open(server.url_of(clone))

        return restore

    yield back_up
    world.close()
    for name in made:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


def enrol(clinic: Clinic, name: str, phone: str, at: time) -> UUID:
    return clinic.enrol_patient(name, phone, local_time=at)


def counts(world: World) -> Counter[tuple[str, str]]:
    """How often each phone got which words: what its owner would say of us."""
    return Counter((each.to, each.body) for each in world.fake.accepted)


def to(world: World, phone: str) -> int:
    return sum(each.to == phone for each in world.fake.accepted)


def state(world: World, patient: UUID) -> list[tuple[object, ...]]:
    return world.rows(
        "SELECT purpose, state, provider_id IS NOT NULL FROM message"
        f" WHERE patient_id = '{patient}' AND lane = 'survey' ORDER BY created_at"
    )


@pytest.mark.parametrize("provider_stops", [True, False])
def test_after_a_restore_nobody_is_texted_twice_and_nothing_said_meanwhile_is_lost(
    world: World, backup: Callable[[], Restore], provider_stops: bool
) -> None:
    world.fake.keywords = provider_stops
    clinic = build_clinic(world.web)
    anna = enrol(clinic, "Anna Sent", ANNA, time(9))
    bert = enrol(clinic, "Bert Queued", BERT, time(9, 10))
    cleo = enrol(clinic, "Cleo Later", CLEO, time(9, 30))
    dora = enrol(clinic, "Dora Never", DORA, time(10, 5))
    edna = enrol(clinic, "Edna Stops", EDNA, time(9))
    world.work()
    world.pass_time(10)
    world.open_windows()
    restore = backup()  # Bert's text is written and has not left
    world.deliver()
    world.pass_time(20)
    world.work()  # Cleo's window opens
    world.pass_time(10)
    world.hear(EDNA, "STOP")
    world.hear(ANNA, "The pain is much worse today")
    world.work()
    world.call_back()
    before = counts(world)
    assert [to(world, phone) for phone in (BERT, CLEO, DORA)] == [1, 1, 0]

    world.clock.advance(timedelta(minutes=50))  # the server is lost; Dora's time passes
    restore(world)
    assert world.start_worker()
    world.work()
    assert counts(world) == before  # nothing goes out before the record is read
    assert world.read_back() == 1
    assert not world.is_held()
    world.work()
    world.call_back()

    after = counts(world)
    patients = {ANNA, BERT, CLEO, DORA, EDNA}
    assert {key: n for key, n in after.items() if key[0] in patients and n > 1} == {}
    assert len(set(world.patient_keys())) == len(world.patient_keys())
    assert to(world, DORA) == 1  # what had not been sent goes out
    assert state(world, dora) == [("survey_invite", "delivered", True)]
    assert state(world, bert) == [("survey_invite", "delivered", True)]
    assert state(world, cleo)[0][0::2] == ("survey_invite", True)
    assert world.rows(f"SELECT action FROM opt_event WHERE patient_id = '{edna}'")[0] == ("stop",)
    assert world.rows(f"SELECT count(*) FROM alert WHERE patient_id = '{anna}'") == [(1,)]
    assert world.rows("SELECT count(*) FROM inbound_message WHERE state = 'handled'") == [(2,)]
    kinds = world.rows(f"SELECT kind FROM task WHERE patient_id = '{edna}'")
    assert ("reach_another_way",) in kinds


def test_a_text_that_waits_at_the_provider_is_not_sent_again_either(
    world: World, backup: Callable[[], Restore]
) -> None:
    clinic = build_clinic(world.web)
    enrol(clinic, "Bert Queued", BERT, time(9))
    world.start_worker()
    world.open_windows()
    restore = backup()
    world.deliver()  # taken by the provider, which has not sent it yet
    world.clock.advance(30 * MINUTE)
    restore(world)
    world.start_worker()
    world.read_back()
    world.work()
    assert to(world, BERT) == 1


def test_a_window_that_opens_again_after_the_reading_is_known_to_have_been_texted(
    world: World, backup: Callable[[], Restore]
) -> None:
    clinic = build_clinic(world.web)
    cleo = enrol(clinic, "Cleo Later", CLEO, time(9, 5))
    world.start_worker()
    restore = backup()
    world.pass_time(5)
    world.work()
    assert to(world, CLEO) == 1
    world.clock.advance(30 * MINUTE)
    restore(world)
    world.start_worker()
    world.read_back()
    assert world.rows("SELECT verdict FROM listed") == [("unknown",)]
    world.work()
    world.call_back()
    assert to(world, CLEO) == 1
    assert state(world, cleo) == [("survey_invite", "delivered", True)]
    assert world.rows("SELECT verdict FROM listed") == [("taken",)]


def test_the_same_words_weeks_later_are_a_new_message(
    world: World, backup: Callable[[], Restore]
) -> None:
    """Nobody may be left without an answer to HELP because of one that was lost long ago."""
    clinic = build_clinic(world.web)
    enrol(clinic, "Anna Asks", ANNA, time(9))
    world.fake.keywords = False
    world.start_worker()
    restore = backup()
    world.hear(ANNA, "HELP")
    world.deliver()
    world.forget_at_the_provider(inbound=True)
    world.clock.advance(30 * MINUTE)
    restore(world)
    world.start_worker()
    world.read_back()
    assert world.rows("SELECT verdict FROM listed") == [("unknown",)]
    world.pass_time(60)
    world.clock.advance(timedelta(days=6))
    world.start_worker()
    world.read_back()
    world.hear(ANNA, "HELP")
    world.deliver()
    assert to(world, ANNA) == 2


def test_staff_are_told_of_an_emergency_while_sending_is_held(
    world: World, backup: Callable[[], Restore]
) -> None:
    clinic = build_clinic(world.web)
    world.start_worker()
    restore = backup()
    world.clock.advance(30 * MINUTE)
    restore(world)
    world.start_worker()
    world.enqueue_to_staff(clinic, "emergency")
    world.enqueue_to_staff(clinic, "staff")
    world.deliver()
    assert len(world.fake.accepted) == 1
    world.read_back()
    world.deliver()
    assert len(world.fake.accepted) == 2


def test_a_first_start_holds_nothing(world: World) -> None:
    assert not world.start_worker()
    assert not world.start_worker()
    assert world.rows("SELECT count(*) FROM sending_hold") == [(0,)]


def test_a_database_behind_its_copy_is_held(world: World) -> None:
    for _ in range(5):
        world.start_worker()
    world.change("UPDATE lifeline SET counter = 2")
    assert world.start_worker()
    assert why(world) == [Doubt.BEHIND]
    assert world.rows("SELECT counter FROM lifeline") == [(6,)]


def test_a_database_older_than_the_lifeline_is_held(world: World) -> None:
    world.start_worker()
    world.change("DELETE FROM lifeline")
    assert world.start_worker()
    assert why(world) == [Doubt.BEHIND]


def test_another_server_is_held_though_nothing_is_behind(world: World) -> None:
    world.start_worker()
    (world.data_dir / "lifeline.json").unlink()  # a container without a volume
    world.change("UPDATE lifeline SET server = '1:1:1'")
    assert world.start_worker()
    assert why(world) == [Doubt.OTHER_SERVER]


def test_the_server_is_told_by_the_cluster_its_timeline_and_the_database(world: World) -> None:
    world.start_worker()
    ((server,),) = world.rows("SELECT server FROM lifeline")
    known = world.rows(
        "SELECT system_identifier || ':' || timeline_id || ':' || d.oid"
        " FROM pg_control_system(), pg_control_checkpoint(), pg_database d"
        " WHERE datname = current_database()"
    )
    assert [(server,)] == known


def test_where_the_server_may_not_be_asked_the_database_still_tells(world: World) -> None:
    for function in ("pg_control_system()", "pg_control_checkpoint()"):
        world.change(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    assert not world.start_worker()
    known = "SELECT oid::text FROM pg_database WHERE datname = current_database()"
    assert world.rows("SELECT server FROM lifeline") == world.rows(known)


def test_a_long_silence_is_held_and_a_short_one_is_not(world: World) -> None:
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE)
    assert not world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    began = world.clock.now()
    assert world.start_worker()
    assert why(world) == [Doubt.SILENT]
    ((covers_from,),) = world.rows("SELECT covers_from FROM sending_hold")
    assert isinstance(covers_from, datetime)
    assert covers_from < began - LONGEST_SILENCE


def test_nothing_leaves_before_somebody_has_looked_at_the_lifeline(world: World) -> None:
    """A restore under running workers: they claim every second and look every ten."""
    clinic = build_clinic(world.web)
    enrol(clinic, "Anna Waits", ANNA, time(9))
    world.start_worker()
    world.clock.advance(5 * MINUTE)
    world.open_windows()
    world.deliver()
    assert world.fake.accepted == []
    world.start_worker()
    world.deliver()
    assert to(world, ANNA) == 1


def test_two_workers_that_start_at_once_make_one_hold(world: World) -> None:
    world.start_worker()
    world.clock.advance(2 * LONGEST_SILENCE)
    barrier = Barrier(2)

    def start() -> None:
        barrier.wait()
        world.start_worker()

    workers = [Thread(target=start) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert why(world) == [Doubt.SILENT]
    assert world.rows("SELECT counter FROM lifeline") == [(3,)]


def test_a_record_that_cannot_be_read_keeps_the_hold_and_is_read_again(world: World) -> None:
    clinic = build_clinic(world.web)
    enrol(clinic, "Anna Waits", ANNA, time(9))
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    world.open_windows()
    world.fake.faults.reads += [ReadFault.SERVER_ERROR, ReadFault.TIMEOUT]
    assert world.read_back() == 0
    assert world.read_back() == 0  # not at once again
    world.clock.advance(MINUTE)
    assert world.read_back() == 0
    world.deliver()
    assert world.is_held()
    assert world.fake.accepted == []
    world.clock.advance(MINUTE)
    world.start_worker()
    assert world.read_back() == 1
    world.deliver()
    assert to(world, ANNA) == 1
    assert world.rows("SELECT kind, listed FROM reconciliation") == [("restore", 0)]


def test_a_page_that_fails_after_the_first_sender_lifts_nothing(world: World) -> None:
    build_clinic(world.web)
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    world.fail_read_number(3)
    assert world.read_back() == 0
    assert world.is_held()


def test_a_hold_that_was_widened_while_it_was_read_stands(world: World) -> None:
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    with world.db.begin(EVERYWHERE) as tx:
        (seen,) = room.all_standing(tx)
        room.raise_hold(tx, Doubt.BEHIND, seen.covers_from - timedelta(days=1))
        assert not room.lift_after(tx, seen, tx.now, room.Tally())
    assert world.is_held()
    assert world.read_back() == 1


def test_a_second_restore_while_a_hold_stands_is_not_freed_by_a_reading_from_before_it(
    world: World, backup: Callable[[], Restore]
) -> None:
    """What that reading has stored is gone: it was stored in the database that was replaced."""
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    restore = backup()
    world.pass_time(1)
    with world.db.begin(EVERYWHERE) as tx:
        (seen,) = room.all_standing(tx)  # a worker reads the provider's record meanwhile
    restore(world)
    world.start_worker()
    with world.db.begin(EVERYWHERE) as tx:
        (stands,) = room.all_standing(tx)
        assert stands.covers_from == seen.covers_from
        assert not room.lift_after(tx, seen, tx.now, room.Tally())
    assert world.is_held()
    assert why(world) == [Doubt.BEHIND]
    assert world.read_back() == 1


def test_a_restore_is_known_as_one_whatever_else_raised_the_hold(world: World) -> None:
    for doubt in (Doubt.UNKNOWN_SENT, Doubt.BEHIND, Doubt.SILENT):
        with world.db.begin(EVERYWHERE) as tx:
            room.raise_hold(tx, doubt, tx.now - MINUTE)
        world.clock.advance(MINUTE)
    assert world.read_back() == 1
    with world.db.begin(EVERYWHERE) as tx:
        (restore,) = room.restores(tx, tx.now)
        assert restore.restored_at == tx.now - 2 * MINUTE


def test_a_person_lifts_a_hold_with_a_reason_and_that_is_audited(world: World) -> None:
    world.start_worker()
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    with pytest.raises(Invalid):
        holds.lift(world.db, "  ")
    (lifted,) = holds.lift(world.db, "the account was closed; the list was read by hand")
    assert not world.is_held()
    assert world.rows("SELECT action, facts ->> 'by' FROM audit_event ORDER BY seq") == [
        ("sending.held", None),
        ("sending.freed", "command"),
    ]
    ((because,),) = world.rows("SELECT findings ->> 'because' FROM sending_hold")
    assert because == "the account was closed; the list was read by hand"
    with pytest.raises(Conflict):
        holds.lift(world.db, "again")
    assert lifted.reason == "restore"


def test_the_copy_keeps_the_highest_count_and_survives_a_broken_file(
    world: World, tmp_path: Path
) -> None:
    kept = LifelineFile(tmp_path / "new" / "folder")
    assert kept.read() is None
    with world.db.begin(EVERYWHERE) as tx:
        first = room.take_on(tx, None)
        second = room.take_on(tx, None)
    kept.keep(second)
    kept.keep(first)
    assert kept.read() == second
    (tmp_path / "new" / "folder" / "lifeline.json").write_text("{half")
    assert kept.read() is None
    kept.keep(first)
    assert kept.read() == first


def test_a_stop_that_a_start_has_taken_back_is_for_a_person_to_read(world: World) -> None:
    clinic = build_clinic(world.web)
    anna = enrol(clinic, "Anna Back", ANNA, time(9))
    world.start_worker()
    world.hear(ANNA, "STOP", told=False)
    world.clock.advance(MINUTE)
    world.hear(ANNA, "START")
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    world.read_back()
    readings = world.rows("SELECT reading FROM inbound_message ORDER BY received_at")
    assert readings == [("set_aside",), ("start",)]
    stops = f"SELECT count(*) FROM opt_event WHERE patient_id = '{anna}' AND action = 'stop'"
    assert world.rows(stops) == [(0,)]
    assert world.rows("SELECT kind FROM task") == [("read_text",)]


def test_an_answer_that_came_in_meanwhile_keeps_the_time_at_which_it_came(world: World) -> None:
    clinic = build_clinic(world.web)
    enrol(clinic, "Anna Writes", ANNA, time(9))
    world.start_worker()
    came = world.clock.now()
    world.fake.text(ANNA, "I have a fever", PATIENT_SENDER)
    world.clock.advance(LONGEST_SILENCE + MINUTE)
    world.start_worker()
    world.read_back()
    assert world.rows("SELECT received_at FROM inbound_message") == [(came,)]


def why(world: World) -> list[object]:
    with world.db.begin(EVERYWHERE) as tx:
        return [Doubt(str(each.findings["why"])) for each in room.latest(tx)]


# --- e-mail: there is no list of what was sent ----------------------------------------------------


def enrol_by_mail(world: World, clinic: Clinic, at: time) -> UUID:
    with clinic.begin() as tx:
        settings = SenderSettings(kind=SenderKind.EMAIL, per_second=1000)
        sites.set_sender(
            tx, clinic.site, Audience.PATIENT, Channel.EMAIL, "care@example.org", settings
        )
    return clinic.enrol_patient(
        "Mia Mail", ANNA, email="mia@example.org", channel="email", local_time=at
    )


def test_an_e_mail_that_was_due_in_the_gap_is_not_sent_and_a_person_asks(
    world: World, backup: Callable[[], Restore]
) -> None:
    clinic = build_clinic(world.web)
    mia = enrol_by_mail(world, clinic, time(9, 5))
    world.start_worker()
    restore = backup()
    world.clock.advance(40 * MINUTE)
    restore(world)
    world.start_worker()
    world.read_back()
    world.work()
    rows = f"SELECT channel, state, attempts FROM message WHERE patient_id = '{mia}'"
    assert world.rows(rows) == [("email", "unconfirmed", 0)]
    tasks = world.rows(f"SELECT kind FROM task WHERE patient_id = '{mia}'")
    assert tasks == [("not_delivered",)]


def test_an_e_mail_that_is_due_after_the_restore_is_sent(
    world: World, backup: Callable[[], Restore]
) -> None:
    clinic = build_clinic(world.web)
    mia = enrol_by_mail(world, clinic, time(10))
    world.start_worker()
    restore = backup()
    world.clock.advance(40 * MINUTE)
    restore(world)
    world.start_worker()
    world.read_back()
    world.pass_time(25)
    world.work()
    rows = f"SELECT attempts FROM message WHERE patient_id = '{mia}' AND channel = 'email'"
    assert world.rows(rows) == [(1,)]
