"""A proxy between a client and a server of the tests that counts requests and the bytes of answers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) \S+ HTTP/1\.[01]\r\n")


class CountingProxy:
    """Passes bytes on, both ways, to ``target``. ``requests`` are request lines, ``received`` bytes of answers."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.reset()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Count from zero."""
        self.requests: list[str] = []
        self.received = 0

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for source, sink, count in ((client, server, self._sent), (server, client, self._answered)):
                threading.Thread(target=_pass_on, args=(source, sink, count), daemon=True).start()

    def _sent(self, data: bytes) -> None:
        self.requests += [match[0].decode() for match in REQUEST.finditer(data)]

    def _answered(self, data: bytes) -> None:
        self.received += len(data)


def _pass_on(source: socket.socket, sink: socket.socket, count: Callable[[bytes], None]) -> None:
    with suppress(OSError), source, sink:
        while data := source.recv(65536):
            count(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
