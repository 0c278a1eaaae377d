"""Backups and restores, killed and done again: nothing of who was erased since, everybody's word on a new broker."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
from support import rows as make
from support.command import ROOT
from support.folder import key_file, publish
from support.objects import serving

from redline import consent
from redline.backup.restore import restore
from redline.backup.take import backup, verified
from redline.broker import EmbeddedBroker
from redline.cluster import prepare_topics
from redline.kafka_section import Kafka
from redline.keys import keys_of
from redline.settings import Settings
from schemas.errors import InputError
from schemas.rows import Source
from sinks import reader
from streams.identity import person_key, pseudonym

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]

ANN, BO = "ann@corp.example", "bo@corp.example"
OF_ANN = 4  # of the events, the first

KILLED = """
import os, signal, sys
from pathlib import Path
from redline.backup.restore import restore
from redline.backup.take import backup
from redline.kafka_section import Kafka
from redline.settings import Settings

what, data, safe, bootstrap, at = sys.argv[1:]

def crash(step):
    if step == at:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(data=data, kafka=Kafka(bootstrap=bootstrap))
if what == "backup":
    backup(settings, Path(safe), keys=True, say=print, crash=crash)
else:
    restore(settings, Path(safe), say=print, crash=crash)
"""


def killed(what: str, data: Path, safe: Path, bootstrap: str, step: str) -> None:
    """A backup or a restore that is killed after a step."""
    words = [sys.executable, "-c", KILLED, what, str(data), str(safe), bootstrap, step]
    done = subprocess.run(words, check=False, timeout=300, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL


def fill(settings: Settings) -> None:
    """Twelve events: the first of Ann, the others of Bo; and a pair made of each."""
    key_file(settings.data_dir)
    keys = keys_of(settings)
    of = {name: pseudonym(keys.surrogate, keys.epoch, person_key(keys.identity, name)) for name in (ANN, BO)}
    numbers = range(12)
    places = [[Source("redline.events", 0, number)] for number in numbers]
    change = msgspec.structs.replace
    publish(settings.data_dir, "interactions", [change(make.interaction(n), sources=places[n]) for n in numbers])
    publish(
        settings.data_dir,
        "subjects",
        [change(make.subject(n), pseudonym=of[ANN if n < OF_ANN else BO]) for n in numbers],
    )
    publish(settings.data_dir, "pairs", [make.pair(n) for n in numbers])


def ids(data: Path, table: str) -> list[str]:
    return sorted(reader.read(data, table, ["record_id"]).column(0).to_pylist())


def restored(data: Path, kafka: Kafka, safe: Path, told: list[str]) -> str:
    return restore(Settings(data=str(data), kafka=kafka), safe, say=told.append)


def test_what_was_erased_since_is_erased_again_and_words_come_back(tmp_path: Path) -> None:
    safe = tmp_path / "safe"
    told: list[str] = []
    with EmbeddedBroker(tmp_path / "kafka") as broker:
        kafka = Kafka(bootstrap=broker.bootstrap)
        settings = Settings(data=str(tmp_path / "data"), kafka=kafka)
        prepare_topics(settings)
        fill(settings)
        consent.record(settings, [ANN, BO], granted=True, version="v")
        for step in ("table", "consent", "list"):
            killed("backup", settings.data_dir, safe, broker.bootstrap, step)
            assert not safe.exists()
        assert "It is not encrypted" in backup(settings, safe, keys=True, say=told.append)
        with pytest.raises(InputError, match="that is not there yet"):
            backup(settings, safe, keys=True, say=told.append)
        assert verified(safe)[1]
        consent.erase(settings, [ANN], 4_000_000_000_000_000)  # later than the backup, whatever the clock says
        killed("restore", tmp_path / "new", safe, broker.bootstrap, "half")
        assert not (tmp_path / "new").exists()
        killed("restore", tmp_path / "new", safe, broker.bootstrap, "copied")
        assert ids(tmp_path / "new", "pairs") == make.ids(range(12)), "what it owes is not done yet"
        said = restored(tmp_path / "new", kafka, safe, told)
        assert "0 words of consent written, 1 erasures done again" in said
        for table in ("interactions", "subjects", "pairs"):
            assert ids(tmp_path / "new", table) == make.ids(range(OF_ANN, 12)), table
            assert ids(tmp_path / "data", table) == make.ids(range(12)), "the folder it came from is another's"
        with pytest.raises(InputError, match="there is something in it"):
            restored(tmp_path / "new", kafka, safe, told)

        with serving() as objects:  # and into an object store, and out of it again
            stored = objects.folder(tmp_path / "stored")
            killed("restore", stored, safe, broker.bootstrap, "table")
            assert "1 erasures done again" in restored(stored, kafka, safe, told)
            for table in ("interactions", "subjects", "pairs"):
                assert ids(stored, table) == make.ids(range(OF_ANN, 12)), table
            there = msgspec.structs.replace(settings, data=str(stored))
            backup(there, tmp_path / "again", keys=True, say=told.append)
            assert verified(tmp_path / "again")[1]

    # Kafka is gone as well: the folder's own broker is new, and knows nobody.
    said = restored(tmp_path / "alone", Kafka(), safe, told)
    assert "2 words of consent written, 0 erasures done again" in said
    assert ids(tmp_path / "alone", "interactions") == make.ids(range(12))
    assert not (tmp_path / "alone" / "state" / "restored").exists()
    assert not any("corp.example" in text for text in told)
