"""P13 in the database: every table with a site is walked; nobody sees another site's rows."""

from collections.abc import Iterator
from datetime import date, time
from uuid import UUID

import pytest
from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    Table,
    Text,
    Time,
    Uuid,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, ProgrammingError

from rsm.bootstrap import metadata
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.ids import SeededIds, new_id
from tests.conftest import MONDAY_NINE
from tests.security_world import Sites, make_sites

# Read before a site is known, and without a word about patients: whoever may log in with what at
# which site, and which number belongs to whom.
BEFORE_A_SITE_IS_KNOWN = {"staff_role", "api_key", "sender_address"}
# Every site may know whose a questionnaire is; who claims one is tested with the instruments.
KNOWN_TO_ALL = {"instrument_owner"}
EXCEPTIONS = BEFORE_A_SITE_IS_KNOWN | KNOWN_TO_ALL
# What roll-ups still have to do, and what was archived: web has no business with it, whatever the
# site.
WORKER_ONLY = {"rollup_due", "rollup_check", "archived_file"}
# Derived of each patient for the figures of all: not even she herself sees it.
HIDDEN_FROM_HER = {"patient_course"}

IDS = SeededIds("rls")
PATIENT, NEIGHBOUR = new_id(IDS, MONDAY_NINE), new_id(IDS, MONDAY_NINE)


def sited() -> list[Table]:
    tables = metadata().sorted_tables
    return [table for table in tables if "site_id" in table.c or table.name == "data_key"]


def guarded() -> list[Table]:
    return [table for table in sited() if table.name not in EXCEPTIONS]


def open_to_web() -> list[Table]:
    return [table for table in guarded() if table.name not in WORKER_ONLY]


def personal() -> list[Table]:
    return [table for table in guarded() if patient_column(table) is not None]


def patient_column(table: Table) -> Column[UUID] | None:
    return table.c.id if table.name == "patient" else table.c.get("patient_id")


def value_for(column: Column[object]) -> object:
    """Something that the column takes."""
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enums[0] if kind.enum_class is None else next(iter(kind.enum_class))
    plain: list[tuple[type[object], object]] = [
        (Uuid, new_id(IDS, MONDAY_NINE)),
        (ARRAY, []),
        (JSON, {}),
        (LargeBinary, IDS.bytes(16)),
        (DateTime, MONDAY_NINE),
        (Date, date(2026, 10, 19)),
        (Time, time(9)),
        (Boolean, False),
        (Integer, 1),
        (Double, 1.0),
        (Text, new_id(IDS, MONDAY_NINE).hex),
    ]
    for type_, value in plain:
        if isinstance(kind, type_):
            return value
    raise AssertionError(f"{column}: no value for {kind!r}")


def row_for(table: Table, site: UUID, patient: UUID) -> dict[str, object]:
    row = {
        column.name: value_for(column)
        for column in table.c
        if not column.nullable and column.server_default is None and column.identity is None
    }
    whose = patient_column(table)
    if whose is not None:
        row[whose.name] = patient
    return row | {"site_id": site}


def fill(connection: Connection, sites: Sites) -> None:
    """One row of Lakeside's patient, her neighbour, and Hillside's, in every table.

    Whether they make sense is not the question: no foreign keys, no checks, and more than one row
    of a site where there is to be one.
    """
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    checks = text(
        "SELECT conrelid::regclass AS place, conname FROM pg_constraint c"
        " JOIN pg_class ON pg_class.oid = conrelid WHERE relnamespace = 'public'::regnamespace"
        " AND (c.contype = 'c' OR c.contype = 'p' AND EXISTS (SELECT 1 FROM pg_attribute a"
        " WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND a.attname = 'site_id'))"
    )
    for place, name in connection.execute(checks).all():
        connection.execute(text(f"ALTER TABLE {place} DROP CONSTRAINT {name}"))
    unique = text(
        "SELECT indexrelid::regclass FROM pg_index JOIN pg_class c ON c.oid = indrelid"
        " WHERE indisunique AND relnamespace = 'public'::regnamespace AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint k WHERE k.conindid = indexrelid)"
    )
    for name in connection.execute(unique).scalars().all():
        connection.execute(text(f"DROP INDEX {name}"))
    stranger = new_id(IDS, MONDAY_NINE)
    for table in guarded():
        whose = ((sites.lakeside, PATIENT), (sites.lakeside, NEIGHBOUR), (sites.hillside, stranger))
        for site, patient in whose:
            connection.execute(insert(table).values(**row_for(table, site, patient)))


@pytest.fixture
def sites(owner: Engine) -> Sites:
    made = make_sites(owner)
    with owner.begin() as connection:
        fill(connection, made)
    return made


def counts(db: Database, scope: Scope, tables: list[Table]) -> Iterator[tuple[str, int]]:
    with db.begin(scope) as tx:
        for table in tables:
            query = select(func.count()).select_from(table)
            yield table.name, tx.session.execute(query).scalar_one()


def test_every_table_with_a_site_has_policies_that_bind_its_owner_too(owner: Engine) -> None:
    with owner.connect() as connection:
        forced = set(
            connection.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r'"
                    " AND relrowsecurity AND relforcerowsecurity"
                )
            ).scalars()
        )
        policies = {
            (row.tablename, role)
            for row in connection.execute(text("SELECT tablename, roles::text[] FROM pg_policies"))
            for role in row.roles
        }
    names = [table.name for table in guarded()]
    assert [name for name in names if name not in forced] == []
    roles = ("rsm_web", "rsm_worker")
    assert [name for name in names for role in roles if (name, role) not in policies] == []


def test_the_exceptions_are_tables_with_a_site_and_without_a_patient() -> None:
    known = {table.name: table for table in sited()}
    assert known.keys() >= EXCEPTIONS
    assert [name for name in EXCEPTIONS if "patient_id" in known[name].c] == []


def test_every_table_with_a_patient_has_a_site() -> None:
    with_patient = {table.name for table in metadata().sorted_tables if "patient_id" in table.c}
    assert with_patient - {table.name for table in guarded()} == set()


def test_web_without_a_scope_sees_no_row(web_db: Database, sites: Sites) -> None:
    assert [name for name, count in counts(web_db, NOWHERE, open_to_web()) if count] == []


def test_web_may_not_look_everywhere(web_db: Database, sites: Sites) -> None:
    assert [name for name, count in counts(web_db, EVERYWHERE, open_to_web()) if count] == []


def test_worker_without_a_scope_sees_no_row(worker_db: Database, sites: Sites) -> None:
    assert [name for name, count in counts(worker_db, NOWHERE, guarded()) if count] == []


def test_worker_may_look_everywhere(worker_db: Database, sites: Sites) -> None:
    assert [name for name, count in counts(worker_db, EVERYWHERE, guarded()) if count != 3] == []


@pytest.mark.parametrize("role", ["web_db", "worker_db"])
def test_nobody_sees_another_sites_patient(
    request: pytest.FixtureRequest, sites: Sites, role: str
) -> None:
    db: Database = request.getfixturevalue(role)
    tables = guarded() if role == "worker_db" else open_to_web()
    lakeside = dict(counts(db, Scope.site(sites.lakeside), tables))
    hillside = dict(counts(db, Scope.site(sites.hillside), tables))
    assert set(lakeside.values()) == {2}
    assert set(hillside.values()) == {1}


def test_a_patients_session_sees_her_own_rows_only(web_db: Database, sites: Sites) -> None:
    scope = Scope.of_patient(sites.lakeside, PATIENT)
    seen = dict(counts(web_db, scope, personal()))
    assert {name for name, count in seen.items() if count == 0} == HIDDEN_FROM_HER
    assert {name for name, count in seen.items() if count > 1} == set()
    elsewhere = Scope.of_patient(sites.hillside, PATIENT)
    assert [name for name, count in counts(web_db, elsewhere, personal()) if count] == []


def test_what_is_the_workers_alone_is_refused_to_web(web_db: Database, sites: Sites) -> None:
    for table in (each for each in guarded() if each.name in WORKER_ONLY):
        with pytest.raises(ProgrammingError, match="permission denied"):
            list(counts(web_db, Scope.site(sites.lakeside), [table]))


def test_nobody_writes_into_another_site(web_db: Database, sites: Sites) -> None:
    allowed = []
    for table in guarded():
        row = row_for(table, sites.hillside, PATIENT)
        try:
            with web_db.begin(Scope.site(sites.lakeside)) as tx:
                tx.session.execute(insert(table).values(**row))
        except ProgrammingError as error:
            refused = ("row-level security", "permission denied")
            assert any(words in str(error) for words in refused)  # noqa: PT017 - the loop goes on
        else:
            allowed.append(table.name)
    assert allowed == []


def test_a_scope_that_is_no_list_of_ids_opens_nothing(web_db: Database, sites: Sites) -> None:
    for setting in ("*,*", "true", "{}", "%"):
        with web_db.engine.connect() as connection:
            connection.execute(
                text("SELECT set_config('rsm.sites', :setting, true)"), {"setting": setting}
            )
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT count(*) FROM patient"))


def test_the_scope_of_one_transaction_is_gone_in_the_next_on_the_same_connection(
    web_db: Database, sites: Sites
) -> None:
    assert dict(counts(web_db, Scope.site(sites.lakeside), open_to_web()))["patient"] == 2
    with web_db.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM patient")).scalar_one() == 0
