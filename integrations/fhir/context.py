"""What the reading of one Questionnaire shares: its languages, its value sets, what was said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.fhir.keeping import Keeper
from integrations.fhir.questionnaire import Json, JsonObject, Node

Content = dict[str, Json]  # of one of our models, before it is checked


@dataclass(frozen=True)
class Said:
    """What whoever imports says of a form that the form cannot say. Empty: it is not known."""

    key: str = ""
    version: str = ""
    language: str = ""
    licence: str = ""  # its name; the terms are the form's own copyright
    display: bool = False
    min_age: int | None = None
    recall_days: int | None = None
    recall: str = ""  # as people read it, in the form's language: "In the last 7 days"
    validated: bool = False
    reviewer: str = ""
    reviewed_on: str = ""
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # by linkId
    keep: frozenset[str] = frozenset()  # extensions that are kept and not acted upon


@dataclass
class Context:
    """`language` is the form's own; `languages` are all in which anything is said."""

    said: Said
    language: str
    languages: tuple[str, ...]
    is_bare: bool = False  # structure without wording
    value_sets: Mapping[str, JsonObject] = field(default_factory=dict)
    keeper: Keeper = field(default_factory=Keeper)
    unstated: list[str] = field(default_factory=list)
    order: Json | None = None  # of sections and notes in the file that we made the form from

    def value_set(self, node: Node, address: str) -> JsonObject | None:
        """The contained value set that `#address` names; a problem where it is elsewhere."""
        if address.startswith("#") and address[1:] in self.value_sets:
            return self.value_sets[address[1:]]
        what = f"the options stand in {address}, outside of the form"
        if address.startswith("#"):
            what = f"{address} is not contained in the form"
        node.refuse("answerValueSet", what, "list them under answerOption, or contain the set")
        return None
