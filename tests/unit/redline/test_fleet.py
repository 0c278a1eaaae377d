from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redline.fleet import specs
from redline.gateway import tokens
from redline.sections import QualitySettings, Sink, Worker
from redline.settings import Settings
from schemas.errors import SettingsError

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


@pytest.mark.parametrize(
    ("key", "text", "needed"),
    [
        ("expectations", "[[pairs]]", r"own\.toml, \[\[pairs\]\] number 1: key name: needed a text"),
        ("canaries", "# planted\nZoe", r"own\.toml, line 2: needed a canary of at least 6 characters"),
    ],
)
def test_nothing_starts_with_an_expectation_or_a_canary_that_is_none(
    tmp_path: Path, key: str, text: str, needed: str
) -> None:
    (path := tmp_path / "own.toml").write_text(text)
    settings = Settings(data=str(tmp_path), quality=QualitySettings(**{key: str(path)}))
    with pytest.raises(SettingsError, match=needed):
        specs(settings, live=False)
