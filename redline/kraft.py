"""The configuration of the embedded broker: server properties, log settings and Java options, as text.

Pure. Every value that differs from Kafka's default has its reason here. Names are those of Kafka 4.2's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NODE_ID = 1
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

_FIXED = {
    "process.roles": "broker,controller",
    "node.id": f"{NODE_ID}",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # A name with a typing error must fail, not become a topic.
    "auto.create.topics.enable": "false",
    "num.partitions": "4",
    # One node holds the only copy.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Confirmed means on disk: with one copy there is no other node to hold what a power cut takes. A topic that is
    # shorter after it than the offsets in a table would have the sink skip records. Measured: 7 % of throughput.
    "log.flush.interval.messages": "1",
    # 50 partitions each serve clusters; on one node they cost start time and open files.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # After kill -9 the controller lets no new broker in until the dead one's session is over: 12 s with Kafka's 9 s,
    # 5 s with these. They share a process, so a long pause stops the clock of both, and a fence lasts one heartbeat.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # The first worker need not wait for others, and a dead one is missed soon.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # 10 MB events must reach Redline to be rejected with a reason, so the broker takes more than that.
    "message.max.bytes": f"{MAX_MESSAGE_BYTES}",
    "replica.fetch.max.bytes": f"{MAX_MESSAGE_BYTES}",
    # Time-based retention goes by the record's own time: a backfill of last year's events would be deleted within
    # minutes, under the sink's feet. Who wants one sets retention.ms per topic.
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    # A run that is continued after a month finds its position.
    "offsets.retention.minutes": f"{365 * 24 * 60}",
    # Compaction is what keeps consent and changelogs small. The default buffer, 128 MB, is a quarter of our heap.
    "log.cleaner.enable": "true",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": f"{16 * 1024 * 1024}",
    # Preallocated per segment; not every file system has sparse files.
    "log.index.size.max.bytes": f"{1024 * 1024}",
    # Sized for a laptop's cores.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "2",
}


def server_properties(data: Path, *, broker_port: int, controller_port: int) -> str:
    """The text of server.properties for one node on loopback whose logs live in `data`.

    Ports may differ from one start to the next: with a static quorum neither the log nor meta.properties keep them.
    """
    varying = {
        "log.dirs": _escaped(data),
        "listeners": f"PLAINTEXT://127.0.0.1:{broker_port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker_port}",
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
    }
    return "".join(f"{key}={value}\n" for key, value in {**_FIXED, **varying}.items())


def log4j_properties(log: Path) -> str:
    """Log4j 2 settings: INFO and above to `log`, three files of 10 MB at most.

    Kafka logs no record's key or value at this level.
    """
    return "\n".join(
        (
            "status = error",
            "appender.file.type = RollingFile",
            "appender.file.name = file",
            f"appender.file.fileName = {_escaped(log)}",
            f"appender.file.filePattern = {_escaped(log)}.%i",
            "appender.file.layout.type = PatternLayout",
            "appender.file.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n",
            "appender.file.policy.type = SizeBasedTriggeringPolicy",
            "appender.file.policy.size = 10MB",
            "appender.file.strategy.type = DefaultRolloverStrategy",
            "appender.file.strategy.max = 2",
            "rootLogger.level = info",
            "rootLogger.appenderRef.file.ref = file",
            # Each prints all of its settings at every start and every client.
            *_logger("config", "org.apache.kafka.common.config.AbstractConfig", "warn"),
            *_logger("utils", "org.apache.kafka.common.utils.AppInfoParser", "warn"),
            "",
        )
    )


def java_options(*, home: Path, log4j: Path) -> tuple[str, ...]:
    """Options of the broker's Java virtual machine; `home` takes its temporary and error files."""
    return (
        # Up in 2 to 5 s. The serial collector and the first compiler leave the cores to workers.
        "-Xms128m",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        # A broker without memory must end, so that its supervisor starts it anew.
        "-XX:+ExitOnOutOfMemoryError",
        # What it leaves behind when killed stays in our folder, and holds no heap (raw text is in it).
        "-XX:-UsePerfData",
        "-XX:-CreateCoredumpOnCrash",
        "-XX:-HeapDumpOnOutOfMemoryError",
        f"-XX:ErrorFile={home}/java-crash.log",
        f"-Djava.io.tmpdir={home}/scratch",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={log4j}",
        "--enable-native-access=ALL-UNNAMED",  # zstd and snappy; Java 24 warns otherwise
    )


def _logger(key: str, name: str, level: str) -> tuple[str, str]:
    return f"logger.{key}.name = {name}", f"logger.{key}.level = {level}"


def _escaped(path: Path) -> str:
    """A path as a value of a Java properties file, where the backslash escapes."""
    return str(path).replace("\\", "\\\\")
