"""What can go wrong with the embedded server, said so that somebody can mend it."""

import errno
import os
import shutil
from pathlib import Path

from rsm.kernel.errors import Problem, RsmError

_LAST_LINES = 12
_FULL = (
    "the disk is full",
    "free space on that file system and start again: nothing that was stored is lost",
)
_NOT_WRITABLE = (
    "cannot be written",
    "let the account that PostgreSQL runs as reach and write it, or choose another RSM_DATA_DIR",
)
# What PostgreSQL says → what that means and how to mend it. The first line that fits counts.
_SIGNS = (
    (
        "shared memory segment",
        "there is not enough shared memory (/dev/shm)",
        "give the container more, for instance --shm-size=256m",
    ),
    (os.strerror(errno.ENOSPC), *_FULL),
    (os.strerror(errno.EDQUOT), *_FULL),
    (os.strerror(errno.EROFS), *_NOT_WRITABLE),
    (os.strerror(errno.EACCES), *_NOT_WRITABLE),
    (
        "database files are incompatible with server",
        "the cluster was made by another build of PostgreSQL",
        "install the version that made it, or move the data with pg_dump and pg_restore",
    ),
    (
        "password authentication failed",
        "postgres.password does not fit the cluster",
        "put both back from the same backup",
    ),
    (
        'lock file "postmaster.pid" already exists',
        "another PostgreSQL runs on this cluster, or a process has its old number",
        "end that process; if there is none, delete postmaster.pid in the cluster",
    ),
    (
        "Address already in use",
        "another server has taken its port",
        "start again: it takes another port",
    ),
    (
        "configuration parameter",
        "PostgreSQL refuses one of the settings it was given",
        "see the lines below, and correct that setting",
    ),
)
_LITTLE = 1024 * 1024


class EmbeddedServerError(RsmError):
    """The embedded server cannot be made, started or reached."""

    def __init__(self, problem: Problem, log: str = "") -> None:
        self.problem = problem
        self.log = log
        super().__init__(f"{problem}\n{log}" if log else str(problem))


def explain(said: str, where: Path, doing: str) -> EmbeddedServerError:
    """Turn PostgreSQL's own words into what happened, where, and how to mend it."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    log = "\n".join(["PostgreSQL's last words:", *(f"  {line}" for line in lines[-_LAST_LINES:])])
    for sign, what, mend in _SIGNS:
        if sign in said:
            return EmbeddedServerError(Problem(str(where), f"{doing}: {what}", mend), log)
    # On a full disk it may have had no place to say so.
    if where.exists() and shutil.disk_usage(where).free < _LITTLE:
        return EmbeddedServerError(Problem(str(where), f"{doing}: {_FULL[0]}", _FULL[1]), log)
    mend = "see the lines below, or set RSM_DATABASE_URL to a server of your own"
    return EmbeddedServerError(Problem(str(where), doing, mend), log)


def explain_os_error(error: OSError, where: Path) -> EmbeddedServerError:
    """The same for what the operating system refused to ourselves."""
    path = str(error.filename or where)
    said = error.strerror or str(error)
    for sign, what, mend in _SIGNS:
        if sign in said:
            return EmbeddedServerError(Problem(path, what, mend))
    if isinstance(error, NotADirectoryError | FileExistsError):
        return EmbeddedServerError(Problem(path, "is not a folder", "choose another RSM_DATA_DIR"))
    return EmbeddedServerError(Problem(path, said))
