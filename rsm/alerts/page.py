"""A page of headings, paragraphs, lists and tables, as Markdown or as HTML.

Words between backticks are code, between double asterisks strong; everything else is plain text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import assert_never


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head; a cell may hold several lines."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Bullets | Table
_CODE = re.compile(r"`([^`]*)`")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def markdown(blocks: Sequence[Block]) -> str:
    """The page as Markdown."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def html(blocks: Sequence[Block], title: str) -> str:
    """The page as one HTML file, to be printed and signed."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _markdown(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}"
        case Paragraph():
            return block.text
        case Bullets():
            return "\n".join(f"- {line}" for line in block.lines)
        case Table():
            head = (_row(block.head, _cell), f"|{'---|' * len(block.head)}")
            return "\n".join((*head, *(_row(row, _cell) for row in block.rows)))
        case _:
            assert_never(block)


def _row(cells: Sequence[str], cell: Callable[[str], str]) -> str:
    return f"| {' | '.join(cell(each) for each in cells)} |"


def _cell(text: str) -> str:
    """Text as a cell of a table: its lines parted by breaks, its bars escaped."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "<br>".join(lines).replace("|", "\\|")


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
        case Paragraph():
            return f"<p>{_inline(block.text)}</p>"
        case Bullets():
            return "<ul>" + "".join(f"<li>{_inline(line)}</li>" for line in block.lines) + "</ul>"
        case Table():
            head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in block.head)
            rows = "\n".join(
                "<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>"
                for row in block.rows
            )
            return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
        case _:
            assert_never(block)


def _inline(text: str) -> str:
    safe = _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escape(text)))
    return safe.replace("\n", "<br>")
