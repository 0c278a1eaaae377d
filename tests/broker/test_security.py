"""Roles at a broker that lets nobody do anything else: the pipeline as five users, and what each of them cannot do."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import urllib.request
from typing import TYPE_CHECKING

import aiokafka
import pytest
from broker.test_commands import lines
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from support.certificates import Authority
from support.command import wait
from support.secured import SecuredBroker

from redline import acls, acls_broker, meter, probe, scan
from redline.admin import cluster_id, create_topics, watermarks
from redline.alert_desk import listing
from redline.broker_findings import findings
from redline.emit import emit as emit_files
from redline.ledger_reader import balance
from redline.settings import load
from redline.tend import last_done
from schemas import topics
from schemas.errors import BrokerError
from streams.credentials import credentials
from streams.delivery import Delivery, Out
from streams.tokens import EndpointTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.command import Command

    from redline.kafka_section import Kafka

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

USERS = ("root", *acls.ROLES)  # root is a super user; each of the others has the role that it is called like


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    with SecuredBroker(tmp_path_factory.mktemp("secured"), USERS) as running:
        yield running


def kafka(environ: dict[str, str]) -> Kafka:
    return load(None, environ, {}).kafka


def logins(broker: SecuredBroker, folder: Path) -> dict[str, dict[str, str]]:
    """The environment of each way to prove that one is root."""
    common = {
        "REDLINE_KAFKA_BOOTSTRAP": broker.sasl,
        "REDLINE_KAFKA_SECURITY": "sasl_tls",
        "REDLINE_KAFKA_MECHANISM": "OAUTHBEARER",
        "REDLINE_KAFKA_CA_FILE": str(broker.authority.ca),
    }
    files = {name: folder / name for name in ("secret", "token", "password")}
    files["secret"].write_text("s3:cr et&\n")
    files["token"].write_text(broker.issuer.token("root"))
    files["password"].write_text("locked")
    broker.issuer.clients["root"] = "s3%3Acr+et%26"  # as it must come (RFC 6749, 2.3.1)
    by_certificate = broker.by_certificate("root")
    broker.authority.sign("root", password=b"locked")
    return {
        **{name: broker.settings("root", mechanism=name) for name in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")},
        "mTLS": {
            **by_certificate,
            "REDLINE_KAFKA_KEY_PASSWORD_FILE": str(files["password"]),
        },
        "token by URL": {
            **common,
            "REDLINE_KAFKA_TOKEN_URL": broker.issuer.url,
            "REDLINE_KAFKA_CLIENT_ID": "root",
            "REDLINE_KAFKA_CLIENT_SECRET_FILE": str(files["secret"]),
        },
        "token by file": {**common, "REDLINE_KAFKA_TOKEN_FILE": str(files["token"])},
    }


def test_both_libraries_log_in_by_every_way_of_one_block(
    broker: SecuredBroker, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    """One record each, sent by librdkafka and read by aiokafka."""
    topic = unique("logins")
    found = {}
    for name, environ in logins(broker, tmp_path).items():
        section = kafka(environ)
        create(broker, topic)
        found[name] = asyncio.run(sent_and_read(section, topic, name.encode()))
    assert found == {name: name.encode() for name in found}
    assert len(found) == 6
    assert broker.issuer.granted == 1  # clients of a process share a token


def create(broker: SecuredBroker, topic: str) -> None:
    create_topics(broker.plain, [topics.Topic(topic, "test", "none")], partitions=1, max_bytes=1_000_000)


async def sent_and_read(section: Kafka, topic: str, value: bytes) -> bytes:
    delivery = Delivery(section.bootstrap, section.client)
    ((_, offset),) = (await delivery.send([Out(topic, b"key", value)])).items()
    delivery.close()
    login = credentials_to_aiokafka_auth(credentials(section.connection), None)
    reader = aiokafka.AIOKafkaConsumer(bootstrap_servers=section.bootstrap, **login)
    await reader.start()
    try:
        place = aiokafka.TopicPartition(topic, 0)
        reader.assign([place])
        reader.seek(place, offset)
        return bytes((await asyncio.wait_for(reader.getone(), 120)).value)
    finally:
        await reader.stop()


def test_a_wrong_password_or_authority_is_no_login(broker: SecuredBroker, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("another")
    other = {**broker.settings("root"), "REDLINE_KAFKA_PASSWORD_FILE": str(tmp_path / "password")}
    stranger = {**broker.settings("root"), "REDLINE_KAFKA_CA_FILE": str(Authority(tmp_path / "stranger").ca)}
    for environ in (other, stranger):
        section = kafka(environ)
        assert cluster_id(section.bootstrap, timeout_s=3.0, config=section.client) is None
    tokens = EndpointTokens(broker.issuer.url, "nobody", str(tmp_path / "password"))
    with pytest.raises(BrokerError, match="HTTP 401"):
        tokens.fetch()


def test_the_pipeline_runs_with_the_least_that_each_role_needs(
    broker: SecuredBroker, redline: Callable[..., Command], tmp_path: Path
) -> None:
    """And goes on when the worker's certificate and the sink's password are replaced under it: nothing lost or doubled.

    What people do beside it and after it, each of them does as the role that it is for.
    """
    data = tmp_path / "data"
    common = ("--data", str(data))
    given = [f"{role}=User:{role}" for role in acls.ROLES]
    said = redline("acls", "apply", *given, *common, **broker.settings("root")).end(0)
    assert "User:sink as sink: given" in said
    said = redline("topics", "create", *common, **broker.settings("admin")).end(0)
    assert f"created {len(topics.TOPICS) + len(topics.CHANGELOGS) + 1}" in said  # and that of probes
    opted = ("--consent", "opt-out", "--accept-weaker", "consent.mode")

    def started(worker: dict[str, str]) -> tuple[Command, Command]:
        limited = redline("worker", *common, *opted, REDLINE_LIMITS_MAX_BYTES=f"{MOST_BYTES}", **worker)
        return limited, redline("sink", *common, **broker.settings("sink"))

    def until(rows: int, *commands: Command) -> None:
        wait(lambda: ended(*commands) != "" or count(data) == rows)
        assert (ended(*commands), count(data)) == ("", rows)

    (tmp_path / "events.jsonl").write_text(lines(range(12)) + TOO_LARGE)
    to = kafka(broker.settings("producer"))
    emit_files([str(tmp_path / "events.jsonl")], bootstrap=to.bootstrap, topic=topics.EVENTS, kafka_config=to.client)
    ending = broker.by_certificate("worker", lasts=dt.timedelta(days=2))
    until(12 * EVENTS, *(first := started(ending)))
    wait(lambda: "critical" in listing(load(None, ending, {"data": str(data)})))  # the worker has told of its end
    wait(lambda: sum(high for _, high in watermarks(broker.plain, topics.ALERTS).values()) > 0)
    lasting = broker.by_certificate("worker")  # the same files
    broker.rotate("sink")
    refused(broker)
    for command in first:
        command.end(0)
    tend = redline("tend", *common, "--accept-weaker", "consent.mode", **broker.settings("operator"))
    gateway = redline("gateway", *common, "--open", "--port", "0", **broker.settings("gateway"))
    at = gateway.until(r"http://127\.0\.0\.1:\d+")
    for line in lines(range(12, 24)).splitlines():
        posted(at, line)
    until(24 * EVENTS, *(second := (*started(lasting), tend, gateway)))
    steward = load(None, broker.settings("steward"), {"data": str(data)})
    # None is missing, none doubled.
    wait(lambda: (found := balance(steward)).balanced and found.offsets == 24 * EVENTS + 1)
    wait(lambda: last_done(meter.read(data / "state")).keys() == {"quality", "disclose"})
    for command in second:
        command.process.terminate()
    for command in second:
        assert "AUTHORIZATION" not in command.end(0)
    assert "not measured" not in tend.said
    told = load(None, broker.settings("operator"), {})
    found = {one.what: one for one in findings(told, "operator", probing=True)}
    assert [one for one in found.values() if one.fix] == []
    assert "all that the role operator needs" in found["rights at the broker"].came
    found = {one.what: one for one in findings(load(None, broker.settings("sink"), {}), "worker")}
    assert "acls apply worker=" in found["rights at the broker"].fix
    clocks(told.kafka)
    people(broker, redline, *common)


def clocks(section: Kafka) -> None:
    """The broker's clock is this machine's: ours is shifted."""
    for shift_s, said in ((0.0, ""), (DAY_S, "s behind"), (-DAY_S, "s ahead of")):

        def ours(shift_s: float = shift_s) -> float:
            return time.time() + shift_s

        (one,) = probe.findings(section, clock=ours)
        assert said in one.came
        assert bool(one.fix) == bool(said)
        (reading,) = probe.readings(section, clock=ours)
        assert reading.ahead_s == pytest.approx(-shift_s, abs=300.0)  # as slow as this machine may be


def people(broker: SecuredBroker, redline: Callable[..., Command], *common: str) -> None:
    """What an operator and a steward type, once each."""
    typed = {
        ("operator", "alerts", "test"): (0, "kafka ok"),
        ("operator", "retain", "--dry-run"): (0, "pairs"),
        ("operator", "consent", "grant", "jo@corp.example", "al@corp.example"): (0, "granted: 2 people"),
        ("operator", "quarantine", "release"): (0, "no such rows"),
        ("steward", "erase", "jo@corp.example"): (1, "left: state of workers"),  # none runs
        ("steward", "replay", "--rejects", "--reason", "too_large", "--go"): (0, "sent again 1"),
    }
    for (role, *words), (code, said) in typed.items():
        shown = redline(*words, *common, **broker.settings(role), REDLINE_RETAIN_PAIRS_DAYS="400").end(code)
        assert said in " ".join(shown.split()), shown
        assert "AUTHORIZATION" not in shown, shown


def posted(at: str, line: str) -> None:
    headers = {"Content-Type": "application/cloudevents+json"}
    request = urllib.request.Request(f"{at}/v1/events", line.encode(), headers)  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - likewise
        assert answer.status < 300


DAY_S = 86_400.0
EVENTS = 3  # of an interaction
MOST_BYTES = 2_000
TOO_LARGE = lines(range(24, 25), only="suggestion").replace("Answer.", "x" * MOST_BYTES).replace("jo@", "al@")


def count(data: Path) -> int:
    return scan.count(data, "interactions") if (data / "dataset" / "interactions" / "_delta_log").exists() else 0


def ended(*commands: Command) -> str:
    """What a command said that should still run."""
    return "".join(command.said[-4000:] or "-" for command in commands if command.process.poll() is not None)


def refused(broker: SecuredBroker) -> None:
    """Who may read raw records, write pairs, and give rights; and that nobody lacks a right of the own role."""
    sections = {role: kafka(broker.settings(role)) for role in acls.ROLES}
    assert {role for role in acls.ROLES if read(sections[role], topics.EVENTS) is None} == {"worker", "steward"}
    assert read(sections["sink"], topics.EVENTS) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    written = {role: write(sections[role], topics.PAIRS) for role in acls.ROLES if role != "worker"}
    assert written == dict.fromkeys(written, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    for role in acls.ROLES:
        assert acls_broker.lacking(sections[role].bootstrap, role, config=sections[role].client) == []
        if role != "admin":
            with pytest.raises(BrokerError, match="the right to describe the cluster"):
                acls_broker.held(sections[role].bootstrap, "User:sink", config=sections[role].client)
    lacks = acls_broker.lacking(sections["sink"].bootstrap, "worker", config=sections["sink"].client)
    assert acls.Grant("topic", topics.EVENTS, "Read") in lacks
    assert acls.Grant("topic", topics.EVENTS, "Describe") not in lacks


def read(section: Kafka, topic: str) -> int | None:
    """The error of a reader of the topic's first record; None if it gets it, or the topic's end."""
    consumer = Consumer(
        {
            "bootstrap.servers": section.bootstrap,
            "group.id": "redline-nobody",
            "enable.partition.eof": True,
            "log_level": 0,
            **section.client,
        }
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    try:
        while True:
            (message,) = consumer.consume(1, 120)
            error = message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:
                return None
            if error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:  # not what is asked here
                return int(error.code())
    finally:
        consumer.close()


def write(section: Kafka, topic: str) -> int | None:
    """The error of who writes a record there; None if it is confirmed."""
    told: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": section.bootstrap, "log_level": 0, **section.client})
    producer.produce(topic, b"x", on_delivery=lambda error, _message: told.append(error))
    producer.flush(120)
    (error,) = told
    return None if error is None else int(error.code())
