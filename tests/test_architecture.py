"""House rules that no linter keeps. The layers themselves are in pyproject.toml (import-linter)."""

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from rsm.cli import parser
from rsm.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CODE = ("rsm", "integrations", "tools")
LIBRARIES_WITH_IO = {
    "alembic", "apscheduler", "fastapi", "httpx", "httpx2", "jinja2", "psycopg", "requests",
    "smtplib", "socket", "sqlalchemy", "starlette", "subprocess", "twilio", "urllib", "uvicorn",
}  # fmt: skip
PRIVATE = {"store", "tables"}
MAY_READ_TABLES = ("rsm.metrics", "rsm.bootstrap", "rsm.db.migrations")
MAY_SEND = (
    "rsm.messaging",
    "rsm.flow.deliver",
    "rsm.flow.sending",  # its second step
    "rsm.flow.reconcile",
    "rsm.flow.history",
    "rsm.flow.redact",
    "rsm.bootstrap",
    "integrations",
)
MAX_LINES = 300
MAX_FUNCTION = 40
# "path" or "path::function": why it may be longer. Empty, and meant to stay so.
LONGER: dict[str, str] = {}
MIGRATIONS = "rsm/db/migrations/versions"  # history: one script each, never edited, never read on


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("rsm", "integrations", include_external_packages=True, cache_dir=None)


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def edges(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    """Every import as (importer, imported)."""
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            yield importer, imported


@cache
def sources() -> dict[str, ast.Module]:
    """Our modules by path, parsed; migrations left out."""
    paths = [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    names = {path.relative_to(ROOT).as_posix(): path for path in paths}
    return {
        name: ast.parse(path.read_text())
        for name, path in names.items()
        if not name.startswith(f"{MIGRATIONS}/")
    }


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_a_room_keeps_its_store_and_tables_to_itself(imports: grimp.ImportGraph) -> None:
    trespasses = []
    for importer, imported in edges(imports):
        parts = imported.split(".")
        if parts[0] == "rsm" and len(parts) > 2 and parts[2] in PRIVATE:
            room = ".".join(parts[:2])
            if not inside(importer, room, *MAY_READ_TABLES):
                trespasses.append(f"{importer} -> {imported}")
    assert sorted(trespasses) == []


def test_adapters_see_only_ports_models_and_the_kernel(imports: grimp.ImportGraph) -> None:
    allowed = re.compile(r"rsm\.(kernel(\..+)?|[a-z_]+\.(ports|model))")
    trespasses = [
        f"{importer} -> {imported}"
        for importer, imported in edges(imports)
        if inside(importer, "integrations")
        and inside(imported, "rsm")
        and not allowed.fullmatch(imported)
    ]
    assert sorted(trespasses) == []


def test_models_and_decisions_do_no_io_not_even_through_others(imports: grimp.ImportGraph) -> None:
    trespasses = []
    for module in imports.modules:
        parts = module.split(".")
        if parts[0] == "rsm" and parts[-1] in {"model", "decide", "ports"}:
            reached = imports.find_upstream_modules(module) & LIBRARIES_WITH_IO
            trespasses += [f"{module} -> {library}" for library in reached]
    assert sorted(trespasses) == []


def test_the_kernel_needs_no_library_that_does_io(imports: grimp.ImportGraph) -> None:
    reached = imports.find_upstream_modules("rsm.kernel", as_package=True)
    assert sorted(reached & LIBRARIES_WITH_IO) == []


def test_only_delivery_calls_senders(imports: grimp.ImportGraph) -> None:
    importers = imports.find_modules_that_directly_import("rsm.messaging.ports")
    assert sorted(module for module in importers if not inside(module, *MAY_SEND)) == []


def test_only_months_under_a_virtual_clock_go_straight_to_libpq(imports: grimp.ImportGraph) -> None:
    """A process with threads, or tables that change, may not (`rsm.db.straight`)."""
    importers = imports.find_modules_that_directly_import("rsm.db.straight")
    assert sorted(importers) == ["rsm.cli.site_processes"]


def test_only_the_unit_of_work_commits() -> None:
    commits = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if not path.startswith("rsm/db/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]
    assert commits == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lines = {path: len((ROOT / path).read_text().splitlines()) for path in sources()}
    longer = {path: count for path, count in lines.items() if count > MAX_LINES}
    assert {path: count for path, count in longer.items() if path not in LONGER} == {}


def test_no_function_is_longer_than_a_reader_can_hold() -> None:
    longer = {
        f"{path}::{function.name}": length(function)
        for path, tree in sources().items()
        for function in functions(tree)
        if length(function) > MAX_FUNCTION
    }
    assert {name: count for name, count in longer.items() if name not in LONGER} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path, tree in sources().items() if not ast.get_docstring(tree)] == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {str(Path(path).parent) for path in sources()} - {"tools"}
    assert [folder for folder in sorted(folders) if f"{folder}/__init__.py" not in sources()] == []


def test_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text()
    folders = [path for path in (ROOT / "rsm").iterdir() if path.is_dir()]
    rooms = sorted(path.name for path in folders if path.name != "__pycache__")
    assert [room for room in rooms if f"| `{room}`" not in readme] == []


def test_the_readme_documents_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    names = [f"RSM_{field.upper()}" for field in Settings.model_fields]
    assert [name for name in names if f"| `{name}`" not in readme] == []


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"`(RSM_[A-Z_]+)`", (ROOT / "README.md").read_text()))
    known = {f"RSM_{field.upper()}" for field in Settings.model_fields}
    assert sorted(named - known) == []


def test_each_promise_names_tests_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (P\d+) \|(.+)\|$", readme, re.MULTILINE)
    assert [number for number, _ in rows] == [f"P{n}" for n in range(1, 18)]
    assert [number for number, row in rows if "`test_" not in row.rpartition("|")[2]] == []
    named = {(number, name) for number, row in rows for name in re.findall(r"`(test_\w+)`", row)}
    known = set(re.findall(r"^ *def (test_\w+)\(", all_tests(), re.MULTILINE))
    assert sorted((number, name) for number, name in named if name not in known) == []


def test_the_readme_lists_exactly_the_commands_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    listed = re.findall(r"^\| `(rsm [a-z ]+)` \|", readme, re.MULTILINE)
    assert sorted(listed) == sorted(commands(parser()))


def commands(grammar: argparse.ArgumentParser) -> list[str]:
    """Every command that can be typed, as `rsm rules check`."""
    below = [
        command
        for action in grammar._actions
        if isinstance(action, argparse._SubParsersAction)
        for each in action.choices.values()
        for command in commands(each)
    ]
    return below or [grammar.prog]


def test_only_loops_runs_coroutines_of_tests() -> None:
    """A browser test leaves a loop in its process, in which no other can be run: which tests share
    a process is chance."""
    calls = re.compile(r"\b(asyncio\.run|anyio\.run|run_until_complete)\b")
    places = sorted((ROOT / "tests").rglob("*.py"))
    found = {path.name for path in places if calls.search(path.read_text())}
    assert found - {Path(__file__).name} == {"loops.py"}


def all_tests() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("*.py")))
