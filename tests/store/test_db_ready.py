"""Statements that go to the driver as they are: the same values, errors and events as ever."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from rsm.db import leases
from rsm.db.base import words
from rsm.db.ready import Ready
from rsm.db.statements import among
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Tx
from rsm.kernel.words import Level

ONE = UUID(int=1)
THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("level", words(Level)),
    Column("pace", Numeric(8, 2)),
    Column("facts", JSONB),
    Column("sealed", LargeBinary),
    Column("at", DateTime(timezone=True)),
    Column("attempts", Integer, default=3),
)
VALUES = {
    "id": ONE,
    "level": Level.URGENT,
    "pace": 1.5,
    "facts": {"a": [1, None]},
    "sealed": b"\x00\x01",
    "at": datetime(2026, 10, 19, 13, tzinfo=UTC),
}
NAMES = frozenset(VALUES)


def make_thing(tx: Tx) -> None:

    columns = "id uuid PRIMARY KEY, level text, pace numeric, facts jsonb, sealed bytea,"
    more = "at timestamptz, attempts int"
    tx.session.execute(text(f"CREATE TEMPORARY TABLE thing ({columns} {more})"))


def test_values_come_and_go_as_sqlalchemy_reads_and_writes_them(worker_db: Database) -> None:
    with worker_db.begin(NOWHERE) as tx:
        make_thing(tx)
        Ready(insert(THING), NAMES).ask(tx.session, VALUES)
        (ours,) = Ready(select(THING), frozenset()).ask(tx.session, {})
        theirs = tx.session.execute(select(THING)).one()
    assert tuple(ours) == tuple(theirs)
    assert (ours.level, ours.facts, ours.attempts) == (Level.URGENT, {"a": [1, None]}, 3)
    assert type(ours.pace) is type(theirs.pace)


def test_a_list_is_given_as_an_array(worker_db: Database) -> None:
    among = THING.c.level == any_(bindparam("levels", type_=ARRAY(THING.c.level.type)))
    found = Ready(select(THING.c.id).where(among), frozenset({"levels"}))
    with worker_db.begin(NOWHERE) as tx:
        make_thing(tx)
        Ready(insert(THING), NAMES).ask(tx.session, VALUES)
        asked = [[Level.SOON, Level.URGENT], [Level.SOON], []]
        counts = [len(found.ask(tx.session, {"levels": levels})) for levels in asked]
    assert counts == [1, 0, 0]


def test_what_is_not_given_is_refused(worker_db: Database) -> None:
    one = Ready(select(THING).where(THING.c.id == bindparam("one")), frozenset({"one"}))
    with worker_db.begin(NOWHERE) as tx, pytest.raises(KeyError, match="one"):
        one.ask(tx.session, {})


def fail(tx: Tx, ready: Ready) -> Callable[[], object]:
    return lambda: ready.ask(tx.session, {"zero": 0, "words": "s3cret"})


def test_an_error_is_sqlalchemys_and_holds_no_value(worker_db: Database) -> None:
    wrong = Ready(text("SELECT CAST(:words AS text), 1 / :zero"), frozenset({"zero", "words"}))
    with worker_db.begin(NOWHERE) as tx:
        with pytest.raises(DataError) as caught, tx.savepoint():
            fail(tx, wrong)()
        assert tx.session.scalar(text("SELECT 1")) == 1  # the savepoint holds
    assert "s3cret" not in str(caught.value)


def test_a_key_that_stands_twice_is_an_integrity_error(worker_db: Database) -> None:
    new = Ready(insert(THING), NAMES)
    with worker_db.begin(NOWHERE) as tx:
        make_thing(tx)
        new.ask(tx.session, VALUES)
        with pytest.raises(IntegrityError), tx.savepoint():
            new.ask(tx.session, VALUES)


def test_a_connection_that_is_lost_is_not_used_again(worker_db: Database) -> None:
    one = Ready(text("SELECT pg_terminate_backend(pg_backend_pid())"), frozenset())

    def lose() -> None:
        with worker_db.begin(NOWHERE) as tx:
            one.ask(tx.session, {})

    with pytest.raises(OperationalError) as caught:
        lose()
    assert caught.value.connection_invalidated
    with worker_db.begin(NOWHERE) as tx:
        assert tx.session.scalar(text("SELECT 1")) == 1


def test_whoever_listens_to_the_engine_hears_of_it(worker_db: Database) -> None:
    heard: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, sql: str, given: object, *_rest: object) -> None:
        heard.append((sql, given))

    one = Ready(text("SELECT :a"), frozenset({"a"}))
    with worker_db.begin(NOWHERE) as tx:
        event.listen(worker_db.engine, "before_cursor_execute", note)
        one.ask(tx.session, {"a": "b"})
        event.remove(worker_db.engine, "before_cursor_execute", note)
        one.ask(tx.session, {"a": "c"})
    assert heard == [("SELECT %(a)s", {"a": "b"})]


def test_a_default_that_python_computes_is_refused() -> None:
    table = Table("other", MetaData(), Column("id", Integer, default=lambda: 1), Column("a", Text))
    with pytest.raises(TypeError, match="plain default"):
        Ready(insert(table), frozenset({"a"}))


def test_a_value_that_nobody_will_give_is_refused() -> None:
    with pytest.raises(TypeError, match="no value is given for wanted"):
        Ready(select(THING).where(THING.c.id == bindparam("wanted")), frozenset())


def test_it_is_parsed_once_for_each_connection(worker_db: Database) -> None:
    """Not from the sixth time on, as the driver would have it: of many connections each would pay
    six times."""
    known = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '% AS readied'")
    asked = Ready(select(bindparam("word", type_=Text).label("readied")), frozenset({"word"}))
    with worker_db.begin(EVERYWHERE) as tx:
        for word in ("one", "two"):
            assert asked.ask(tx.session, {"word": word})[0].readied == word
            assert tx.session.scalar(known) == 1


# --- as whom a look-up finds ---------------------------------------------------------------------

SITE, PATIENT = UUID(int=7), UUID(int=8)


def test_a_transaction_is_of_whom_the_look_up_finds(worker_db: Database) -> None:
    whose = text(
        "SELECT CAST(:site AS uuid) AS site_id, CAST(:who AS uuid) AS patient_id, 1 AS one"
    )
    columns = [Column("site_id", Uuid), Column("patient_id", Uuid), Column("one", Integer)]
    look_up = select(*whose.columns(*columns).subquery().c)
    with worker_db.begin_as(look_up, {"site": SITE, "who": PATIENT}) as (tx, found):
        seen = tx.session.execute(SETTINGS).one()
        assert (found, tx.scope.sites, tx.scope.patient) == (
            (SITE, PATIENT, 1),
            frozenset({SITE}),
            PATIENT,
        )
    assert tuple(seen) == (str(SITE), str(PATIENT))


def test_where_nobody_is_found_nothing_is_seen(worker_db: Database) -> None:
    with worker_db.begin(EVERYWHERE) as tx:  # what the connection saw before
        leases.beat(tx, "web-1", "0.1.0")
    nobody = select(
        *text("SELECT NULL::uuid AS a, NULL::uuid AS b WHERE false").columns(A, B).subquery().c
    )
    with worker_db.begin_as(nobody, {}) as (tx, found):
        assert (found, tx.scope) == (None, NOWHERE)
        assert tuple(tx.session.execute(SETTINGS).one()) == ("", "")


def test_plans_of_a_patients_request_are_made_once(worker_db: Database) -> None:
    nobody = select(
        *text("SELECT NULL::uuid AS a, NULL::uuid AS b WHERE false").columns(A, B).subquery().c
    )
    with worker_db.begin_as(nobody, {}) as (tx, _):
        assert tx.session.scalar(PLANS) == "force_generic_plan"
    with worker_db.begin(EVERYWHERE) as tx:  # the next who has the connection
        assert tx.session.scalar(PLANS) == "auto"


PLANS = text("SELECT current_setting('plan_cache_mode')")
SETTINGS = text("SELECT current_setting('rsm.sites'), current_setting('rsm.patient')")
A, B = Column("a", Uuid), Column("b", Uuid)


def test_a_list_of_keys_has_its_type_before_the_other_table_is_known() -> None:
    """Which room is imported first must not decide how a claim asks."""

    class Apart(DeclarativeBase):
        """A house of its own, in which the other table never comes."""

    class Leaf(Apart):
        __tablename__ = "leaf"
        id: Mapped[UUID] = mapped_column(primary_key=True)
        tree_id: Mapped[UUID] = mapped_column(ForeignKey("tree.id"))

    asked = select(Leaf.id).where(among(Leaf.tree_id, "trees"))
    assert "UUID[]" in str(asked.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # no types there
