"""Is this an e-mail address: one form that we store and compare, checked without asking anybody."""

import re

from rsm.kernel.errors import Invalid, Problem

MOST_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def mailbox(text: str, where: str = "email") -> str:
    """The address in lower case; raises `Invalid` when no mail can go there.

    Lower case also before the @: nobody tells two people apart by it, and a STOP must be found.
    A line break or a second @ never passes, so that no header can be smuggled in.
    """
    address = text.strip().lower()
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    if (
        not at
        or len(address) > MOST_CHARACTERS
        or len(local) > 64
        or not _LOCAL.fullmatch(local)
        or len(labels) < 2
        or not all(_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdecimal()
    ):
        raise Invalid(Problem(where, "is not an e-mail address", "such as maria@example.org"))
    return address
