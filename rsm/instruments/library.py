"""The instruments that come with us: data in the folder `library/`, read when first asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable

from rsm.instruments import proctcae
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem


class Library(Mapping[str, Instrument]):
    """Instruments by key; each is read when it is first looked at, and kept."""

    def __init__(self, readers: Mapping[str, Callable[[], Instrument]]) -> None:
        self._readers = {key: cache(reader) for key, reader in readers.items()}

    def __getitem__(self, key: str) -> Instrument:
        return self._readers[key]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __contains__(self, key: object) -> bool:
        return key in self._readers


@cache
def shipped() -> Mapping[str, Instrument]:
    """Every shipped instrument by key, `pro-ctcae` (structure only) among them."""
    readers: dict[str, Callable[[], Instrument]] = {proctcae.KEY: proctcae.proctcae_structure}
    for file in files("rsm.instruments").joinpath("library").iterdir():
        if file.name.endswith(".toml"):
            readers[file.name.removesuffix(".toml")] = partial(_load, file)
    return Library(dict(sorted(readers.items())))


def find(key: str, version: str | None = None) -> Instrument:
    """The shipped instrument, in `version` if one is named. Raises Invalid if there is none."""
    library = shipped()
    if key not in library:
        mend = nearest(key, library) or f"there are {', '.join(library)}"
        raise Invalid(Problem("instrument", f"there is no instrument {key!r}", mend))
    instrument = library[key]
    if version not in {None, instrument.version}:
        what = f"there is no version {version} of {key}"
        raise Invalid(Problem("instrument", what, f"the shipped one is {instrument.version}"))
    return instrument


def body(key: str) -> str:
    """The TOML of a shipped instrument. Raises Invalid for one that is not kept as TOML."""
    file = files("rsm.instruments").joinpath("library", f"{find(key).key}.toml")
    if not file.is_file():
        raise Invalid(Problem("instrument", f"{key} is structure without wording", "load wording"))
    return file.read_text(encoding="utf-8")


def _load(file: Traversable) -> Instrument:
    return load_instrument(file.read_text(encoding="utf-8"), file.name)
