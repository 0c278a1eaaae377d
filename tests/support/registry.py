"""A real schema registry, Confluent-compatible: Apicurio, in memory, on a port of its own.

Karapace, which would do as well, is on no package registry.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import tarfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from redline import broker, jars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GROUP, _ARTIFACT, _VERSION = "io.apicurio", "apicurio-registry-app", "2.6.13.Final"
_SHA256 = "3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba"
_START_S = 180.0


@contextmanager
def running(folder: Path, cache: Path) -> Iterator[str]:
    """The address of its Confluent API. The test is skipped where it cannot be downloaded (142 MB, once)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = _program(folder, cache)
    command = [
        str(broker._java_command(prefer_system=False)),
        "-Xmx256m",
        "-Dquarkus.http.host=127.0.0.1",
        f"-Dquarkus.http.port={port}",
        "-jar",
        str(program),
    ]
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        end = time.monotonic() + _START_S
        while not _answers(address):
            assert process.poll() is None, (folder / "registry.log").read_text()[-2000:]
            assert time.monotonic() < end, "the registry did not start"
            time.sleep(0.5)
        yield address
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/subjects", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _program(folder: Path, cache: Path) -> Path:
    archive = cache / f"{_ARTIFACT}-{_VERSION}-all.tar.gz"
    if not archive.exists() or hashlib.sha256(archive.read_bytes()).hexdigest() != _SHA256:
        cache.mkdir(parents=True, exist_ok=True)
        component = jars._maven(folder / "maven").project(_GROUP, _ARTIFACT).at_version(_VERSION)
        try:
            component.artifact(classifier="all", packaging="tar.gz").resolve().replace(archive)
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being downloaded
            pytest.skip(f"needs {archive.name} from a Maven repository: {type(error).__name__}")
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == _SHA256
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "registry", filter="data")
    return folder / "registry" / f"{_ARTIFACT}-{_VERSION}-runner.jar"
