"""An embedded broker that dies again while it starts."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from redline import cluster
from redline.settings import Settings
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Dying:
    """Dead when asked for the first time; then it starts at the `good`th try."""

    log = Path("broker.log")

    def __init__(self, good: int) -> None:
        self._good = good
        self.tries = 0

    def poll(self) -> int | None:
        return None if self.tries >= self._good else -9

    def start(self) -> str:
        self.tries += 1
        if self.tries < self._good:
            raise BrokerError("it ended before it answered")
        return "127.0.0.1:9"


@pytest.mark.parametrize("good", [1, 2, 3, 4])
def test_a_broker_that_died_has_three_tries(good: int, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, said = Dying(good), list[str]()
    settings = Settings()
    live = msgspec.structs.replace(settings, kafka=msgspec.structs.replace(settings.kafka, bootstrap="127.0.0.1:9"))

    @contextmanager
    def embedded(*_: Any) -> Iterator[Any]:
        yield live, broker

    monkeypatch.setattr(cluster, "embedded", embedded)
    with cluster.tended(settings, said.append) as (_, tend):
        if good > 3:
            with pytest.raises(BrokerError):
                tend()
            assert broker.tries == 3
            return
        assert tend() == -9
        assert broker.tries == good
        assert tend() is None
    assert len(said) == good
