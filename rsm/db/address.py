"""The database's address: of one server, or of several of which one takes writes (failover).

    postgresql://rsm_owner@db1.example.org,db2.example.org/rsm

is libpq's way to name a primary and its standbys. A new connection goes to whichever takes writes
at that moment, so a promotion needs no restart of ours and no change of settings.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from sqlalchemy import URL, make_url

from rsm.kernel.errors import Invalid, Problem

_PLACE = re.compile(r"(\[[^\]]+\]|[^:\[\]]+)(?::(\d*))?")
_ATTRIBUTES = "target_session_attrs"
_MEND = "write postgresql://user@host1:5432,host2:5432/name"


def read(url: str) -> URL:
    """The address for SQLAlchemy, and (rendered without a driver) for libpq as well.

    Of several servers the one that takes writes is asked for, unless the address says otherwise.
    Raises `Invalid`, which never holds the address: a password may stand in it.
    """
    try:
        return _several(make_url(_as_query(url)))
    except ValueError:
        raise Invalid(Problem("RSM_DATABASE_URL", "cannot be read", _MEND)) from None


def _as_query(url: str) -> str:
    """Several hosts stand where SQLAlchemy expects one: they become a parameter, as libpq may
    have it too."""
    parts = urlsplit(url)
    who, at, places = parts.netloc.rpartition("@")
    if "," not in places:
        return url
    hosts, ports = _hosts_and_ports(places.split(","))
    named = f"host={quote(hosts)}&port={quote(ports)}"
    query = f"{parts.query}&{named}" if parts.query else named
    return parts._replace(netloc=who + at, query=query).geturl()


def _several(url: URL) -> URL:
    told = url.query.get("host", "")
    if not isinstance(told, str):  # SQLAlchemy's way, which libpq does not read
        hosts, ports = _hosts_and_ports(told)
        url = url.update_query_dict({"host": hosts, "port": ports})
    if "," in str(url.query.get("host", "")) and _ATTRIBUTES not in url.query:
        url = url.update_query_dict({_ATTRIBUTES: "read-write"})
    return url


def _hosts_and_ports(places: Sequence[str]) -> tuple[str, str]:
    found = [_PLACE.fullmatch(place) for place in places]
    hosts = [each[1].strip("[]") for each in found if each]
    if len(hosts) < len(places):
        raise ValueError("no host")
    return ",".join(hosts), ",".join((each[2] or "5432") for each in found if each)
