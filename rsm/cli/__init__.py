"""The commands. Everything that decides can be asked beforehand, without a database.

Each command is a small function that imports what it needs when it runs, so that commands start
fast. Results go to standard output, errors to standard error; bad input ends with exit code 2.
"""

import argparse
import sys
from collections.abc import Sequence

from rsm import __version__
from rsm.cli import (
    archive,
    ask,
    collaborative,
    export,
    holds,
    instruments,
    mail,
    measures,
    policy,
    records,
    routing,
    run,
    simulate,
)


def parser() -> argparse.ArgumentParser:
    """The whole grammar: one place to read it."""
    top = argparse.ArgumentParser(prog="rsm", description="Remote symptom monitoring.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    run.add_to(commands)
    ask.add_to(commands)
    instruments.add_to(commands)
    records.add_to(commands)
    export.add_to(commands)
    archive.add_to(commands)
    mail.add_to(commands)
    holds.add_to(commands)
    measures.add_to(commands)
    routing.add_to(commands)
    policy.add_to(commands)
    simulate.add_to(commands)
    collaborative.add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 well, 1 found wrong, 2 bad input)."""
    chosen = parser().parse_args(arguments)
    from rsm.kernel.errors import Invalid, RsmError

    try:
        code: int = chosen.run(chosen)
    except Invalid as error:
        for problem in error.problems:
            print(f"rsm: {problem}", file=sys.stderr)
        return 2
    except RsmError as error:
        print(f"rsm: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - raised again unless it is the database's
        return _database_fault(error)
    return code


def _database_fault(error: Exception) -> int:
    """One line for what the database refuses; anything else is a fault of ours and shows itself."""
    from rsm.cli.database_faults import explain

    problem = explain(error)
    if problem is None:
        raise error
    print(f"rsm: {problem}", file=sys.stderr)
    return 2
