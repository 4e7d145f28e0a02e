"""Where packs lie and how one is read: TOML to a strict model, errors with file and line."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from rsm.alerts.composing import compose
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.schema import InstrumentRange, RulePack
from rsm.alerts.worked import RawAnswer
from rsm.kernel.answers import Answer, Answers, AnswerStatus, answered
from rsm.kernel.documents import Source, nearest, read_toml, validate
from rsm.kernel.errors import Invalid, Problem

# Finds the instrument that a pack is for (its newest version in the range), or None.
FindInstrument = Callable[[InstrumentRange], InstrumentSpec | None]


def folder() -> Path:
    """`alert_rules/`: beside `rsm/`, in a checkout as in an installation."""
    return Path(__file__).resolve().parents[2] / "alert_rules"


def parse_pack(text: str, name: str) -> tuple[RulePack, Source]:
    """A pack from its TOML, not yet checked against its instrument (`checks.check`).

    Raises `Invalid` with every problem: file, line, what was expected, the nearest valid name.
    What the text includes is read from `alert_rules/parts/`; publish `whole_text`, which needs
    no other file.
    """
    whole, source = compose(text, name, part_text, _parts())
    try:
        data = read_toml(whole, name)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(_not_toml(error, name, len(text.splitlines()))) from error
    return validate(RulePack, data, source), source


_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


def _not_toml(error: tomllib.TOMLDecodeError, name: str, own_lines: int) -> Problem:
    """At its line; what stands beyond the text itself is of a part that it includes."""
    said = str(error)
    found = _AT_LINE.search(said)
    if found is None:
        return Problem(name, f"not TOML: {said}")
    what, line = f"not TOML: {said[: found.start()]}", int(found[1])
    if line > own_lines:
        return Problem(name, what, "an included part holds it already")
    return Problem(f"{name}:{line}", what)


def whole_text(text: str, name: str) -> str:
    """The TOML with the parts that it includes in it: what is published, and stands for itself."""
    return compose(text, name, part_text, _parts())[0]


def part_text(key: str) -> str | None:
    """The TOML of a part that packs include; None when there is none of that name."""
    return (_folder_of_parts() / f"{key}.toml").read_text("utf-8") if key in _parts() else None


def _parts() -> list[str]:
    return sorted(path.stem for path in _folder_of_parts().glob("*.toml"))


def _folder_of_parts() -> Path:
    return folder() / "parts"


def read_pack(path: Path) -> tuple[RulePack, Source]:
    """The pack in a file; `Invalid` also when it cannot be read."""
    return parse_pack(text_in(path), str(path))


def text_in(path: Path) -> str:
    """What a file holds; `Invalid` when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(path), f"cannot be read: {_why(error)}")) from error


def find_packs(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, folders as the `*.toml` in them; `Invalid` for a folder without any."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise Invalid(Problem(str(path), "no pack in this folder", "packs are *.toml files"))
        found += inside
    return found


@cache
def shipped_titles() -> Mapping[str, str]:
    """The packs that we ship: name of the file → title."""
    return {path.stem: read_pack(path)[0].title for path in sorted(folder().glob("*.toml"))}


def pack_path(name: str) -> Path:
    """A path, or the name of a pack in `alert_rules/` (`first` or its key `first-pack`)."""
    if Path(name).exists() or "/" in name or name.endswith(".toml"):
        return Path(name)
    shipped = {path.stem: path for path in sorted(folder().glob("*.toml"))}
    if name in shipped:
        return shipped[name]
    for path in shipped.values():
        if read_pack(path)[0].key == name:
            return path
    raise Invalid(Problem("pack", f"no file and no shipped pack `{name}`", nearest(name, shipped)))


def answers_of(raw: Mapping[str, RawAnswer]) -> Answers:
    """Answers as packs and commands write them: a code, a word why there is none, or null."""
    return {code: answer for code, value in raw.items() if (answer := _answer(value))}


def known_items(instrument: InstrumentSpec) -> Iterable[str]:
    return [item.code for item in instrument.items]


def _answer(value: RawAnswer) -> Answer | None:
    if value is None:
        return None
    if isinstance(value, int):
        return answered(value)
    status = AnswerStatus(value)
    return Answer(status, 0 if status is AnswerStatus.STRUCTURAL_ZERO else None)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or "unreadable"
