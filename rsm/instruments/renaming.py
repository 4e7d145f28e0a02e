"""Names of sections, notes and pictures made different, so that two instruments can be one."""

from dataclasses import dataclass

from rsm.instruments.items import Item, options_of
from rsm.instruments.model import Instrument, Note, Section

_Changes = dict[str, object]


@dataclass(frozen=True)
class Names:
    """Which names of a part are taken already; they get `prefix` before them."""

    prefix: str
    sections: set[str]
    notes: set[str]
    pictures: set[str]

    def in_part(self, part: Instrument) -> Instrument:
        """The part with its new names, wherever they are used; itself where none is taken."""
        if not (self.sections or self.notes or self.pictures):
            return part
        changed = {
            "sections": tuple(self._of_section(section) for section in part.sections),
            "notes": tuple(self._of_note(note) for note in part.notes),
            "pictures": {self._picture(name): each for name, each in part.pictures.items()},
            "items": tuple(self._of_item(item) for item in part.items),
        }
        return Instrument.model_construct(**{**dict(part), **changed})

    def _of_section(self, section: Section) -> Section:
        changes = {"key": self._section(section.key), "parent": self._section(section.parent)}
        return section.model_copy(update=changes)

    def _of_note(self, note: Note) -> Note:
        code = f"{self.prefix}:{note.code}" if note.code in self.notes else note.code
        changes = {
            "code": code,
            "before_section": self._section(note.before_section),
            "end_of": self._section(note.end_of),
            "picture": self._picture(note.picture),
        }
        return note.model_copy(update=changes)

    def _of_item(self, item: Item) -> Item:
        changes: _Changes = {
            "section": self._section(item.section),
            "picture": self._picture(item.picture),
        }
        options = options_of(item)
        if options:
            changes["options"] = tuple(
                option.model_copy(update={"picture": self._picture(option.picture)})
                for option in options
            )
        return item.model_copy(update=changes)

    def _section(self, key: str | None) -> str | None:
        return f"{self.prefix}:{key}" if key is not None and key in self.sections else key

    def _picture(self, name: str | None) -> str | None:
        return f"{self.prefix}-{name}" if name is not None and name in self.pictures else name
