"""Another installation of the collaborative: its key, and files as it signs them."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from rsm.collaborative.shared import MEASURES, definition_hash
from rsm.collaborative.signing import canonical, fingerprint, public_of, sign, written

PRIVATE = bytes(range(7, 39))
STRANGER = bytes(range(90, 122))
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
PUBLIC = written(public_of(PRIVATE))
FINGERPRINT = fingerprint(public_of(PRIVATE))

Doc = dict[str, Any]  # JSON that tests bend at will


def document(**other: Any) -> Doc:
    """A quarter of two sites, one of them named, as an export writes it."""
    made: Doc = {
        "format": "rsm-collaborative-aggregate",
        "version": 1,
        "collaborative": "oncology",
        "issuer": FINGERPRINT,
        "issued_at": "2026-10-15T08:00:00Z",
        "period": {"first": "2026-07", "months": 3},
        "measures": [{"id": one, "hash": definition_hash(one)} for one in MEASURES],
        "sites": [
            site("KQHG4", [("completed", 90, 120), ("by_self", 70, 120)], ["acted"]),
            site("MMRX9", [("completed", 300, 400)], [], name="Hillside Clinic"),
        ],
    }
    return made | other


def site(code: str, cells: list[tuple[str, int, int]], withheld: list[str], **other: Any) -> Doc:
    return {
        "code": code,
        "stage": "live",
        "cells": [{"measure": one, "part": part, "whole": of} for one, part, of in cells],
        "withheld": withheld,
        **other,
    }


def envelope(made: object, private: bytes = PRIVATE, key: str | None = None) -> bytes:
    """The document signed, as a file."""
    signature = base64.b64encode(sign(private, canonical(made))).decode()
    whole = {
        "document": made,
        "key": key or fingerprint(public_of(private)),
        "signature": signature,
    }
    return json.dumps(whole, indent=1).encode()


def twelve_sites() -> list[Doc]:
    """Synthetic sites of many sizes; one far from the others, two named, one too small."""
    shares = (0.62, 0.71, 0.66, 0.58, 0.74, 0.69, 0.41, 0.68, 0.64, 0.77, 0.7)
    sizes = (90, 240, 610, 150, 420, 820, 500, 60, 330, 130, 700)
    codes = [
        "CGHKM",
        "FQRTV",
        "GHJWX",
        "HKQ49",
        "JMNPC",
        "KNRT6",
        "MQTVY",
        "NRVXD",
        "PTXYF",
        "QVY3G",
        "RWCDH",
    ]
    made = [
        site(code, [("completed", round(share * size), size)], ["acted"])
        for code, share, size in zip(codes, shares, sizes, strict=True)
    ]
    made[1]["name"], made[4]["name"] = "Hillside Clinic", "Riverbend Hospital"
    made[2]["stage"], made[9]["stage"] = "trial", "preparing"
    return [*made, site("TXDGJ", [], ["completed", "acted"])]
