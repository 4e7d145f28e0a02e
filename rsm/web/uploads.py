"""A text that is chosen as a file or typed into a field: the file counts before what was typed."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.datastructures import FormData, UploadFile

LARGEST = 100_000  # characters: what sites write has some hundred lines
_BYTES = 4  # that a character has at most


class Unread(StrEnum):
    """Why nothing was taken."""

    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Text:
    """What was sent; with `problem` as far as it can be shown again."""

    body: str
    problem: Unread | None = None


async def text_of(form: FormData) -> Text:
    """Of the fields `file` and `body`; lines end as ours do."""
    typed, file = form.get("body"), form.get("file")
    body = typed if isinstance(typed, str) else ""
    if isinstance(file, UploadFile) and file.filename:
        content = await file.read(LARGEST * _BYTES + 1)
        if len(content) > LARGEST * _BYTES:
            return Text("", Unread.TOO_LONG)
        try:
            body = content.decode()
        except UnicodeDecodeError:
            return Text(body.replace("\r\n", "\n"), Unread.NOT_TEXT)
    if len(body) > LARGEST:
        return Text("", Unread.TOO_LONG)
    return Text(body.replace("\r\n", "\n"))
