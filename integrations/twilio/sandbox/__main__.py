"""Starts the sandbox: `python -m integrations.twilio.sandbox --port 8900`.

Prints one line, `READY <port>`, when it answers.
"""

import argparse
import os
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from integrations.twilio.sandbox.app import Options, World, build
from integrations.twilio.sandbox.control import ACCOUNT_SID, AUTH_TOKEN
from integrations.twilio.sandbox.lines import DroppableProtocol
from integrations.twilio.sandbox.postman import Account, SignedPost
from rsm.kernel.ids import Ids, SeededIds, SystemIds


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is ended, or until its owner's end of the standard input closes."""
    given = _parser().parse_args(arguments)
    listener = _listener(given.port)
    port = listener.getsockname()[1]
    ids: Ids = SeededIds(given.seed) if given.seed else SystemIds()
    world = World(_machine_time, ids, SignedPost(given.auth_token))
    app = build(_options(given), world, lambda: _say(f"READY {port}"))
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,  # a caller that a fault keeps waiting does not hold us up
    )
    server = uvicorn.Server(config)
    if given.exit_with_stdin:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    with listener:
        server.run(sockets=[listener])


def _listener(port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's delay off; else each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A Twilio-compatible sandbox.")
    add = parser.add_argument
    add("--port", type=int, default=0, help="0: any free one (see the READY line)")
    add("--account-sid", default=ACCOUNT_SID)
    add("--auth-token", default=AUTH_TOKEN)
    add("--inbound-url", default="", help="where texts from phones are posted")
    add("--state-file", type=Path, help="keep the phones over a restart")
    add("--callbacks", choices=["auto", "manual"], default="auto", help="manual: only when flushed")
    add("--no-keywords", action="store_true", help="leave STOP and START to the application")
    add("--seed", default="", help="the same message ids every time")
    add("--exit-with-stdin", action="store_true", help="end when the standard input closes")
    return parser


def _options(given: argparse.Namespace) -> Options:
    return Options(
        account=Account(given.account_sid, given.auth_token),
        inbound_url=given.inbound_url,
        manual_callbacks=given.callbacks == "manual",
        keywords=not given.no_keywords,
        state_file=given.state_file,
    )


def _machine_time() -> datetime:
    # The sandbox plays another company, so it has a clock of its own and not our database's.
    return datetime.now(UTC)  # noqa: TID251  # see above: the one reading of this process


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True


if __name__ == "__main__":
    main()
