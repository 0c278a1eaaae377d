"""What `redline doctor` finds out about the broker: does it answer, do the topics fit, do the clocks agree."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from redline import probe, security_findings
from redline.admin import admin_client, check_topics, cluster_id, stamped_by_producers
from redline.clock import HERE
from redline.cluster import ALL_TOPICS, raw_requests
from redline.finding import Finding
from schemas import topics
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redline.acls import Role
    from redline.kafka_section import Kafka
    from redline.settings import Settings

_ANSWER_S = 10.0


def findings(settings: Settings, role: Role | None = None, *, probing: bool = False) -> Iterator[Finding]:
    """Looks at the broker that is configured or attached; one finding if there is none.

    `role`: also whether who we log in as may do what that role needs. `probing`: brokers' clocks are read by writing
    a record to each; else it reads only.
    """
    kafka = settings.kafka
    if not kafka.bootstrap:
        yield Finding("broker", "none is configured and none runs here: a command that needs one starts it")
        return
    yield from security_findings.certificate_findings(settings, dt.datetime.now(dt.UTC))
    if cluster_id(kafka.bootstrap, timeout_s=_ANSWER_S, config=kafka.client) is None:
        came = f"{kafka.bootstrap} does not answer within {_ANSWER_S:g} s"
        yield Finding("broker", came, "start it, or correct kafka.bootstrap and kafka.security (redline settings)")
        return
    yield Finding("broker", f"{kafka.bootstrap} answers")
    try:
        check_topics(kafka.bootstrap, ALL_TOPICS, partitions=kafka.partitions, config=kafka.client)
    except BrokerError as error:
        missing = "is missing" in str(error)
        unseen = ", or this login may not see it" if missing and kafka.security != "plaintext" else ""
        yield Finding(
            "topics", f"{error}{unseen}", "redline topics create" if missing else "set kafka.partitions to their count"
        )
        yield security_findings.rights(settings, role)
        return
    yield Finding("topics", f"{len(ALL_TOPICS)} there, {kafka.partitions} partitions each")
    yield from security_findings.findings(settings, role)
    yield _stamps(settings)
    yield from probe.findings(kafka) if probing else [_clock(kafka)]


def _stamps(settings: Settings) -> Finding:
    """Whose time a raw record has: it decides its event's epoch, what an erasure covers, and how long it is kept."""
    what, kafka = "time of raw records", settings.kafka
    try:
        theirs = stamped_by_producers(kafka.bootstrap, (*ALL_TOPICS, *raw_requests(settings)), config=kafka.client)
    except BrokerError as error:
        return Finding(what, f"not known: {error}")
    if not theirs:
        return Finding(what, "the broker's")
    return Finding(what, f"the producer's, in {', '.join(theirs)}", "redline topics create --broker-time")


def _clock(kafka: Kafka) -> Finding:
    """Kafka tells no time of its own. The newest record's is the best there is: it must not lie ahead of ours."""
    what = "clock"
    if all(host.strip().startswith(HERE) for host in kafka.bootstrap.split(",")):
        return Finding(what, "the broker's is this machine's")
    client = admin_client(kafka.bootstrap, kafka.client)
    asked = {TopicPartition(topics.EVENTS, index): OffsetSpec.max_timestamp() for index in range(kafka.partitions)}
    try:
        answers = client.list_offsets(asked, request_timeout=_ANSWER_S).values()
        newest = max(answer.result(_ANSWER_S).timestamp for answer in answers) / 1000
    except (KafkaException, TimeoutError) as error:
        return Finding(what, f"the newest record's time is not known: {type(error).__name__}")
    if newest <= 0:
        return Finding(what, "no record to compare with yet")
    ahead = newest - time.time()
    if ahead <= probe.SKEW_S:
        return Finding(what, f"the newest record of {topics.EVENTS} is not ahead of it; --probe asks each broker")
    came = f"the newest record of {topics.EVENTS} is {ahead:,.0f} s ahead of it"
    return Finding(what, came, "timedatectl set-ntp true, here or where the producers run")
