"""A mark on paper in the place of a name: whoever finds the sheet learns nothing by it.

Seven signs, the last of which checks the others, so that one that is mistyped finds nobody.
"""

from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.ids import CODE_ALPHABET
from rsm.kernel.vault import Vault
from rsm.patients.model import PatientFacts
from rsm.patients.store import people

_SIGNS = 6
_SIZE = len(CODE_ALPHABET)
# None of them, nor the difference of two neighbours, has a factor in common with the alphabet's 21
# signs: so each wrong sign, and each two in the wrong order, are found out.
_WEIGHTS = (1, 2, 4, 5, 10, 11)


def of(tx: Tx, patient_id: UUID) -> str:
    """Her mark: `K7QM-3DX`, the same each time."""
    signs = _signs(tx.vault, patient_id)
    return f"{signs[:4]}-{signs[4:]}{_check(signs)}"


def find(tx: Tx, site_id: UUID, typed: str) -> PatientFacts | None:
    """Whose mark this is at the site; None for nobody's, a mistyped one, or if two had the same."""
    signs = "".join(char for char in typed.upper() if char.isalnum())
    if not looks_like(signs):
        return None
    found = [
        each for each in people.of_site(tx, site_id) if _signs(tx.vault, each.id) == signs[:_SIGNS]
    ]
    return people.facts(found[0]) if len(found) == 1 else None


def looks_like(typed: str) -> bool:
    """Whether it is a mark at all: its last sign fits."""
    signs = "".join(char for char in typed.upper() if char.isalnum())
    if len(signs) != _SIGNS + 1 or not set(signs) <= set(CODE_ALPHABET):
        return False
    return _check(signs[:_SIGNS]) == signs[_SIGNS]


def _signs(vault: Vault, patient_id: UUID) -> str:
    digest = vault.lookup("patient.mark", str(patient_id))
    return "".join(CODE_ALPHABET[byte % _SIZE] for byte in digest[:_SIGNS])


def _check(signs: str) -> str:
    weighed = zip(_WEIGHTS, signs, strict=True)
    total = sum(weight * CODE_ALPHABET.index(sign) for weight, sign in weighed)
    return CODE_ALPHABET[total % _SIZE]
