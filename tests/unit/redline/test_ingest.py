"""Passes over files: what is sent, once, whatever happens to files and processes."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.claude_code import Story

from redline.ingest import find, run, tail
from redline.ingest.memory import Memory
from redline.ingest.source import MOST_RECORDS, Batch
from schemas.codec import unit_of
from schemas.errors import DeliveryError, InputError
from schemas.records import Coordinate, Record
from schemas.sources.claude_code.lines import parse
from schemas.sources.claude_code.session import Transcript
from schemas.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from redline.ingest.report import Report


class Topic:
    """What would stand on Kafka. `dies` after that many batches: what it was to send is not there."""

    def __init__(self, *, dies: int = -1) -> None:
        self.ids: Counter[str] = Counter()
        self.stand_ins = 0
        self.names: Counter[str] = Counter()
        self.left = dies

    def send(self, batch: Batch) -> None:
        if self.left == 0:
            raise DeliveryError("no answer")
        self.left -= 1
        assert len(batch.records) <= MOST_RECORDS + 500
        for record in batch.records:
            if record.value:
                self.ids[json.loads(record.value)["id"]] += 1
            else:
                self.stand_ins += 1
                self.names[unit_of(Record(Coordinate("t", 0, 0), None, b"", record.headers)) or ""] += 1


def once(topic: Topic, state: Path, *paths: Path, name: str = "claude-code", subject: str | None = "jo") -> Report:
    """One run of the command, as a process of its own would do it."""
    memory = Memory(state, name)
    passes = run.Passes(run.source(name, memory, subject=subject), memory, paths, topic.send)
    passes.once(None)
    return passes.report


def session(name: str = "s-1", turns: int = 3) -> Story:
    story = Story(session=name, disk={"/w/a.py": "x = 0\n"})
    for number in range(turns):
        story.user(f"make it {number}")
        story.read("/w/a.py")
        story.edit("/w/a.py", f"x = {number}", f"x = {number + 1}")
        story.says("Done.")
    return story


def ids(story: Story) -> set[str]:
    """What a whole session must give."""
    transcript, found = Transcript(subject=None), Reading()
    for raw in story.raw():
        line = parse(raw).line
        assert line is not None
        found.extend(transcript.feed(line))
    found.extend(transcript.settle())
    return {event.id for event in found.events}


@pytest.fixture
def anew(tmp_path: Path) -> Callable[[], Path]:
    """A new folder for each example of a property."""
    return lambda: Path(tempfile.mkdtemp(dir=tmp_path))


def test_a_second_run_sends_only_what_is_new(tmp_path: Path) -> None:
    story, file, state, topic = session(), tmp_path / "p" / "s-1.jsonl", tmp_path / "state", Topic()
    file.parent.mkdir()
    lines = [line + b"\n" for line in story.raw()]
    file.write_bytes(b"".join(lines[:10]))
    first = once(topic, state, tmp_path / "p")
    assert first.lines == 10
    again = once(topic, state, tmp_path / "p")
    assert (again.lines, again.sent) == (0, 0)
    with file.open("ab") as end:
        end.write(b"".join(lines[10:]))
    last = once(topic, state, tmp_path / "p")
    assert last.lines == len(lines) - 10
    assert set(topic.ids) == ids(story)
    assert set(topic.ids.values()) == {1}
    for kept in state.rglob("*"):
        assert kept.is_dir() or kept.stat().st_mode & 0o777 == 0o600
        assert kept.is_dir() or b"make it" not in kept.read_bytes()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 8_000), max_size=5), st.data())
def test_a_file_that_grows_by_any_bytes_and_processes_that_die_lose_and_double_nothing(
    anew: Callable[[], Path], cuts: list[int], data: st.DataObject
) -> None:
    story = session()
    text = story.text()
    folder = anew()
    file, topic = folder / "s-1.jsonl", Topic()
    for cut in [*sorted(cuts), len(text)]:
        file.write_bytes(text[:cut])
        if data.draw(st.booleans()):
            with contextlib.suppress(DeliveryError):
                once(Topic(dies=0), folder / "state", file)
        once(topic, folder / "state", file)
    assert set(topic.ids) == ids(story)
    assert set(topic.ids.values()) == {1}
    assert topic.stand_ins == 0, "half a line is no line"


def test_what_was_sent_but_not_remembered_is_sent_again_with_the_same_ids(tmp_path: Path) -> None:
    story, file, topic = session(), tmp_path / "s-1.jsonl", Topic()
    file.write_bytes(story.text())
    memory = Memory(tmp_path / "state", "claude-code")
    for batch in run.source("claude-code", memory, subject=None).read([file]):
        topic.send(batch)  # and then the process is killed
    once(topic, tmp_path / "state", file)
    assert set(topic.ids) == ids(story)
    assert set(topic.ids.values()) == {2}


def test_subagents_are_read_with_their_session_by_time(tmp_path: Path) -> None:
    main = Story()
    main.user("go")
    task = main.calls("Task", prompt="look")
    side = Story(agent="a1", seconds=main.seconds, disk={"/w/a": "1\n"})
    side.user("look")
    side.read("/w/a")
    side.edit("/w/a", "1", "2")
    main.seconds = side.seconds
    main.result(task, "done")
    main.disk = {"/w/a": "2\n"}
    main.edit("/w/a", "2", "3")
    project = tmp_path / "p"
    (project / "s-1" / "subagents").mkdir(parents=True)
    (project / "s-1.jsonl").write_bytes(main.text())
    (project / "s-1" / "subagents" / "agent-a1.jsonl").write_bytes(side.text())
    report = once(Topic(), tmp_path / "state", project)
    assert report.files == 2
    assert report.events["suggestion"] == 2
    assert not [name for name in report.events if name.startswith("edit")], "an agent changed the other's region"
    # Versions 2.0 put them beside the main file.
    flat = tmp_path / "q"
    flat.mkdir()
    (flat / "s-1.jsonl").write_bytes(main.text())
    (flat / "agent-a1.jsonl").write_bytes(side.text())
    assert once(Topic(), tmp_path / "state2", flat).events == report.events


def test_a_file_that_was_truncated_or_written_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    file, topic = tmp_path / "s-1.jsonl", Topic()
    file.write_bytes(session().text())
    once(topic, tmp_path / "state", file)
    other = session("s-2", turns=5)
    file.write_bytes(other.text())
    once(topic, tmp_path / "state", file)
    assert ids(other) <= set(topic.ids)
    file.write_bytes(b"")
    assert once(topic, tmp_path / "state", file).sent == 0
    assert set(topic.ids.values()) == {1}


def test_broken_lines_are_stand_ins_once(tmp_path: Path) -> None:
    file, topic = tmp_path / "s-1.jsonl", Topic()
    file.write_bytes(b'not json\n42\n\n{"a": 1}\n' + session().text() + b'{"half": ')
    report = once(topic, tmp_path / "state", file)
    once(topic, tmp_path / "state", file)
    assert topic.stand_ins == 3
    assert report.tree()["unfinished"] == 1
    assert report.rejects == {"not_json": 1, "wrong_type": 1, "missing_field": 1}
    with file.open("ab") as end:
        end.write(b"1}\n")
    once(topic, tmp_path / "state", file)
    assert topic.stand_ins == 4
    assert set(topic.ids.values()) == {1}


def test_a_damaged_memory_means_everything_again(tmp_path: Path) -> None:
    file, topic = tmp_path / "s-1.jsonl", Topic()
    file.write_bytes(session().text())
    once(topic, tmp_path / "state", file)
    (tmp_path / "state" / "ingest" / "claude-code" / "files.json").write_bytes(b"\x00half")
    assert Memory(tmp_path / "state", "claude-code").damaged
    once(topic, tmp_path / "state", file)
    assert set(topic.ids.values()) == {1}, "what was sent is still known"
    for kept in (tmp_path / "state" / "ingest" / "claude-code").glob("*.sent"):
        kept.write_bytes(kept.read_bytes()[:-7])
    file.write_bytes(session().text() + b"\n")
    once(topic, tmp_path / "state", file)
    assert sorted(set(topic.ids.values())) == [1]


def test_a_session_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    file = folder / "s-1.jsonl"
    file.write_bytes(session().text())
    once(Topic(), tmp_path / "state", folder)
    kept = tmp_path / "state" / "ingest" / "claude-code"
    assert len(list(kept.glob("*.sent"))) == 1
    file.unlink()
    once(Topic(), tmp_path / "state", folder)
    assert not list(kept.glob("*.sent"))
    assert not Memory(tmp_path / "state", "claude-code").files


def test_following_feeds_what_is_new_and_after_an_outage_reads_again(tmp_path: Path) -> None:
    story, file = session(), tmp_path / "s-1.jsonl"
    lines = [line + b"\n" for line in story.raw()]
    memory, topic = Memory(tmp_path / "state", "claude-code"), Topic()
    source = run.source("claude-code", memory, subject=None, follow=True)
    passes = run.Passes(source, memory, [tmp_path], topic.send)
    file.write_bytes(lines[0])
    known = passes.once(None)
    for number, line in enumerate(lines[1:]):
        with file.open("ab") as end:
            end.write(line)
        if number == 5:
            topic.left = 0
            with pytest.raises(DeliveryError):
                passes.once(known)
            passes.again()
            topic.left = -1
        known = passes.once(known)
        assert passes.once(known) == known
    assert set(topic.ids) == ids(story)
    assert set(topic.ids.values()) == {1}
    assert passes.report.lines == len(lines)


TABBY = (
    b'{"user":"jo","ts":1767600000000,"event":{"completion":{"completion_id":"c-%d","language":"python","prompt":"p",'
    b'"choices":[{"index":0,"text":"x"}]}}}\n'
)


def test_lines_that_stand_for_themselves_and_a_rotation(tmp_path: Path) -> None:
    folder, topic = tmp_path / "events", Topic()
    folder.mkdir()
    file = folder / "2026-01-05.json"
    file.write_bytes(b"".join(TABBY % number for number in range(3)) + b'{"user":')
    assert once(topic, tmp_path / "state", folder, name="tabby", subject=None).lines == 3
    with file.open("ab") as end:
        end.write(b'"half"}\n' + TABBY % 3)
    file.rename(folder / "2026-01-05.json.1")
    file.write_bytes(TABBY % 4)
    report = once(topic, tmp_path / "state", folder, name="tabby", subject=None)
    assert report.lines == 3
    assert len(topic.ids) == 5
    assert set(topic.ids.values()) == {1}
    assert topic.stand_ins == 1


def test_files_of_one_person_hold_nobody_else_s_events(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(b"".join(TABBY.replace(b'"jo"', who) % 0 for who in (b'"al@corp.example"', b'"7c0d"', b"null")))
    topic = Topic()
    report = once(topic, tmp_path / "state", file, name="tabby", subject="jo@corp.example")
    assert report.rejects == {"bad_value": 1}
    assert report.events == {"suggestion": 2}


def test_a_batch_is_bounded_and_a_crash_repeats_at_most_one(tmp_path: Path) -> None:
    file, topic = tmp_path / "events.json", Topic(dies=1)
    file.write_bytes(b"".join(TABBY % number for number in range(MOST_RECORDS + 100)))
    with pytest.raises(DeliveryError):
        once(topic, tmp_path / "state", file, name="tabby")
    assert len(topic.ids) == MOST_RECORDS
    last = Topic()
    once(last, tmp_path / "state", file, name="tabby")
    assert len(last.ids) == 100
    assert not set(last.ids) & set(topic.ids)


@pytest.mark.parametrize("name", ["tabby", "claude-code", "slack"])
def test_faulty_lines_have_the_same_names_when_a_killed_process_sends_them_again(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "general"
    folder.mkdir()
    (tmp_path / "channels.json").write_bytes(b'[{"id":"C1","name":"general"}]')
    for file in ("one.json", "two.json") if name != "claude-code" else ("one.jsonl", "two.jsonl"):
        faulty = b"[{" if name == "slack" else b"broken\nbroken\n{}\n[\n"
        (folder / file).write_bytes(faulty)
    seen = []
    for _ in range(2):  # what is remembered is lost with the process
        topic = Topic()
        once(topic, tmp_path / f"state{len(seen)}", folder if name != "slack" else tmp_path, name=name)
        seen.append(topic.names)
    assert seen[0] == seen[1]
    assert seen[0].total() >= 2
    assert set(seen[0].values()) == {1}
    assert "" not in seen[0]


def test_what_cannot_be_read_is_said_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_bytes(session("a").text())
    (tmp_path / "b.jsonl").write_bytes(session("b").text())
    opened = Path.open

    def refuse(self: Path, *args: Any, **more: Any) -> Any:
        if self.name == "a.jsonl":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    topic = Topic()
    report = once(topic, tmp_path / "state", tmp_path)
    assert [line.rpartition("/")[2] for line in report.unreadable] == ["a.jsonl: PermissionError"]
    assert report.events["suggestion"] == 3


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    file, topic = tmp_path / "p" / os.fsdecode(b"caf\xe9.jsonl"), Topic()
    file.parent.mkdir()
    file.write_bytes(session().text() + b"broken\n")
    for _ in range(2):
        once(topic, tmp_path / "state", file.parent)
    assert set(topic.ids.values()) == {1}
    assert topic.stand_ins == 1


def test_a_dry_run_says_what_there_is_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "s-1.jsonl").write_bytes(session().text() + b"broken\n")
    report = run.dry_run("claude-code", [tmp_path], subject=None)
    assert (report.files, report.lines) == (1, 19)
    assert report.tree()["events"]["suggestion"] == 3
    assert "make it" not in report.text()
    assert [file.name for file in tmp_path.iterdir()] == ["s-1.jsonl"]


def test_files_below_folders_links_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/1.jsonl", "a/b/2.jsonl.3", "a/b/notes.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    found = find.files([tmp_path / "a", tmp_path / "a" / "1.jsonl"], (".jsonl",))
    assert [file.name for file in found] == ["1.jsonl", "2.jsonl.3"]
    with pytest.raises(InputError, match="needed a file or a folder"):
        find.files([tmp_path / "gone"], (".jsonl",))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(0, 40), st.integers(5, 20))
def test_lines_of_any_bytes_end_where_they_end(
    anew: Callable[[], Path], pieces: list[bytes], at: int, longest: int
) -> None:
    text = b"\n".join(pieces)
    file = anew() / "x"
    file.write_bytes(text)
    with file.open("rb") as opened:
        found = list(tail.lines(opened, 0, 0, longest))
        assert [raw.number for raw in found] == sorted({raw.number for raw in found})
        for raw in found:
            assert raw.end <= len(text)
            assert len(raw.data) <= longest
        done = found[-1].end if found else 0
        rest = list(tail.lines(opened, done, found[-1].number if found else 0, longest))
        assert [raw.data for raw in rest] == []
        cursor = tail.mark(opened, min(at, len(text)), 0)
        assert tail.holds(opened, cursor)
    if 0 < at <= len(text):
        file.write_bytes(bytes([text[0] ^ 1]) + text[1:])
        with file.open("rb") as opened:
            assert not tail.holds(opened, cursor)
