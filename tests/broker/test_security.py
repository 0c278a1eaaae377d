"""Roles at a broker that lets nobody do anything else: the pipeline as five users, and what each of them cannot do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiokafka
import pytest
from broker.test_commands import lines
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from support.certificates import Authority
from support.command import wait
from support.secured import SecuredBroker

from redline import acls, acls_broker, scan
from redline.admin import cluster_id, create_topics
from redline.broker_findings import findings
from redline.emit import emit as emit_files
from redline.ledger_reader import balance
from redline.settings import load
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
    own = broker.authority.sign("root", password=b"locked")
    return {
        **{name: broker.settings("root", mechanism=name) for name in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")},
        "mTLS": {
            "REDLINE_KAFKA_BOOTSTRAP": broker.mtls,
            "REDLINE_KAFKA_SECURITY": "tls",
            "REDLINE_KAFKA_CA_FILE": str(broker.authority.ca),
            "REDLINE_KAFKA_CERT_FILE": str(own.certificate),
            "REDLINE_KAFKA_KEY_FILE": str(own.key),
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
    """And goes on when the passwords of worker and sink are replaced under it: no event is lost or doubled."""
    data = tmp_path / "data"
    common = ("--data", str(data))
    given = [f"{role}=User:{role}" for role in acls.ROLES]
    said = redline("acls", "apply", *given, *common, **broker.settings("root")).end(0)
    assert "User:sink as sink: given" in said
    said = redline("topics", "create", *common, **broker.settings("admin")).end(0)
    assert f"created {len(topics.TOPICS) + len(topics.CHANGELOGS)}" in said

    def emit(interactions: range) -> None:
        (tmp_path / "events.jsonl").write_text(lines(interactions))
        to = kafka(broker.settings("producer"))
        emit_files(
            [str(tmp_path / "events.jsonl")], bootstrap=to.bootstrap, topic=topics.EVENTS, kafka_config=to.client
        )

    def started() -> tuple[Command, Command]:
        words = ("--consent", "opt-out", "--accept-weaker", "consent.mode")
        worker = redline("worker", *common, *words, **broker.settings("worker"))
        return worker, redline("sink", *common, **broker.settings("sink"))

    def until(rows: int, *commands: Command) -> None:
        wait(lambda: ended(*commands) != "" or count(data) == rows)
        assert (ended(*commands), count(data)) == ("", rows)

    emit(range(12))
    until(12 * EVENTS, *(first := started()))
    for user in ("worker", "sink"):
        broker.rotate(user)
    refused(broker)
    for command in first:
        command.end(0)
    emit(range(12, 24))
    until(24 * EVENTS, *(second := started()))
    steward = load(None, broker.settings("steward"), {"data": str(data)})
    wait(lambda: (found := balance(steward)).balanced and found.offsets == 24 * EVENTS)  # none missing, none doubled
    for command in second:
        command.process.terminate()
    for command in second:
        command.end(0)
    found = {one.what: one for one in findings(load(None, broker.settings("operator"), {}), "operator")}
    assert [one for one in found.values() if one.fix] == []
    assert "all that the role operator needs" in found["rights at the broker"].came
    found = {one.what: one for one in findings(load(None, broker.settings("sink"), {}), "worker")}
    assert "acls apply worker=" in found["rights at the broker"].fix


EVENTS = 3  # of an interaction


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
