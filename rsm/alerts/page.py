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
    """A heading of level 1, 2 or 3. `anchor`: what a link on the HTML page names after `#`."""

    level: int
    text: str
    anchor: str = ""


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
# For a file of its own; a page of the site has its own style.
_STYLE = """\
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .9em; }
th, td { border: 1px solid #999; padding: .3em .5em; text-align: left; vertical-align: top; }
tbody th { font-weight: 400; }
tr { break-inside: avoid; }
@page { margin: 18mm; }
"""
_CODE = re.compile(r"`([^`]*)`")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def markdown(blocks: Sequence[Block]) -> str:
    """The page as Markdown."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def html(blocks: Sequence[Block], title: str) -> str:
    """The page as one HTML file, to be printed and signed."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n{fragment(blocks)}\n</body>\n</html>\n"
    )


def fragment(blocks: Sequence[Block]) -> str:
    """The page as HTML without its frame; everything in it is escaped."""
    return "\n".join(_html(block) for block in blocks)


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
            anchor = f' id="{escape(block.anchor)}"' if block.anchor else ""
            return f"<h{block.level}{anchor}>{_inline(block.text)}</h{block.level}>"
        case Paragraph():
            return f"<p>{_inline(block.text)}</p>"
        case Bullets():
            return "<ul>" + "".join(f"<li>{_inline(line)}</li>" for line in block.lines) + "</ul>"
        case Table():
            return _html_table(block)
        case _:
            assert_never(block)


def _html_table(table: Table) -> str:
    """With its roles said, and each cell's head: on a phone a row becomes a card."""
    head = "".join(
        f'<th role="columnheader" scope="col">{_inline(cell)}</th>' for cell in table.head
    )
    rows = "\n".join(
        f'<tr role="row"><th role="rowheader" scope="row" class="full">{_inline(row[0])}</th>'
        + "".join(
            f'<td role="cell" class="full" data-l="{escape(name)}">{_inline(cell)}</td>'
            for name, cell in zip(table.head[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<table class="cards" role="table">\n<thead role="rowgroup"><tr role="row">{head}</tr>'
        f'</thead>\n<tbody role="rowgroup">\n{rows}\n</tbody>\n</table>'
    )


def _inline(text: str) -> str:
    safe = _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escape(text)))
    return safe.replace("\n", "<br>")
