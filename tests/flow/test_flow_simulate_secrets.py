"""The chain of a simulation runs over what happened, and never over ciphertext: whatever keys and
nonces an installation draws, the same seed comes to the same head."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rsm.kernel.ids import Ids, SystemIds
from rsm.security import keyring
from rsm.security.keyring import Box, KeyRing
from tests.conftest import Server
from tests.databases import fresh_name, waiting
from tests.flow import test_flow_simulate
from tests.flow.simulating import eager, order, simulate
from tests.flow.test_flow_simulate import FIGURES, read

SEALED = """
    SELECT encode(name_sealed, 'hex'), '', 1 FROM patient
    UNION ALL SELECT encode(address_sealed, 'hex'), '', 1 FROM contact_point
    UNION ALL SELECT encode(address_hash, 'hex'), '', 1 FROM contact_point
    UNION ALL SELECT encode(wrapped, 'hex'), '', 1 FROM data_key
"""


@pytest.fixture
def another_url(server: Server) -> Iterator[str]:
    """A second clone of the template, for the same simulation by another installation."""
    with waiting(fresh_name(), server.shelf) as place:
        place.make()
        yield server.url_of(place.name)


def as_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on keys are others, and nonces the system's: of the seed as many draws are made."""
    seal = keyring.Box.seal

    def otherwise(box: Box, plain: bytes, context: str) -> bytes:
        box.ids.bytes(1)
        return seal(replace(box, ids=SystemIds()), plain, context)

    def ring(_keys: object, _secret: object, ids: Ids) -> KeyRing:
        return KeyRing({"another": bytes(range(101, 133))}, bytes(range(133, 165)), ids)

    monkeypatch.setattr(keyring.Box, "seal", otherwise)
    monkeypatch.setattr(test_flow_simulate, "KeyRing", ring)


def test_another_installations_keys_and_nonces_change_no_head(
    owner_url: str, another_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order(patients=3, weeks=1, habits=eager(burden=3.0))
    one = simulate(owner_url, wanted)
    as_another_installation(monkeypatch)
    other = simulate(another_url, wanted)
    assert one.broken == other.broken == ()
    assert read(owner_url, FIGURES) == read(another_url, FIGURES)
    sealed, sealed_otherwise = (
        {row[0] for row in read(url, SEALED)} for url in (owner_url, another_url)
    )
    assert len(sealed) >= 9
    assert not sealed & sealed_otherwise
    assert one.head == other.head
