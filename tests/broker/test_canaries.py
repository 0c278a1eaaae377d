"""People are planted in every part of every event; then everything that Redline writes is searched for them."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest
from support import leftovers
from support.canaries import NEEDLES, SUBJECT, traces
from support.canary_events import envelope, lines, records
from support.command import Command, nothing_is_left, wait

from redline import meter
from redline.emit import emit_records
from redline.gateway import tokens
from schemas import topics
from sinks import reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

# Reasons of records that do not come as far as `interactions`.
EARLY = (
    "not_json",
    "invalid_utf8",
    "wrong_type",
    "bad_value",
    "unknown_type",
    "missing_field",
    "null_value",
    "too_large",
    "duplicate",
    "scrub_failed",
)
_ADDRESS = re.compile(r"http://[\d.:]+\d")
QUICK = {
    "REDLINE_JOIN_GRACE_S": "1",
    "REDLINE_JOIN_LATENESS_S": "1",
    "REDLINE_JOIN_IDLE_S": "1",
    "REDLINE_GATEWAY_PORT": "0",
    "REDLINE_ALERTS_WEBHOOK": "http://127.0.0.1:9/nobody-listens",  # so alerts wait in the outbox
    "REDLINE_ALERTS_GROUP_S": "0",  # and are on their topic before it is read
}


def reasons(data: Path) -> Counter[str]:
    return Counter(reader.read(data, "rejects", ["reason"]).column(0).to_pylist())


def count(data: Path, table: str) -> int:
    return sum(int(reader.read(data, table, ["record_id"], quarantine=aside).num_rows) for aside in (False, True))


def held(data: Path, table: str) -> int:
    return int(reader.read(data, table, ["record_id"], quarantine=True).num_rows)


def through_the_gateway(address: str, token: str) -> int:
    """Sound and broken requests with an identity in every part of them; how many records were taken."""
    sound = [envelope("redline.edit.v1", f"gateway-{n}", {"surface": "ide"}) for n in range(3)]
    for one in sound:
        one["data"] |= {
            "session_id": SUBJECT,
            "tool": "t/1",
            "interaction_id": f"i-{SUBJECT}",
            "text": f"Dear {SUBJECT},",
        }
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        taken = client.post(f"/v1/events?owner={SUBJECT}", content=json.dumps(sound), headers=batch)
        assert taken.status_code == 200, taken.text
        answers = [
            client.post("/v1/events", content=SUBJECT, headers=batch),
            client.post("/v1/events", content=json.dumps([{SUBJECT: SUBJECT}]), headers=batch),
            client.post("/v1/events", content=json.dumps(sound), headers={"Content-Type": SUBJECT}),
            client.get(f"/{SUBJECT}", headers={"X-Owner": SUBJECT, "User-Agent": SUBJECT}),
            client.get("/metrics", headers={"Authorization": f"Bearer {SUBJECT}"}),
            client.get("/metrics"),
        ]
    for answer in (taken, *answers):
        said = repr(answer.headers).encode() + answer.content
        assert not traces(said), said
    return len(sound)


def test_the_long_running_form_publishes_stops_cleanly_and_keeps_nobody(
    redline: Callable[..., Command], tmp_path: Path
) -> None:
    """Everything that Redline writes is searched for the people in its input: files, topics, logs, what it says."""
    events, data = tmp_path / "events.jsonl", tmp_path / "out"
    planted = list(lines())
    events.write_text("".join(f"{line}\n" for line in planted), "utf-8")
    assert all(traces(line[:20_000].encode()) for line in planted)
    token = tokens.add(data / "state" / tokens.FILE, "test")

    up = redline("up", "--data", str(data), "--consent", "opt-out", "--accept-weaker", "consent.mode", **QUICK)
    address = up.until(r"127\.0\.0\.1:\d+")
    up.until("Ctrl-C stops")
    said = redline("emit", str(events), "--data", str(data)).end(0)
    assert f"{len(planted)} records confirmed" in said
    total = len(planted) + emit_records(records(), bootstrap=address, topic=topics.EVENTS).records
    log = data / "state" / "logs" / "gateway.log"
    wait(lambda: log.exists() and _ADDRESS.search(log.read_text("utf-8")) is not None)
    total += through_the_gateway(_ADDRESS.findall(log.read_text("utf-8"))[0], token)
    wait(lambda: count(data, "interactions") + sum(reasons(data)[r] for r in EARLY) == total)
    wait(lambda: count(data, "pairs") > 0 and held(data, "pairs") > 0 and held(data, "interactions") > 0)
    wait(lambda: count(data, "trajectories") > 0)
    wait(lambda: count(data, "subjects") == count(data, "interactions"))
    for command in ("status", "status --json", "doctor", "check", "rejects", "keys list", "audit list", "consent show"):
        redline(*command.split(), "--data", str(data)).process.wait(120)
    sent = list(leftovers.sent(address))
    counted = [(path.name, path.read_bytes()) for path in (data / "state" / meter.FOLDER).glob("*.prom")]
    up.process.send_signal(signal.SIGINT)
    up.end(0)
    nothing_is_left(data, address)

    ledger = redline("ledger", "--data", str(data)).end(0)
    assert "ledger balances" in ledger
    assert count(data, "interactions") >= 200
    assert all(reasons(data)[reason] for reason in ("not_json", "wrong_type", "bad_value", "unknown_type", "too_large"))
    written = {topics.SCRUBBED, topics.CLEAN, topics.PAIRS, topics.TRAJECTORIES, topics.REJECTS, topics.ALERTS}
    assert {topic for topic, _ in sent} >= written
    inside = list(leftovers.unpacked(data))
    assert {
        part
        for part in ("quarantine/interactions", "quarantine/pairs", "rocksdb", "sqlite")
        if any(part in w for w, _ in inside)
    } == {"quarantine/interactions", "quarantine/pairs", "rocksdb", "sqlite"}
    known: set[bytes] = set()
    assert {name for name, _ in counted} >= {"worker-1.prom", "sink-1.prom", "gateway.prom"}
    for where, content in [*sent, *counted, *inside]:
        if content not in known:
            known.add(content)
            assert not traces(content), f"{where}: {traces(content)} in {content!r}"
    spoken = [(str(log), log.read_bytes()) for log in tmp_path.glob("command-*.log")]
    needles = [
        form
        for needle in NEEDLES
        for form in (needle.encode(), needle.encode("utf-16-le"), needle.encode().hex().encode())
    ]
    for where, content in [*leftovers.packed(data), *spoken]:
        text = content.replace(str(events).encode(), b"").lower()
        at = min((place for needle in needles if (place := text.find(needle)) >= 0), default=None)
        assert at is None, f"{where}: {content[max(0, at - 200) : at + 100]!r}"
