"""RSM_DATABASE_URL names one server, or several of which one takes writes."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, create_engine

from rsm.db import address
from rsm.kernel.errors import Invalid


def as_libpq(url: URL) -> dict[str, object]:
    """What libpq makes of it where no SQLAlchemy is between (the worker's LISTEN)."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return dict(conninfo_to_dict(plain))


def as_psycopg(url: URL) -> dict[str, object]:
    named = url.set(drivername="postgresql+psycopg")
    _, given = create_engine(named).dialect.create_connect_args(named)
    return dict(given)


@pytest.mark.parametrize(
    ("written", "hosts", "ports"),
    [
        ("postgresql://rsm_owner@a,b/rsm", "a,b", "5432,5432"),
        ("postgresql://rsm_owner:p%40ss@a:5432,b:6432/rsm", "a,b", "5432,6432"),
        ("postgresql://rsm_owner@[::1]:5433,b/rsm?sslmode=require", "::1,b", "5433,5432"),
        ("postgresql://rsm_owner@/rsm?host=a,b&port=5432,6432", "a,b", "5432,6432"),
        ("postgresql+psycopg://rsm_owner@/rsm?host=a:1&host=b:2", "a,b", "1,2"),
    ],
)
def test_of_several_servers_the_one_that_takes_writes_is_asked_for(
    written: str, hosts: str, ports: str
) -> None:
    url = address.read(written)
    for given in (as_libpq(url), as_psycopg(url)):
        assert (given["host"], given["port"]) == (hosts, ports)
        assert given["target_session_attrs"] == "read-write"
        assert (given["user"], given["dbname"]) == ("rsm_owner", "rsm")


def test_what_else_the_address_says_stays_as_it_is() -> None:
    url = address.read("postgresql://o:p%40ss@a,b/rsm?target_session_attrs=primary&sslmode=require")
    given = as_libpq(url)
    assert (given["target_session_attrs"], given["sslmode"]) == ("primary", "require")
    assert given["password"] == "p@ss"


def test_one_server_is_asked_for_as_before() -> None:
    url = address.read("postgresql://rsm_owner@db.example.org/rsm")
    assert "target_session_attrs" not in url.query
    assert (url.host, url.port) == ("db.example.org", None)


@pytest.mark.parametrize("places", ["a:x,b", "a,,b", "a:port", "a,b:1:2"])
def test_an_address_that_cannot_be_read_is_refused_without_its_password(places: str) -> None:
    with pytest.raises(Invalid) as refused:
        address.read(f"postgresql://rsm_owner:s3cret@{places}/rsm")
    (problem,) = refused.value.problems
    assert problem.where == "RSM_DATABASE_URL"
    assert "s3cret" not in f"{problem}"
