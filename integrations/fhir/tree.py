"""Where everything stands: sections, items and notes of ours as one tree, in the form's order."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rsm.instruments.model import Instrument, Item, Note, Section


@dataclass
class Branch:
    """One element with what stands within it; the root has none."""

    element: Section | Item | Note | None
    within: list["Branch"] = field(default_factory=list)


def order_of(root: Branch) -> dict[str, list[str]]:
    """The sections' keys and the notes' codes as the form has them, one after another."""
    order: dict[str, list[str]] = {"sections": [], "notes": []}
    waiting = [root]
    while waiting:
        branch = waiting.pop()
        if isinstance(branch.element, Section):
            order["sections"].append(branch.element.key)
        elif isinstance(branch.element, Note):
            order["notes"].append(branch.element.code)
        waiting += reversed(branch.within)
    return order


def tree_of(instrument: Instrument) -> Branch:
    """The root of the form."""
    return _Builder(instrument).root


class _Builder:
    def __init__(self, instrument: Instrument) -> None:
        self.root = Branch(None)
        self._instrument = instrument
        self._sections: dict[str, Branch] = {}
        for item in instrument.items:
            branch = Branch(item)
            branch.within += [Branch(note) for note in self._notes("beside", item.code)]
            place = self._section(item.section)
            place.within += [Branch(note) for note in self._notes("before", item.code)]
            place.within.append(branch)
        for section in instrument.sections:
            self._section(section.key)
        for section in instrument.sections:
            ends = [Branch(note) for note in self._notes("end_of", section.key)]
            self._sections[section.key].within += ends
        self.root.within += [Branch(note) for note in instrument.notes if _is_last(note)]

    def _notes(self, where: str, code: str) -> Iterator[Note]:
        return (note for note in self._instrument.notes if getattr(note, where) == code)

    def _section(self, key: str | None) -> Branch:
        """The section's branch, put where it is first needed."""
        if key is None:
            return self.root
        if key in self._sections:
            return self._sections[key]
        section = self._instrument.section_by_key[key]
        parent = self._section(section.parent)
        branch = self._sections[key] = Branch(section)
        notes = [Branch(note) for note in self._notes("before_section", key)]
        parent.within += [*notes, branch]
        return branch


def _is_last(note: Note) -> bool:
    return not (note.before or note.beside or note.before_section or note.end_of)
