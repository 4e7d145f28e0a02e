"""Commands about e-mail: what a mail server on this machine pipes in."""

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server keeps the message and tries later
_MOST_BYTES = 1024 * 1024


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    email = commands.add_parser("email", help="e-mail").add_subparsers(required=True)
    bounce = email.add_parser("bounce", help="take a delivery report from standard input")
    bounce.set_defaults(run=run_bounce)


def run_bounce(_chosen: argparse.Namespace) -> int:
    """0: kept. 2: no report, or on no e-mail of ours. 75: not now, the mail server tries again."""
    from sqlalchemy.exc import SQLAlchemyError

    from rsm.bootstrap import open_house, take_mail_report
    from rsm.settings import read_settings

    raw = sys.stdin.buffer.read(_MOST_BYTES)
    try:
        with open_house(read_settings()) as house:
            known = take_mail_report(house, raw)
    except SQLAlchemyError as error:
        print(f"rsm: not now: {type(error).__name__}", file=sys.stderr)
        return _TRY_AGAIN
    if not known:
        print("rsm: a report on no e-mail of ours", file=sys.stderr)
        return 2
    return 0
