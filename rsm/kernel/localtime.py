"""Local wall time and instants: the patient's own clock decides (P14).

A zone is an IANA name, never an offset: an offset is right for half of the year only.
"""

import hashlib
import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem


def zone_named(name: str, where: str = "zone") -> ZoneInfo:
    """The IANA zone of that name; raises `Invalid` with the nearest name."""
    if name in zone_names():
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # listed, but its data are not readable: unknown to us
    raise Invalid(Problem(where, f"`{name}` is not an IANA time zone", _hint(name)))


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name that this machine knows."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


@cache
def zone_data_version() -> str:
    """Which release of the zone data our instants are derived from, such as `2026f`.

    That of the files that are read: the system's before those of the package `tzdata`. Where they
    do not say their release, it is made from their content, so that it changes with them.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "UTC").is_file():
            return _release_of(folder)
    return str(import_module("tzdata").IANA_VERSION)


def _release_of(folder: Path) -> str:
    source = folder / "tzdata.zi"
    if source.is_file():
        with source.open(encoding="utf-8") as lines:
            if match := re.match(r"# version (\S+)", lines.readline()):
                return match[1]
    content = hashlib.sha256()
    for file in (folder / name for name in sorted(zone_names())):
        content.update(file.read_bytes() if file.is_file() else b"")
    return content.hexdigest()[:12]


def start_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which something that starts at `local` (naive) starts.

    An hour that comes twice starts at its first; one that is skipped starts as much later as the
    clock jumps (02:30 → 03:30), which is RFC 5545's reading as well.
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def end_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which something that ends at `local` (naive) ends.

    An hour that comes twice ends at its second: rather an overlap than a gap.
    """
    return instants_of(local, zone)[1]


def instants_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of `local` (naive), earlier first: the same but at a change of the clock."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(first, second), max(first, second)


def local_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows at `instant`, as a naive datetime."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant (UTC, to the second) between two at which the clock is put forward or back.

    None if the offset is the same at both; a change and its undoing in between are not seen.
    """
    before, after = before.astimezone(UTC), after.astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == old:
        return None
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _hint(name: str) -> str:
    """A city alone ("Chicago") is the commonest slip, and too far from the full name to be near."""
    word = name.strip().replace(" ", "_").casefold()
    cities = sorted(known for known in zone_names() if known.casefold().endswith(f"/{word}"))
    if word and cities:
        return f"did you mean `{cities[0]}`?"
    spelled = {known.casefold(): known for known in zone_names()}
    if word in spelled:
        return f"did you mean `{spelled[word]}`?"
    return nearest(name, zone_names()) or "such as `America/Chicago`"
