"""Kafka's jars: which they are, and a cache of them per user.

`kafka.lock` pins every jar of the embedded broker by coordinate and SHA-256, as requirements.lock does for Python. What
jgo fetches is checked against it before it enters the cache: jgo itself keeps a half-written file of a killed download
and only warns of a wrong checksum. `python -m redline.jars` resolves the endpoint anew and prints the lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KAFKA_VERSION = "4.2.1"
LOCK = Path(__file__).with_name("kafka.lock")

# kafka-clients is named because jgo otherwise takes an older one, and the broker dies with NoSuchMethodError. Kafka 4.2
# uses the SLF4J 1.7 interface, hence log4j-slf4j-impl and not log4j-slf4j2-impl.
ENDPOINT = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-core:2.25.1",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.1",
)
_SIZE_MB = 44
# Small files from one host: latency, not bandwidth, is what four at a time hide.
_DOWNLOADS = 4
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned Maven artifact."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def file_name(self) -> str:
        """Its name in the cache; artifact names are unique in the lock."""
        return f"{self.artifact}-{self.version}.jar"


def locked(path: Path = LOCK) -> tuple[Jar, ...]:
    """The jars of the lock, in its order. Lines are `sha256  group:artifact:version`."""
    jars = []
    for line in path.read_text(encoding="ascii").splitlines():
        sha256, coordinate = line.split()
        jars.append(Jar(sha256, *coordinate.split(":")))
    return tuple(jars)


def default_cache() -> Path:
    """`REDLINE_CACHE`, else `XDG_CACHE_HOME/redline`, else `~/.cache/redline`."""
    if chosen := os.environ.get("REDLINE_CACHE"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "redline"


def cached(cache: Path, jars: Sequence[Jar]) -> tuple[Path, ...] | None:
    """The paths of all jars if the cache holds them all, else None. No network.

    The manifest is written after the last jar is in place and is named after the lock's content; a jar counts as held
    if it has the size that the manifest tells.
    """
    folder = _folder(cache)
    try:
        lines = _manifest(cache, jars).read_text(encoding="utf-8").splitlines()
        sizes = {name: int(size) for size, name in (line.split(maxsplit=1) for line in lines)}
        if all((folder / jar.file_name).stat().st_size == sizes.get(jar.file_name) for jar in jars):
            return tuple(folder / jar.file_name for jar in jars)
    except (OSError, ValueError):
        pass
    return None


def kafka_jars(cache: Path, say: Callable[[str], None]) -> tuple[Path, ...]:
    """The paths of Kafka's jars, downloaded first if the cache lacks any.

    Safe to call from several processes at once: one downloads, the others wait for it. A download that was killed
    leaves nothing behind that is taken for a jar.

    Raises:
        BrokerError: a jar could not be downloaded, or is not the one that the lock pins.
    """
    jars = locked()
    if (paths := cached(cache, jars)) is not None:
        return paths
    folder = _folder(cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (cache / "download.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (paths := cached(cache, jars)) is None:
                _download(folder, jars, say)
                _write_manifest(cache, jars)
                paths = tuple(folder / jar.file_name for jar in jars)
    except OSError as error:
        message = (
            f"the cache {cache} cannot be used ({type(error).__name__}); a folder that can be written is needed: "
            "set REDLINE_CACHE, then run `redline doctor`"
        )
        raise BrokerError(message) from error
    return paths


def _folder(cache: Path) -> Path:
    return cache / f"kafka-{KAFKA_VERSION}"


def _manifest(cache: Path, jars: Sequence[Jar]) -> Path:
    digest = hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()
    return cache / f"kafka-{KAFKA_VERSION}-{digest[:12]}.classpath"


def _write_manifest(cache: Path, jars: Sequence[Jar]) -> None:
    folder = _folder(cache)
    target = _manifest(cache, jars)
    text = "".join(f"{(folder / jar.file_name).stat().st_size} {jar.file_name}\n" for jar in jars)
    with tempfile.NamedTemporaryFile("w", dir=cache, delete=False, encoding="utf-8") as part:
        part.write(text)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(target)


def _download(folder: Path, jars: Sequence[Jar], say: Callable[[str], None]) -> None:
    missing = [jar for jar in jars if not _is_pinned(folder / jar.file_name, jar)]
    if not missing:
        return
    share = _SIZE_MB * len(missing) // len(jars)
    say(f"downloading Kafka {KAFKA_VERSION} ({len(missing)} jars, about {max(share, 1)} MB, once) to {folder}")
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="download-") as scratch,
        ThreadPoolExecutor(_DOWNLOADS, thread_name_prefix="jars") as pool,
    ):
        for done, _ in enumerate(pool.map(lambda jar: _fetch(jar, folder, Path(scratch)), missing), start=1):
            if done % 10 == 0 or done == len(missing):
                say(f"  {done} of {len(missing)} jars")


def _fetch(jar: Jar, folder: Path, scratch: Path) -> None:
    reason = ""
    for attempt in range(_TRIES):
        # A scratch repository per try: jgo takes any file it finds for the whole jar.
        context = _maven(scratch / f"{attempt}")
        try:
            path = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        except Exception as error:  # noqa: BLE001 - jgo raises requests' errors, RuntimeError and OSError alike
            reason = f"{type(error).__name__}"
            continue
        if _is_pinned(path, jar):
            path.replace(folder / jar.file_name)
            return
        reason = "its SHA-256 is not the one in kafka.lock"
        path.unlink()
    message = (
        f"{jar.group}:{jar.artifact}:{jar.version} could not be downloaded ({reason}); a network that reaches a Maven "
        "repository is needed once (a mirror can be named in jgo.conf), or KAFKA_HOME: run `redline doctor`"
    )
    raise BrokerError(message)


def _is_pinned(path: Path, jar: Jar) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _maven(repository: Path) -> Any:
    # Imported here: half a second and requests, which only a first run needs.
    from jgo.config import GlobalSettings  # noqa: PLC0415
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    repositories = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    return MavenContext(repo_cache=repository, local_repos=[], remote_repos=repositories, timeout=60)


def _resolve_anew() -> str:
    """The text of a new lock for ENDPOINT, by walking the POMs (about half a minute)."""
    scratch = Path(tempfile.mkdtemp(prefix="redline-lock-"))
    try:
        context = _maven(scratch)
        named, others = context.resolver.resolve([context.create_dependency(text) for text in ENDPOINT])
        lines = []
        for dependency in [*named, *(other for other in others if other.scope in ("compile", "runtime"))]:
            artifact = dependency.artifact
            digest = hashlib.sha256(artifact.resolve().read_bytes()).hexdigest()
            component = artifact.component
            lines.append((f"{component.groupId}:{component.artifactId}:{component.version}", digest))
        return "".join(f"{digest}  {coordinate}\n" for coordinate, digest in sorted(lines))
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    sys.stdout.write(_resolve_anew())
