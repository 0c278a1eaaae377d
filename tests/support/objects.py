"""Object stores for tests: a server of its own, and data folders whose tables are in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from sinks import location

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER = Path(__file__).with_name("object_server.py")


class Objects:
    """A running server. Its buckets have names of their own: clients are kept by bucket."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.bucket = f"redline-{uuid.uuid4().hex[:12]}"
        self._ask("PUT", f"/{self.bucket}")

    @property
    def environment(self) -> dict[str, str]:
        """What a client must know."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def folder(self, data: Path) -> Path:
        """Make this folder one whose tables are below a prefix that nobody else has."""
        location.point(data, self.url())
        return data

    def url(self) -> str:
        """A prefix that nobody else has."""
        return f"s3://{self.bucket}/{uuid.uuid4().hex[:8]}"

    def faults(self, *faults: dict[str, Any]) -> None:
        """What goes wrong from now on, instead of what did."""
        self._ask("POST", "/-/faults", list(faults))

    def land(self) -> list[str]:
        """Do what was late; the statuses that its askers would have got."""
        return list(self._ask("POST", "/-/land"))

    def seen(self) -> dict[str, int]:
        """Requests by method since the last look."""
        return dict(self._ask("GET", "/-/seen"))

    def strict(self) -> None:
        """From now on only what a user's policy allows is done."""
        self._ask("POST", "/-/strict")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data=data, method=method)  # noqa: S310 - http
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - likewise
            found = answer.read()
        return json.loads(found) if path.startswith("/-/") else None


@contextmanager
def serving() -> Iterator[Objects]:
    """A server while the block runs, and this process's environment says where it is."""
    process = subprocess.Popen(
        [sys.executable, str(_SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        objects = Objects(int(process.stdout.readline()))
        with mock.patch.dict(os.environ, objects.environment):
            yield objects
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def fault(do: str, method: str, path: str, *, times: int = 1, seconds: float = 0.0) -> dict[str, Any]:
    """One thing that goes wrong; see `object_server`."""
    return {"do": do, "method": method, "path": path, "times": times, "seconds": seconds}
