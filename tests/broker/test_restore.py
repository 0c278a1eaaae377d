"""What a restored folder owes: nothing of who was erased since, and everybody's word on a broker that lost it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from support import rows as make
from support.folder import key_file, publish

from redline import consent
from redline.backup.restore import restore
from redline.backup.take import backup, verified
from redline.broker import EmbeddedBroker
from redline.cluster import prepare_topics
from redline.keys import keys_of
from redline.sections import Kafka
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
        assert "It is not encrypted" in backup(settings, safe, keys=True, say=told.append)
        with pytest.raises(InputError, match="that is not there yet"):
            backup(settings, safe, keys=True, say=told.append)
        assert verified(safe)[1]
        consent.erase(settings, [ANN], 4_000_000_000_000_000)  # later than the backup, whatever the clock says
        said = restored(tmp_path / "new", kafka, safe, told)
        assert "0 words of consent written, 1 erasures done again" in said
        for table in ("interactions", "subjects", "pairs"):
            assert ids(tmp_path / "new", table) == make.ids(range(OF_ANN, 12)), table
            assert ids(tmp_path / "data", table) == make.ids(range(12)), "the folder it came from is another's"
        with pytest.raises(InputError, match="there is something in it"):
            restored(tmp_path / "new", kafka, safe, told)

    # Kafka is gone as well: the folder's own broker is new, and knows nobody.
    said = restored(tmp_path / "alone", Kafka(), safe, told)
    assert "2 words of consent written, 0 erasures done again" in said
    assert ids(tmp_path / "alone", "interactions") == make.ids(range(12))
    assert not (tmp_path / "alone" / "state" / "restored").exists()
    assert not any("corp.example" in text for text in told)
