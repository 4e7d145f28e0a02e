"""A mark in the place of a name: the same each time, and one that is mistyped is none."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from rsm.kernel.ids import CODE_ALPHABET
from rsm.kernel.vault import Vault
from rsm.patients import marks

PEOPLE = [UUID(int=number) for number in range(1, 200)]


@dataclass
class _Tx:
    """What a mark needs of a transaction."""

    vault: Vault


@pytest.fixture
def known(vault: Vault) -> list[str]:
    return [marks.of(_Tx(vault), who) for who in PEOPLE]  # type: ignore[arg-type]  # the vault alone


def test_a_mark_is_the_same_each_time_and_hers_alone(known: list[str], vault: Vault) -> None:
    again = [marks.of(_Tx(vault), who) for who in PEOPLE]  # type: ignore[arg-type]  # as above
    assert again == known
    assert len(set(known)) == len(known)


def test_it_tells_nothing_of_the_id_and_reads_well_aloud(known: list[str]) -> None:
    for who, mark in zip(PEOPLE, known, strict=True):
        assert mark[4] == "-"
        assert len(mark) == 8
        assert set(mark) <= set(CODE_ALPHABET) | {"-"}
        assert mark[:4] not in str(who).upper()


def test_it_may_be_typed_in_small_letters_and_without_the_dash(known: list[str]) -> None:
    for mark in known:
        assert marks.looks_like(mark)
        assert marks.looks_like(mark.lower().replace("-", " "))


def test_one_wrong_sign_or_two_in_the_wrong_order_make_it_none(known: list[str]) -> None:
    for mark in known:
        signs = mark.replace("-", "")
        for place in range(len(signs)):
            other = next(sign for sign in CODE_ALPHABET if sign != signs[place])
            assert not marks.looks_like(signs[:place] + other + signs[place + 1 :])
        for place in range(5):
            swapped = signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
            assert marks.looks_like(swapped) == (signs[place] == signs[place + 1])


@pytest.mark.parametrize("typed", ["", "R1001", "K7QM-3D", "AEIO-UAE", "K7QM-3DXX"])
def test_what_is_no_mark_is_none(typed: str) -> None:
    assert not marks.looks_like(typed)
