from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redline.fleet import specs
from redline.gateway import tokens
from redline.settings import Settings, Sink, Worker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("live", "known", "with_gateway"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_gateway_comes_along_with_the_live_ones_once_somebody_has_a_token(
    tmp_path: Path, *, live: bool, known: bool, with_gateway: bool
) -> None:
    settings = Settings(data=str(tmp_path), worker=Worker(count=2), sink=Sink(count=1))
    settings.state.mkdir()
    if known:
        tokens.add(settings.state / tokens.FILE, "vscode")
    names = [spec.name for spec in specs(settings, live=live)]
    assert names == [
        "worker-1",
        "worker-2",
        "sink-1",
        *(["gateway"] if with_gateway else []),
        *(["disclose", "quality"] if live else []),
    ]
