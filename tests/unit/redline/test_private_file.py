"""A private file is replaced whole, or not at all."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from redline import private_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_content_and_mode_are_what_was_asked_for_and_nothing_else_stays(tmp_path: Path, mode: int, umask: int) -> None:
    path = tmp_path / "new" / "file.json"
    before = os.umask(umask)
    try:
        path.parent.mkdir(mode=0o700)
        path.parent.chmod(0o700)
        private_file.write(path, b"one", mode=mode)
        private_file.write(path, b"", mode=mode)
        private_file.write(path, b"two" * 100_000, mode=mode)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two" * 100_000
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "fchmod", "open"])
def test_a_disk_that_refuses_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "file"
    private_file.write(path, b"old")

    def refuse(*_: object, **__: object) -> int:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OSError, match="no space"):
        private_file.write(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_leftover_of_a_killed_process_of_the_same_number_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / f".file.{os.getpid()}.new").write_bytes(b"half")
    private_file.write(path, b"whole")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"whole"]


def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"target")
    (tmp_path / "link").symlink_to("target")
    private_file.write(tmp_path / "link", b"own")
    assert (tmp_path / "target").read_bytes() == b"target"
    assert not (tmp_path / "link").is_symlink()


def test_of_several_who_make_it_the_first_stands_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    assert [private_file.make(path, content) for content in (b"one", b"two")] == [True, False]
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"one", 0o600)
    assert list(path.parent.iterdir()) == [path]
