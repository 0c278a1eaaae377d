from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from support import rows as make
from support.folder import day, publish

from redline import broker_findings, rebuild
from redline import doctor as module
from redline.doctor import doctor
from redline.kafka_section import Kafka
from redline.keys import keys_of
from redline.sections import Alerts, Sources
from redline.settings import Settings
from schemas.errors import SinkError
from schemas.records import Partition
from schemas.tables import TABLES
from schemas.verdict import Failure, Severity
from sinks import halts, log, reader
from sinks.batch import Range
from sinks.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.topics import Topic


def settings(folder: Path) -> Settings:
    return Settings(data=str(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys_of(settings(tmp_path))
    publish(tmp_path, "pairs", [make.pair(1)])
    return tmp_path


def missing(text: str) -> list[str]:
    return [re.split(r"\s{2,}", line)[1] for line in text.splitlines() if line.startswith("MISSING")]


def fix(text: str, what: str) -> str:
    return next(line for line in text.partition("to fix")[2].splitlines() if line.strip().startswith(what))


def test_a_machine_on_which_tests_run_lacks_nothing(folder: Path) -> None:
    text, healthy = doctor(settings(folder))
    assert healthy, text
    assert "nothing is missing" in text
    assert re.search(r"ok +Java runtime +openjdk version", text)


def test_the_packages_looked_for_are_those_of_the_project_file() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(module._NATIVE) <= {name.replace("-", "_") for name in map(name_of, project["dependencies"])}


def name_of(requirement: str) -> str:
    return re.split(r"[<>=]", requirement)[0]


def test_a_package_that_is_not_there_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.metadata, "requires", lambda _name: ["no-such-package>=1", "click"])
    text, _ = doctor(settings(folder))
    assert missing(text) == ["packages"]
    assert re.search(r"packages +no-such-package$", text, re.MULTILINE)
    assert "make setup" in fix(text, "packages")


def test_native_code_that_does_not_load_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NATIVE", ("no_such_module",))
    assert "no_such_module (ModuleNotFoundError)" in doctor(settings(folder))[0]


def test_a_folder_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    text, healthy = doctor(settings(tmp_path / "a" / "b"))
    assert healthy, text
    assert "made at the first run" in text
    assert list(tmp_path.iterdir()) == []


def test_jars_that_will_be_downloaded_are_announced_and_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDLINE_CACHE", str(tmp_path / "cache"))
    text, healthy = doctor(settings(tmp_path / "data"))
    assert healthy
    assert re.search(r"ok +Kafka [\d.]+ +\d+ jars, about 44 MB, will be downloaded", text)


def test_a_kafka_home_without_a_kafka_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    text, healthy = doctor(settings(tmp_path))
    assert (healthy, missing(text)) == (False, ["Kafka"])


def test_a_java_that_does_not_start_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libs").mkdir()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    text, _ = doctor(settings(tmp_path))
    assert missing(text) == ["Java runtime"]


def test_an_open_key_file_and_a_lost_one_are_told_apart(folder: Path) -> None:
    path = folder / "state" / "keys.json"
    path.chmod(0o644)
    text, _ = doctor(settings(folder))
    assert missing(text) == ["key file"]
    assert f"chmod 600 {path}" in fix(text, "key file")
    path.unlink()
    text, _ = doctor(settings(folder))
    assert "backup" in fix(text, "key file")
    assert not path.exists()


def test_a_state_folder_open_to_others_is_told(folder: Path) -> None:
    (folder / "state").chmod(0o755)
    assert f"chmod 700 {folder / 'state'}" in fix(doctor(settings(folder))[0], "state folder is private")


def test_a_torn_log_is_told_with_the_command_that_helps(folder: Path) -> None:
    entry = log.entry(Layout(folder).dataset("pairs"), 1)
    entry.write_bytes(entry.read_bytes()[:40])
    text, _ = doctor(settings(folder))
    assert missing(text) == ["table pairs"]
    assert f"mv {entry} {entry}.torn" in fix(text, "table pairs")


def test_a_folder_of_before_coordinates_were_sealed_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the advice says is so: the rest of the folder works on, and pairs come from `interactions`."""
    tmp_path.chmod(0o700)
    made = day(2)
    with monkeypatch.context() as before:
        before.setitem(TABLES, "pairs", replace(TABLES["pairs"], sealed=False))
        made.publish(tmp_path)
    (tmp_path / "state").chmod(0o700)
    with pytest.raises(SinkError, match="redline doctor"):
        publish(tmp_path, "pairs", [make.pair(1)])
    text, _ = doctor(settings(tmp_path))
    assert missing(text) == ["table pairs", "quarantine pairs"]
    for kind in ("table pairs", "quarantine pairs"):
        said = fix(text, kind)
        assert "redline.pairs" in said
        assert "redline rebuild pairs --to FILE" in said
        Path(said.partition("move ")[2].partition(" out of")[0]).rename(tmp_path / f"{kind} of before")
    assert doctor(settings(tmp_path))[1]
    rebuild.pairs(settings(tmp_path), tmp_path / "pairs.parquet")
    anew = pq.read_table(tmp_path / "pairs.parquet")
    assert sorted(anew["record_id"].to_pylist()) == sorted(pair.record_id for pair in made.pairs)
    publish(tmp_path, "pairs", made.pairs)
    assert rebuild.pairs(settings(tmp_path)).equal


def test_data_files_that_are_gone_are_told(folder: Path) -> None:
    Path(reader.files(folder, "pairs")[0]).unlink()
    assert missing(doctor(settings(folder))[0]) == ["table pairs"]


def test_a_halted_table_is_told_with_the_command_that_lets_it_go_on(folder: Path) -> None:
    failure = Failure("schema_is_the_tables", None, Severity.CRITICAL)
    halts.record(folder, "pairs", (failure,), {Partition("redline.pairs", 0): Range(0, 5)})
    text, healthy = doctor(settings(folder))
    assert (healthy, missing(text)) == (False, ["table pairs goes on"])
    assert "redline release pairs" in fix(text, "table pairs goes on")


def test_alerts_that_reach_nobody_are_said(folder: Path) -> None:
    text, healthy = doctor(settings(folder))
    assert healthy
    assert "logs and redline.alerts only" in text
    told = Alerts(webhook="https://hooks.example/T0/secret", alertmanager="http://127.0.0.1:9093")
    text, _ = doctor(Settings(data=str(folder), alerts=told))
    assert re.search(r"alerts go to +webhook, Alertmanager", text)
    assert "secret" not in text


def test_a_broker_that_does_not_answer_is_missing_and_a_stale_address_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redline.broker_findings._ANSWER_S", 0.5)
    nobody = "127.0.0.1:1"
    (folder / "state" / "bootstrap").write_text(nobody)
    text, healthy = doctor(settings(folder))
    assert healthy, text
    text, healthy = doctor(Settings(data=str(folder), kafka=Kafka(bootstrap=nobody)))
    assert (healthy, missing(text)) == (False, ["broker"])


@pytest.mark.parametrize("theirs", [[], ["otlp_logs", "redline.events"]])
def test_raw_topics_with_the_time_of_their_producers_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, theirs: list[str]
) -> None:
    asked: list[str] = []

    def stamped(_bootstrap: str, topics: Sequence[Topic], **_config: object) -> list[str]:
        asked.extend(topic.name for topic in topics if topic.raw)
        return theirs

    monkeypatch.setattr(broker_findings, "cluster_id", lambda *_, **_more: "a cluster")
    monkeypatch.setattr(broker_findings, "check_topics", lambda *_, **_more: None)
    monkeypatch.setattr(broker_findings, "stamped_by_producers", stamped)
    monkeypatch.setattr(broker_findings.security_findings, "findings", lambda *_: iter(()))
    kafka, sources = Kafka(bootstrap="127.0.0.1:1"), Sources(otlp_logs="otlp_logs")
    text, healthy = doctor(Settings(data=str(folder), kafka=kafka, sources=sources))
    assert asked == ["redline.events", "otlp_logs"]
    assert healthy == (not theirs)
    assert missing(text) == ["time of raw records"] * bool(theirs)
    assert not theirs or "redline topics create --broker-time" in fix(text, "time of raw records")


def test_a_full_disk_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(module, "_LEAST_BYTES", usage.total * 2)
    assert missing(doctor(settings(folder))[0]) == ["disk space, 1 GB"]


def test_a_file_system_without_hard_links_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    text, _ = doctor(settings(folder))
    assert "hard links: Operation not permitted" in text
    assert not list(folder.glob(".redline-doctor-*"))


def test_variables_with_a_typing_error_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDLINE_KAFKA_BOOTSTRAPS", "XYZZY")
    text, healthy = doctor(settings(folder))
    assert healthy
    assert "ignored: REDLINE_KAFKA_BOOTSTRAPS" in text
    assert "XYZZY" not in text


def test_a_restored_folder_that_owes_something_is_told(folder: Path) -> None:
    (folder / "state" / "restored").mkdir()
    text, healthy = doctor(settings(folder))
    assert not healthy
    assert missing(text) == ["restored folder"]
    assert "redline restore BACKUP" in fix(text, "restored folder")
