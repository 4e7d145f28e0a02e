"""`RSM_SMTP_URL`: which mail server, how it is protected, who logs on. Read strictly.

smtp://user:password@mail.example.org:587?starttls=required   (a connection that turns to TLS)
smtps://user:password@mail.example.org:465                    (TLS from the first byte)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from rsm.kernel.errors import Invalid, Problem

SETTING = "RSM_SMTP_URL"
_EXAMPLE = "such as smtp://user:password@mail.example.org:587?starttls=required"
_PORTS = {"smtp": 587, "smtps": 465}
_OPTIONS = frozenset({"starttls", "ca"})


class Protection(StrEnum):
    """How the connection is protected. Certificates are always checked."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"  # on loopback only


@dataclass(frozen=True)
class SmtpConfig:
    """How to reach the server. `timeout_seconds` is for one whole hand-over, log-on included.

    It must stay under half the outbox's lease (P2). `ca_file`: who signs a private server's
    certificate; without it the machine's own authorities count.
    """

    host: str
    port: int
    protection: Protection
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 14


def smtp_config(url: str) -> SmtpConfig:
    """The server that the setting names. Raises `Invalid` with everything that is wrong with it.

    No problem repeats the address: it holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Invalid(Problem(SETTING, "is not an address", _EXAMPLE)) from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if problems := [*_shape(parts), *_options(parts, options)]:
        raise Invalid(problems)
    return SmtpConfig(
        host=parts.hostname or "",
        port=port,
        protection=_protection(parts, options),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=Path(options["ca"]) if "ca" in options else None,
    )


def _shape(parts: SplitResult) -> list[Problem]:
    problems = []
    if parts.scheme not in _PORTS:
        problems.append(Problem(SETTING, "does not begin with smtp:// or smtps://", _EXAMPLE))
    if not parts.hostname:
        problems.append(Problem(SETTING, "names no host", _EXAMPLE))
    if parts.path.strip("/") or parts.fragment:
        problems.append(Problem(SETTING, "has something after host and port", _EXAMPLE))
    if bool(parts.username) != bool(parts.password):
        what = "user and password stand together, or both are missing"
        problems.append(Problem(SETTING, what, "write signs such as @ and / as %40 and %2F"))
    if not unquote(f"{parts.username}{parts.password}").isascii():
        what = "user or password has a sign that no mail server's log-in can carry"
        problems.append(Problem(SETTING, what, "choose letters, digits and signs of ASCII"))
    return problems


def _options(parts: SplitResult, options: Mapping[str, str]) -> list[Problem]:
    problems = [
        Problem(SETTING, f"unknown option `{name}`", "the options are `starttls` and `ca`")
        for name in sorted(options.keys() - _OPTIONS)
    ]
    starttls = options.get("starttls", "required")
    if starttls not in {"required", "never"}:
        problems.append(Problem(SETTING, "`starttls` is `required` or `never`"))
    if "starttls" in options and parts.scheme == "smtps":
        problems.append(Problem(SETTING, "smtps:// is TLS already", "leave `starttls` out"))
    if starttls == "never" and not is_loopback(parts.hostname or ""):
        problems.append(
            Problem(SETTING, "mail would leave unprotected", "starttls=never is for loopback only")
        )
    if "ca" in options and not Path(options["ca"]).is_file():
        problems.append(
            Problem(SETTING, "the file of `ca` cannot be read", "check path and rights")
        )
    return problems


def _protection(parts: SplitResult, options: Mapping[str, str]) -> Protection:
    if parts.scheme == "smtps":
        return Protection.TLS
    return Protection.NONE if options.get("starttls") == "never" else Protection.STARTTLS


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
