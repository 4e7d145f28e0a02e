"""Which SQL statements one final submit executes, by table: through the whole web application."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from rsm.web.app import create_app
from rsm.web.services import Services
from tests.bench.ward import Survey, Ward

BASE = "https://rsm.example.org"
_TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?"?([a-z_]+)', re.IGNORECASE)
_WRITES = ("INSERT", "UPDATE", "DELETE")


def of_submit(ward: Ward, survey: Survey) -> Counter[str]:
    """`VERB table` → how often, for the POST that sends this survey."""
    client = TestClient(create_app(Services(ward.web, BASE)), base_url=BASE)
    with counted(ward.web.engine) as seen:
        page = client.post(f"{survey.path}/review", data={"words": ""})
    page.raise_for_status()
    return seen


@contextmanager
def counted(engine: Engine) -> Iterator[Counter[str]]:
    """Counts every statement of this engine while the block runs."""
    seen: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen[name_of(statement)] += 1

    def commit(_connection: object) -> None:
        seen["COMMIT"] += 1

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", commit)


def name_of(statement: str) -> str:
    """A statement's verb and its first table."""
    plain = " ".join(statement.split())
    verb = plain.split(" ", 1)[0].upper()
    if verb == "WITH":  # two tables at once: as it changes the first
        verb = next(each for each in re.findall(r"\w+", plain) if each in _WRITES)
    if "set_config" in plain:
        return "SELECT (scope)"
    if "pg_notify" in plain:
        return "SELECT (notify)"
    found = _TABLE.search(plain)
    lock = " for update" if "FOR UPDATE" in plain else ""
    return f"{verb} {found.group(1)}{lock}" if found else verb


def writes(seen: Counter[str]) -> int:
    return sum(count for name, count in seen.items() if name.startswith(_WRITES))


def reads(seen: Counter[str]) -> int:
    return sum(count for name, count in seen.items() if name.startswith("SELECT"))


def listing(quiet: Counter[str], alerting: Counter[str]) -> str:
    """Both counts side by side, the most frequent first."""
    names = sorted(quiet | alerting, key=lambda name: (-alerting[name], name))
    lines = [f"{name:<42}{quiet[name]:>6}{alerting[name]:>10}" for name in names]
    head = f"{'statements of one final submit':<42}{'quiet':>6}{'alerting':>10}"
    total = f"{'together':<42}{quiet.total():>6}{alerting.total():>10}"
    return "\n".join((head, *lines, total))
