"""What a command says when the database refuses: what, where, how to mend it; never a password."""

from sqlalchemy.exc import DBAPIError, OperationalError

from rsm.kernel.errors import Problem

_ROLES = ("rsm_web", "rsm_worker")
_MIGRATE = "run `rsm migrate` with the owner's RSM_MIGRATE_DATABASE_URL"
# What PostgreSQL or its client library says → what that means and how to mend it.
_SIGNS = (
    ("role ", "does not know the role", _MIGRATE),
    ("database ", "has no such database", "create it, or correct the name in RSM_DATABASE_URL"),
    ("pg_hba.conf", "lets nobody in from here", "add this address and role to its pg_hba.conf"),
    ("too many clients", "has no connection left", "raise its max_connections"),
    ("SSL", "was not reached over TLS", "check sslmode in RSM_DATABASE_URL and the certificate"),
)
_BUSY = ("is busy, and a table was not to be had", "try again, when less is going on")
_STATES = {
    "40P01": _BUSY,  # a ring of waits
    "55P03": _BUSY,  # no lock within the time
    "42P01": ("was not migrated to this release", _MIGRATE),  # no such table
    "42703": ("was not migrated to this release", _MIGRATE),  # no such column
    "42883": ("was not migrated to this release", _MIGRATE),  # no such function
    "42501": ("refuses the right to do this", _MIGRATE),
    "3F000": ("was not migrated to this release", _MIGRATE),  # no such schema
}


def explain(error: Exception) -> Problem | None:
    """The problem behind an error of the database; None when it is another kind of error."""
    if not isinstance(error, DBAPIError):
        return None
    said, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    where = _where(error.orig)
    if state in _STATES:
        return Problem(where, *_STATES[state])
    if "password authentication failed" in said:
        return Problem(where, *_refused(error.orig))
    if isinstance(error, OperationalError):
        for sign, what, mend in _SIGNS:
            if sign in said and (sign not in ("role ", "database ") or "does not exist" in said):
                return Problem(where, what, mend)
        mend = "start it, or check host and port in RSM_DATABASE_URL"
        return Problem(where, "does not answer", mend)
    code = f"{type(error.orig).__name__} ({state})" if state else type(error.orig).__name__
    return Problem(where, f"refused: {code}", "see the log of PostgreSQL")


def _where(cause: object) -> str:
    """Host, port and name as far as the failed connection tells them, else as they are set."""
    tried = getattr(cause, "pgconn", None)
    if tried is not None:
        host, port, name = (_text(tried, part) for part in ("host", "port", "db"))
        if host or name:
            return f"the database {name} at {host}:{port}"
    return _as_set()


def _text(tried: object, part: str) -> str:
    value = getattr(tried, part, b"")
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _as_set() -> str:
    from rsm.db import address
    from rsm.settings import read_settings

    settings = read_settings()
    if settings.database_url is None:
        return f"the embedded database in {settings.data_dir}"
    url = address.read(settings.database_url.get_secret_value())
    host = url.host or url.query.get("host", "localhost")
    return f"the database {url.database} at {host}:{url.port or 5432}"


def _refused(cause: object) -> tuple[str, str]:
    """Roles of ours have passwords from the key ring; the owner's is the one that was given."""
    role = _text(getattr(cause, "pgconn", None), "user") or "the role"
    if role in _ROLES:
        mend = "run `rsm migrate` with the same RSM_SECRET_KEYS: it sets this password"
    else:
        mend = "check RSM_MIGRATE_DATABASE_URL"
    return f"refuses the password of {role}", mend
