"""The three roles: owner (migrates), web and worker (may not bypass row-level security).

The passwords of web and worker are derived from the key ring, so that every process that holds
`RSM_SECRET_KEYS` can log on without a further secret to hand around.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url

WEB = "rsm_web"
WORKER = "rsm_worker"
# Owns the look-ups by hash, and what lets old rows go (0014, 0015); nobody can log on as it.
LOOKUP = "rsm_lookup"


def password(role: str, keys: Mapping[str, bytes]) -> str:
    """The role's password under the ring's first key."""
    digest = hmac.digest(next(iter(keys.values())), f"role:{role}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def url_as(owner: str, role: str, keys: Mapping[str, bytes]) -> str:
    """The owner's address, logged on as `role` instead."""
    url: URL = make_url(owner).set(username=role, password=password(role, keys))
    return url.render_as_string(hide_password=False)


def ensure_roles(connection: Connection, keys: Mapping[str, bytes]) -> None:
    """Make the roles and set their passwords. Runs before every migration, under its lock."""
    for role in (WEB, WORKER):
        _ensure(connection, role, "LOGIN")
        verifier = _verifier(connection, role, password(role, keys))
        connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD '{verifier}'")
    _ensure(connection, LOOKUP, "NOLOGIN")
    connection.execute(text(f"GRANT {LOOKUP} TO CURRENT_USER"))


def _verifier(connection: Connection, role: str, secret: str) -> str:
    """What PostgreSQL would keep of the password: a server that logs its DDL learns no more."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("roles are made through psycopg")
    made = driver.pgconn.encrypt_password(secret.encode(), role.encode(), b"scram-sha-256")
    return made.decode()


def _ensure(connection: Connection, role: str, login: str) -> None:
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if connection.execute(known, {"role": role}).first() is None:
        connection.execute(
            text(f"CREATE ROLE {role} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
        )
