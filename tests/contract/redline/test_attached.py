"""Commands find the broker that runs over their folder, and never the one over a folder that theirs is a copy of."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

import msgspec
import pytest

from redline import up
from redline.kafka_section import Kafka
from redline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bootstrap() -> Iterator[str]:
    """Of something that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_copied_folder_does_not_lead_to_the_broker_of_the_other(tmp_path: Path, bootstrap: str) -> None:
    own, moved = tmp_path / "own", tmp_path / "moved"
    (own / "state").mkdir(parents=True)
    settings = Settings(data=str(own))
    with up._published(msgspec.structs.replace(settings, kafka=Kafka(bootstrap=bootstrap))):
        assert up.attached(settings).kafka.bootstrap == bootstrap
        copy = shutil.copytree(own, tmp_path / "copy")
        assert up.attached(Settings(data=str(copy))).kafka.bootstrap == ""
        own.rename(moved)
        assert up.attached(Settings(data=str(moved))).kafka.bootstrap == bootstrap
        moved.rename(own)
    assert up.attached(settings).kafka.bootstrap == ""


def test_a_broker_that_no_longer_answers_is_none(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    settings = Settings(data=str(tmp_path))
    with up._published(msgspec.structs.replace(settings, kafka=Kafka(bootstrap="127.0.0.1:1"))):
        assert up.attached(settings).kafka.bootstrap == ""
