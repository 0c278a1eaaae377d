"""Objects of an S3-compatible store: the only import of obstore.

Credentials, region and endpoint come from the environment by the names that every client has: `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL` (`AWS_ENDPOINT_URL_S3` comes first), or
from the machine's role. A busy or silent server is asked again with growing pauses, for `PATIENCE` at most.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store
from pyarrow import fs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from obstore.store import S3Config

    from sinks.places import Remote

_PART = 8 << 20  # bytes
PATIENCE = timedelta(seconds=60)
_RETRIES = 6  # 0.1 s, then twice as long each time: some 10 s in all, unless each try hangs
_TRY, _CONNECT = timedelta(seconds=30), timedelta(seconds=5)


def options() -> dict[str, str]:
    """What deltalake is told beyond the environment, so that it waits as long as we do."""
    endpoint = _endpoint()
    told = {
        # A commit creates its entry or fails, whoever else is at it: a put with `If-None-Match: *`.
        "conditional_put": "etag",
        "timeout": f"{_TRY.seconds}s",
        "connect_timeout": f"{_CONNECT.seconds}s",
        "max_retries": str(_RETRIES),
        "retry_timeout": f"{PATIENCE.seconds}s",
    }
    return told | ({"endpoint": endpoint, "allow_http": str(_plain(endpoint)).lower()} if endpoint else {})


def put(source: Path, to: Remote) -> None:
    """Upload a finished file. The store checks each part by its SHA-256; the object is there whole or not at all.

    Raises:
        OSError: the store refuses, or does not answer in time. Then the object may appear all the same, late.
    """
    with _told(to):
        obstore.put(_client(to.bucket, _endpoint()), to.key, source)


def create(to: Remote, body: bytes) -> bool:
    """Write an object that is not there yet; False if it is. Raises OSError."""
    with _told(to):
        try:
            obstore.put(_client(to.bucket, _endpoint()), to.key, body, mode="create")
        except AlreadyExistsError:
            return False
    return True


def read(place: Remote) -> bytes:
    """All of an object. Raises FileNotFoundError, OSError."""
    with _told(place):
        return bytes(obstore.get(_client(place.bucket, _endpoint()), place.key).bytes())


def parts(place: Remote) -> Iterator[bytes]:
    """An object piece by piece, however large it is. Raises FileNotFoundError, OSError."""
    with _told(place):
        for part in obstore.get(_client(place.bucket, _endpoint()), place.key).stream(min_chunk_size=_PART):
            yield bytes(part)


def size(place: Remote) -> int | None:
    """Bytes of an object, or None if it is not there. Raises OSError."""
    try:
        with _told(place):
            return int(obstore.head(_client(place.bucket, _endpoint()), place.key)["size"])
    except FileNotFoundError:
        return None


def names(folder: Remote) -> list[str]:
    """Names of the objects right below a prefix. Raises OSError."""
    with _told(folder):
        found = obstore.list_with_delimiter(_client(folder.bucket, _endpoint()), folder.key or None)
    return [str(one["path"]).rpartition("/")[2] for one in found["objects"]]


def below(folder: Remote) -> Iterator[tuple[str, datetime]]:
    """Every object below a prefix, however deep: path from there, and when it was written. Raises OSError."""
    cut = len(folder.key) + 1 if folder.key else 0
    with _told(folder):
        for part in obstore.list(_client(folder.bucket, _endpoint()), folder.key or None):
            yield from [(str(one["path"])[cut:], one["last_modified"]) for one in part]


def remove(place: Remote) -> None:
    """Delete an object; one that is gone already is fine. Raises OSError."""
    try:
        with _told(place):
            obstore.delete(_client(place.bucket, _endpoint()), place.key)
    except FileNotFoundError:
        pass


def filesystem(root: Remote) -> fs.FileSystem:
    """For Arrow to read Parquet by, in threads that never wait for Python; paths are relative to `root`."""
    return fs.SubTreeFileSystem(f"{root.bucket}/{root.key}".rstrip("/"), _arrow(_endpoint(), _region()))


@cache
def _arrow(endpoint: str, region: str | None) -> fs.S3FileSystem:
    scheme, _, host = endpoint.rpartition("://")
    return fs.S3FileSystem(
        region=region,
        endpoint_override=host.rstrip("/") or None,
        scheme=scheme or "https",
        connect_timeout=_CONNECT.seconds,
        request_timeout=_TRY.seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_RETRIES),
    )


@cache
def _client(bucket: str, endpoint: str) -> S3Store:
    config: S3Config = {"checksum_algorithm": "SHA256"}
    if endpoint:
        config["endpoint"] = endpoint
    return S3Store(
        bucket,
        config=config,
        client_options={"timeout": _TRY, "connect_timeout": _CONNECT, "allow_http": _plain(endpoint)},
        retry_config={"max_retries": _RETRIES, "retry_timeout": PATIENCE},
    )


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _plain(endpoint: str) -> bool:
    return endpoint.startswith("http://")


@contextmanager
def _told(place: Remote) -> Iterator[None]:
    """The client's errors as OSError. Their words quote addresses and answers of the server: only the kind is told."""
    failure = ""
    missing = False
    try:
        yield
    except FileNotFoundError:
        missing = True
    except (BaseError, OSError) as error:
        failure = type(error).__name__
    if missing:
        raise FileNotFoundError(f"{place}: no such object, or no such bucket")
    if failure:
        raise OSError(
            f"{place}: needed the object store to answer, came {failure}; look at AWS_ENDPOINT_URL, AWS_REGION, the "
            "credentials and the bucket, or run again if it was busy"
        )
