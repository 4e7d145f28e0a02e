"""A small TCP proxy on loopback, which may lose connections at the worst moment, or fall silent."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

_SIZE = 1 << 16
_COMMIT = b"COMMIT\x00"


class Cut(StrEnum):
    """Where a connection is lost."""

    BEFORE = "before"  # COMMIT never reaches the server: nothing is stored
    AFTER = "after"  # COMMIT is done, and nobody is told


Chooser = Callable[[], Cut | None]


@dataclass
class Proxy:
    """Hands on what comes to `port`. `on_commit` is asked at each COMMIT that passes."""

    target: tuple[str, int] | str  # or a socket's path
    host: str = "127.0.0.1"
    on_commit: Chooser = lambda: None
    cuts: list[Cut] = field(default_factory=list)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._flows = threading.Event()
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self, *, on: bool) -> None:
        """Let nothing through, as where a cable was pulled; what waits goes through afterwards."""
        (self._flows.clear if on else self._flows.set)()

    def drop_all(self) -> None:
        for each in list(self._open):
            _close(each)

    def close(self) -> None:
        _close(self._listener)
        self._flows.set()
        self.drop_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = self._reach()
        except OSError:
            _close(client)
            return
        server.settimeout(None)
        for each in (client, server):
            with suppress(OSError):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(each)
        threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
        self._asks(client, server)

    def _reach(self) -> socket.socket:
        if not isinstance(self.target, str):
            return socket.create_connection(self.target, 5)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        return server

    def _asks(self, client: socket.socket, server: socket.socket) -> None:
        """From us to the server, watching for COMMIT."""
        with suppress(OSError):
            while data := client.recv(_SIZE):
                self._flows.wait()
                cut = self.on_commit() if _COMMIT in data else None
                if cut is not None:
                    self.cuts.append(cut)
                if cut is Cut.BEFORE:
                    break
                if cut is Cut.AFTER:
                    _close(client)  # the answer has nowhere to go before it can come
                    server.sendall(data)
                    return  # its answer ends the rest
                server.sendall(data)
        self._part(client, server)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_SIZE):
                self._flows.wait()
                client.sendall(data)
        self._part(client, server)

    def _part(self, *both: socket.socket) -> None:
        for each in both:
            self._open.discard(each)
            _close(each)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
