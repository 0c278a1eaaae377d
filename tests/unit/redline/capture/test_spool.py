from __future__ import annotations

import json
import multiprocessing
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redline.capture import append
from redline.capture.spool import Config, Spool, config, configure, dropped

HOUR = append.SEGMENT_S


def bodies(folder: Path) -> list[bytes]:
    return [frame.body for frame in Spool(folder).frames()]


def segment(folder: Path, hours_ago: float) -> Path:
    at = int(time.time() - hours_ago * HOUR) // HOUR * HOUR
    return folder / f"{at:012d}{append.SUFFIX}"


def add_old(folder: Path, hours_ago: float, *texts: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = segment(folder, hours_ago)
    path.write_bytes(b"".join(append.frame("event", text, 1) for text in texts))
    return path


def test_what_is_appended_is_read_in_order_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    texts = [b"", b"a\nb", b"redline1 event 1 5 00000000\nfake", b"\x00\xff" * 100]
    for text in texts:
        append.append(str(folder), "event", text)
    assert bodies(folder) == texts
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=6), st.data())
def test_a_torn_or_damaged_frame_costs_itself_only(texts: list[bytes], data: st.DataObject) -> None:
    frames = [append.frame("event", text, 1) for text in texts]
    victim = data.draw(st.integers(0, len(frames) - 1))
    cut = data.draw(st.integers(1, len(frames[victim]) - 1))
    whole = b"".join(frames[:victim]) + frames[victim][:cut] + b"\n" + b"".join(frames[victim + 1 :])
    with tempfile.TemporaryDirectory() as folder:
        segment(Path(folder), 2).write_bytes(whole)
        spool = Spool(Path(folder))
        found = [frame.body for frame in spool.frames()]
    # A cut before the last byte leaves the body whole: then it is a frame after all.
    assert found in (texts[:victim] + texts[victim + 1 :], texts)
    assert spool.torn == (found != texts)


def test_a_frame_that_is_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    whole = append.frame("event", b"one", 1) + append.frame("event", b"two", 2)
    path = segment(tmp_path, 0)
    path.write_bytes(whole[:-3])
    spool = Spool(tmp_path)
    assert [frame.body for frame in spool.frames()] == [b"one"]
    assert spool.torn == 0
    path.write_bytes(whole)
    assert bodies(tmp_path) == [b"one", b"two"]


def test_what_is_shipped_is_not_read_again_and_full_hours_are_removed(tmp_path: Path) -> None:
    old, now = add_old(tmp_path, 3, b"a", b"b"), add_old(tmp_path, 0, b"c", b"d")
    spool = Spool(tmp_path)
    frames = spool.frames()
    for _ in range(3):
        spool.shipped(next(frames))
    spool.save()
    assert not old.exists()
    assert now.exists()
    assert bodies(tmp_path) == [b"d"]


def test_a_torn_end_does_not_keep_an_hour_for_ever(tmp_path: Path) -> None:
    old = add_old(tmp_path, 3, b"a", b"b")
    old.write_bytes(old.read_bytes()[:-3])
    spool = Spool(tmp_path)
    for frame in spool.frames():
        spool.shipped(frame)
    assert spool.torn == 1
    spool.save()
    assert not old.exists()


def test_a_segment_that_has_grown_since_it_was_shipped_stays(tmp_path: Path) -> None:
    old = add_old(tmp_path, 3, b"a")
    spool = Spool(tmp_path)
    for frame in spool.frames():
        spool.shipped(frame)
    with old.open("ab") as file:
        file.write(append.frame("event", b"late", 2))
    spool.save()
    assert bodies(tmp_path) == [b"late"]


def test_over_the_limit_the_oldest_hours_go_and_are_counted(tmp_path: Path) -> None:
    add_old(tmp_path, 5, b"x" * 400, b"x" * 400)
    add_old(tmp_path, 3, b"y" * 400)
    configure(tmp_path, Config(limit_mb=0, keep_days=30))
    append.append(str(tmp_path), "event", b"z" * 400)
    assert bodies(tmp_path) == [b"z" * 400]
    assert dropped(tmp_path) == {"no_room": 3}


def test_what_goes_is_judged_by_the_configuration_and_only_what_nobody_got_is_counted(tmp_path: Path) -> None:
    old = add_old(tmp_path, 24 * 8, b"shipped", b"not shipped")
    spool = Spool(tmp_path)
    spool.shipped(next(spool.frames()))
    spool.save()
    configure(tmp_path, Config(keep_days=30))
    append.append(str(tmp_path), "event", b"new")
    assert old.exists()
    configure(tmp_path, Config(keep_days=2))
    assert append.make_room(str(tmp_path)) == 1
    assert bodies(tmp_path) == [b"new"]
    assert dropped(tmp_path) == {"expired": 1}


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"keep_days": "x"}', b"\xff"])
def test_a_damaged_configuration_means_the_defaults(tmp_path: Path, damage: bytes) -> None:
    add_old(tmp_path, 24 * 8, b"old")
    (tmp_path / append.CONFIG).write_bytes(damage)
    (tmp_path / append.POSITIONS).write_bytes(damage)
    append.append(str(tmp_path), "event", b"new")
    assert dropped(tmp_path) == {"expired": 1}


def test_raw_text_is_not_kept_for_ever_even_if_nobody_ships(tmp_path: Path) -> None:
    add_old(tmp_path, 24 * 8, b"old")
    append.append(str(tmp_path), "event", b"new")
    assert bodies(tmp_path) == [b"new"]
    add_old(tmp_path, 30, b"yesterday")
    configure(tmp_path, Config(keep_days=1))
    assert append.make_room(str(tmp_path)) == 1
    assert bodies(tmp_path) == [b"new"]
    assert dropped(tmp_path) == {"expired": 2}


def test_a_body_that_is_too_long_is_left_out_and_counted(tmp_path: Path) -> None:
    append.append(str(tmp_path), "event", b"x" * (append.BODY_BYTES + 1))
    assert bodies(tmp_path) == []
    assert dropped(tmp_path) == {"too_large": 1}


def _append_many(folder: str, name: int) -> None:
    for number in range(200):
        append.append(folder, "event", f"{name} {number}".encode() * 50)


def test_many_processes_append_at_once_and_nothing_is_lost_or_torn(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()
    processes = [context.Process(target=_append_many, args=(str(tmp_path), name)) for name in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    spool = Spool(tmp_path)
    assert sorted(f.body for f in spool.frames()) == sorted(
        f"{a} {n}".encode() * 50 for a in range(4) for n in range(200)
    )
    assert spool.torn == 0


@pytest.mark.parametrize("folder", ["fine", "/proc/nowhere"])
def test_the_hook_command_says_nothing_and_never_fails(tmp_path: Path, folder: str) -> None:
    command = [sys.executable, "-I", "-S", append.__file__, str(tmp_path / folder), "claude-code"]
    body = json.dumps({"hook_event_name": "Stop", "text": "x" * 200_000}).encode()
    answer = subprocess.run(command, input=body, capture_output=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, b"")
    if folder == "fine":
        assert bodies(tmp_path / folder) == [body]


def test_the_configuration_is_read_back_and_is_for_its_owner_only(tmp_path: Path) -> None:
    assert config(tmp_path) == Config()
    configure(tmp_path, Config(subject="anna", gateway="http://127.0.0.1:1"))
    assert config(tmp_path) == Config(subject="anna", gateway="http://127.0.0.1:1")
    assert stat.S_IMODE((tmp_path / append.CONFIG).stat().st_mode) == 0o600
