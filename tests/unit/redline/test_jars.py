from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from redline import jars
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two_jars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """A lock of two small jars, which a fake repository serves; what it serves can be changed."""
    contents = {"one": b"first", "two": b"second"}
    lock = tmp_path / "kafka.lock"
    lock.write_text(f"{sha256(b'first')}  g:one:1.0\n{sha256(b'second')}  g:two:2.0\n")
    read = jars.locked(lock)
    monkeypatch.setattr(jars, "locked", lambda: read)
    monkeypatch.setattr(jars, "_maven", lambda repository: Repository(repository, contents))
    return contents


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Repository:
    """Answers as jgo's MavenContext does: project, at_version, artifact, resolve."""

    def __init__(self, folder: Path, contents: dict[str, bytes]) -> None:
        self._folder, self._contents = folder, contents
        self._name = ""

    def project(self, group: str, artifact: str) -> Repository:
        self._name = artifact
        return self

    def at_version(self, version: str) -> Repository:
        return self

    def artifact(self) -> Repository:
        return self

    def resolve(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._name}.jar"
        path.write_bytes(self._contents[self._name])
        return path


def test_the_first_run_says_what_it_downloads_and_the_second_does_not_touch_the_network(
    tmp_path: Path, two_jars: dict[str, bytes]
) -> None:
    said = list[str]()
    first = jars.kafka_jars(tmp_path / "cache", said.append)
    assert [path.read_bytes() for path in first] == [b"first", b"second"]
    assert said[0].startswith("downloading Kafka")
    said.clear()
    two_jars.clear()  # an empty repository: any request would raise
    assert jars.kafka_jars(tmp_path / "cache", said.append) == first
    assert said == []


def test_a_jar_that_is_not_the_pinned_one_never_enters_the_cache(tmp_path: Path, two_jars: dict[str, bytes]) -> None:
    two_jars["two"] = b"forged"
    with pytest.raises(BrokerError, match=r"g:two:2\.0 could not be downloaded \(its SHA-256"):
        jars.kafka_jars(tmp_path / "cache", lambda _: None)
    assert not list((tmp_path / "cache").rglob("two-2.0.jar"))
    assert jars.cached(tmp_path / "cache", jars.locked()) is None


@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_cache_is_mended(tmp_path: Path, two_jars: dict[str, bytes], damage: str) -> None:
    cache = tmp_path / "cache"
    one, _ = jars.kafka_jars(cache, lambda _: None)
    one.unlink() if damage == "missing" else one.write_bytes(b"f")
    del two_jars["two"]  # only what is missing is asked for
    said = list[str]()
    assert jars.kafka_jars(cache, said.append)[0].read_bytes() == b"first"
    assert "(1 jars" in said[0]


def test_a_download_that_was_killed_is_done_again(tmp_path: Path, two_jars: dict[str, bytes]) -> None:
    folder = tmp_path / "cache" / f"kafka-{jars.KAFKA_VERSION}"
    folder.mkdir(parents=True)
    (folder / "one-1.0.jar").write_bytes(b"fir")  # no manifest yet
    assert jars.kafka_jars(tmp_path / "cache", lambda _: None)[0].read_bytes() == b"first"


def test_without_a_network_the_error_says_what_is_needed(tmp_path: Path, two_jars: dict[str, bytes]) -> None:
    two_jars.clear()
    with pytest.raises(BrokerError, match=r"a network .* is needed once .* or KAFKA_HOME: run `redline doctor`"):
        jars.kafka_jars(tmp_path / "cache", lambda _: None)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, two_jars: dict[str, bytes]) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(BrokerError, match=r"cache .* cannot be used .*set REDLINE_CACHE"):
        jars.kafka_jars(tmp_path / "cache", lambda _: None)


def test_every_jar_of_the_lock_is_pinned_by_its_hash() -> None:
    pinned = jars.locked()
    assert len({jar.file_name for jar in pinned}) == len(pinned) >= 40
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in pinned)
    assert {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in pinned} >= set(jars.ENDPOINT)


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("REDLINE_CACHE", raising=False)
    assert jars.default_cache() == tmp_path / "xdg" / "redline"
    monkeypatch.setenv("REDLINE_CACHE", str(tmp_path / "own"))
    assert jars.default_cache() == tmp_path / "own"


def test_of_many_that_start_at_once_one_downloads(tmp_path: Path, two_jars: dict[str, bytes]) -> None:
    said = list[str]()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: jars.kafka_jars(tmp_path / "cache", said.append), range(4)))
    assert len(set(found)) == 1
    assert len([line for line in said if line.startswith("downloading")]) == 1
