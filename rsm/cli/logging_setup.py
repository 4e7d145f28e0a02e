"""Where log lines go: one JSON object a line on standard error, for whatever collects them.

Of our own records the message and its fields are written, of libraries' only the message without
its values: those may be a number or an address. Of an exception: its type and place, not its text.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from rsm.web.logs import mask, place_of

_OURS = ("rsm", "integrations", "uvicorn")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_LONGEST = 300


class JsonLines(logging.Formatter):
    """One record as one JSON object: time, level, logger, message, and the fields of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.partition(".")[0] in _OURS
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage() if is_ours else str(record.msg)),
        }
        for name, value in vars(record).items():
            if is_ours and name not in _STANDARD:
                line[name] = _plain(value)
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = f"{type(error).__name__} at {place_of(error)}"
        return json.dumps(line, ensure_ascii=False)


def _plain(value: object) -> object:
    """Ids, codes and counts as they are; of anything else only what kind of thing it was."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | UUID):
        return mask(str(value))[:_LONGEST]
    return f"({type(value).__name__})"


def set_up() -> None:
    """Log as JSON lines from now on: ours from INFO, libraries from WARNING, no access log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
