"""An object store in a process of its own: moto's S3, with faults when a test asks for them. Prints its port.

One request is done at a time, as a store whose answers are linearizable would seem to. `POST /-/faults` takes a JSON
list of faults, each for the next `times` requests of a method whose path matches:

busy    it is not done; 503 SlowDown
lost    it is done; the answer is 503 all the same
late    the answer is 400; it is done when `POST /-/land` says so
hang    it is not done; no answer for `seconds`

`GET /-/seen` is how often each method was asked for since the last look. `POST /-/strict`: from now on each request
must be signed by a user that the store's IAM knows, and be allowed by a policy of that user.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from moto import settings
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_BAD = b"<Error><Code>InvalidRequest</Code><Message>not now</Message></Error>"


class Faulty:
    """moto, sometimes out of order."""

    def __init__(self) -> None:
        self._moto: Any = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._faults: list[dict[str, Any]] = []
        self._late: list[dict[str, Any]] = []
        self._seen: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"]
        if path.startswith("/-/"):
            return self._told(path, body, start)
        self._seen[environ["REQUEST_METHOD"]] += 1
        request = {**environ, "wsgi.input": io.BytesIO(body)}
        fault = self._fault(environ["REQUEST_METHOD"], path)
        if fault is None:
            return self._do(request, start)
        match fault["do"]:
            case "busy":
                answer = ("503 Slow Down", _SLOW_DOWN)
            case "lost":
                self._do(request, lambda *_: None)
                answer = ("503 Slow Down", _SLOW_DOWN)
            case "late":
                self._late.append(request)
                answer = ("400 Bad Request", _BAD)
            case _:
                time.sleep(fault["seconds"])
                answer = ("503 Slow Down", _SLOW_DOWN)
        start(answer[0], [("Content-Type", "application/xml"), ("Content-Length", str(len(answer[1])))])
        return [answer[1]]

    def _do(self, request: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        with self._lock:
            return list(self._moto(request, start))

    def _fault(self, method: str, path: str) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if fault["times"] and fault["method"] == method and re.search(fault["path"], path):
                    fault["times"] -= 1
                    return fault
        return None

    def _told(self, path: str, body: bytes, start: Callable[..., Any]) -> list[bytes]:
        answer: Any = None
        if path == "/-/faults":
            self._faults = json.loads(body)
        elif path == "/-/land":
            statuses: list[str] = []
            for request in self._late:
                self._do(request, lambda status, *_: statuses.append(status))
            self._late = []
            answer = statuses
        elif path == "/-/strict":
            settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        else:
            answer, self._seen = dict(self._seen), Counter()
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's delayed acknowledgement

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def _end_with_its_starter() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=_end_with_its_starter, daemon=True).start()
    server = make_server("127.0.0.1", 0, Faulty(), threaded=True, request_handler=_Quiet)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
