"""What view models of all pages share: hidden fields, links, buttons and choices."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A hidden form field that goes along unchanged."""

    name: str
    value: str


@dataclass(frozen=True)
class Link:
    """Words that lead to an address. The address holds no name and no health information."""

    label: str
    url: str


@dataclass(frozen=True)
class FilterLink:
    """One pill of a filter: a link, how many it shows, and whether it is the present one."""

    label: str
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True)
class PostButton:
    """A button in a form of its own that posts to `action` (with CSRF and `fields`)."""

    label: str
    action: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One value that may be chosen, in a select or among radio buttons."""

    value: str
    label: str
