"""A member is put out while a file of it is being taken in."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from rsm.collaborative import files, service, shared_store
from rsm.db.work import NOWHERE, Database
from rsm.kernel.clock import VirtualClock
from tests.at_once import begun
from tests.collaborative_world import FINGERPRINT, NOW, PUBLIC, document, envelope


def test_nothing_of_a_file_stays_whose_member_is_put_out_as_it_is_taken_in(
    web_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    clock.advance(NOW - clock.now())
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology collaborative", 3)
        member = service.add_member(tx, "Hillside Health", PUBLIC, FINGERPRINT)

    def put_out() -> None:
        with web_db.begin(NOWHERE) as tx:
            service.end_member(tx, member)

    with ThreadPoolExecutor(1) as pool:
        with web_db.begin(NOWHERE) as tx:
            assert files.take(tx, envelope(document())).is_new
            second = begun(pool, owner, put_out)
        second.result(60)
    with web_db.begin(NOWHERE) as tx:
        assert shared_store.foreign_sites(tx) == []
