from __future__ import annotations

from pathlib import Path

from redline import kraft


def read(text: str) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {key.strip(): value.strip() for key, value in pairs}


def test_everything_listens_on_loopback_only() -> None:
    settings = read(kraft.server_properties(Path("/data"), broker_port=21_000, controller_port=21_001))
    for key in ("listeners", "advertised.listeners"):
        assert all("://127.0.0.1:" in listener for listener in settings[key].split(","))
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:21001"


def test_every_internal_topic_has_one_copy() -> None:
    settings = read(kraft.server_properties(Path("/data"), broker_port=1, controller_port=2))
    copies = {key: value for key, value in settings.items() if "replication.factor" in key or "min.isr" in key}
    assert len(copies) >= 5
    assert set(copies.values()) == {"1"}


def test_no_record_is_deleted_for_its_age() -> None:
    settings = read(kraft.server_properties(Path("/data"), broker_port=1, controller_port=2))
    assert settings["log.retention.ms"] == settings["log.retention.bytes"] == "-1"


def test_the_log_is_bounded() -> None:
    settings = read(kraft.log4j_properties(Path("/data/broker.log")))
    assert settings["appender.file.policy.size"] == "10MB"
    assert settings["appender.file.strategy.max"] == "2"
    assert settings["appender.file.fileName"] == "/data/broker.log"


def test_nothing_of_the_heap_is_ever_written_to_disk() -> None:
    options = kraft.java_options(home=Path("/data"), log4j=Path("/data/log4j2.properties"))
    assert "-XX:-HeapDumpOnOutOfMemoryError" in options
    assert "-XX:-CreateCoredumpOnCrash" in options
