"""Must this process be started anew, and may it be given work: `GET /live` and `GET /ready`, beside `/metrics`.

Live is not merely that something answers. A process is live while it makes progress or has nothing to do; what progress
is, each process says itself (worker: `streams.pulse`, sink: `redline.sink_watchdog`, tend: `redline.tend`). It ceases
to be so at half the time after which it would end itself, so that a probe has time to see it, and where it cannot end
itself any more (an event loop that is blocked) the probe's owner does.

The listener is a thread of its own: it answers while an event loop is blocked, and that is the point.
"""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[], str]
    """Empty: all is well; else why not, in a few words of ours."""

TEXT: Final = "text/plain; charset=utf-8"
_OK, _NOT_FOUND, _UNAVAILABLE = 200, 404, 503
_REQUEST_S = 10.0  # of a client that sends nothing
_STARTING = "is starting"


class Page(NamedTuple):
    """An answer."""

    status: int
    media_type: str
    body: bytes


class Health:
    """What one process says of itself. Live and not ready until it says otherwise. Safe to use from several threads."""

    def __init__(self) -> None:
        self._live: Check = lambda: ""
        self._ready: Check = lambda: _STARTING

    def live_while(self, check: Check) -> None:
        """From now on this says whether it is live."""
        self._live = check

    def ready_when(self, check: Check) -> None:
        """From now on this says whether it is ready; one that is not live never is."""
        self._ready = check

    def waits(self, what: str) -> None:
        """Not ready, for this reason."""
        self._ready = lambda: what

    def live(self) -> Page:
        """The answer to `GET /live`."""
        return _page(self._live(), "live")

    def ready(self) -> Page:
        """The answer to `GET /ready`."""
        return _page(self._live() or self._ready(), "ready")


def _page(why: str, word: str) -> Page:
    return Page(_UNAVAILABLE, TEXT, f"not {word}: {why}\n".encode()) if why else Page(_OK, TEXT, f"{word}\n".encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Mapping[str, Callable[[], Page]]

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that went away is no news, and its bytes are not for a log."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_S
    server_version, sys_version = "redline", ""

    def do_GET(self) -> None:
        make = self.server.pages.get(self.path.partition("?")[0])
        page = make() if make else Page(_NOT_FOUND, TEXT, f"{', '.join(self.server.pages)}\n".encode())
        self.send_response(page.status)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """As short as the rest; the base class would quote the request."""
        del message, explain
        self.send_response_only(code)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: probes come every few seconds."""


def listen(host: str, port: int, pages: Mapping[str, Callable[[], Page]]) -> Callable[[], None]:
    """Answer `GET` of these paths; call what comes back to stop.

    Raises:
        OSError: the port is not free, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = type("_Listening", (_Server,), {"address_family": family})
    server = kind((host, port), _Handler)
    server.pages = pages
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
