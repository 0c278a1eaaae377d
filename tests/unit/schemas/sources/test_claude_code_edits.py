"""Whose change is it? A made-up session, and a model that knows who did what on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from support.claude_code import Story

from schemas.events import Edit
from schemas.sources.claude_code.lines import parse
from schemas.sources.claude_code.session import Transcript

PATH = "/w/a.txt"
LINES = 6
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["ai", "ai", "person", "person", "add", "format", "look", "test", "switch"]),
        st.integers(0, LINES - 1),
        st.text("abcdefghij ", min_size=1, max_size=12),
    ),
    max_size=25,
)


@dataclass
class Model:
    """Lines that never touch each other, so that nobody can be in doubt about what belongs to which."""

    story: Story = field(default_factory=Story)
    proposed: dict[int, str] = field(default_factory=dict)
    """Line -> the call that last changed it."""
    shown: dict[int, str] = field(default_factory=dict)
    """Line -> what it read when the file was last shown."""
    claimed: dict[str, str] = field(default_factory=dict)
    expected: list[tuple[str, str, bool]] = field(default_factory=list)
    doubt: bool = False

    def __post_init__(self) -> None:
        text = "".join(f"# part {i}\n{self.line(i, 'start')}\n" for i in range(LINES))
        self.story.disk[PATH] = text
        self.story.read(PATH)

    @staticmethod
    def line(number: int, value: str) -> str:
        return f"key_{number}: {value.strip()}."

    def now(self, number: int) -> str:
        return next(line for line in self.story.disk[PATH].split("\n") if line.startswith(f"key_{number}:"))

    def do(self, what: str, number: int, value: str) -> None:
        old, new = self.now(number), self.line(number, value)
        if what == "ai" and old != new:
            self.looked()
            call = self.story.edit(PATH, old, new)
            before = self.proposed.get(number)
            if before in self.claimed:
                self.expected.append((before, self.claimed.pop(before), True))
            self.proposed[number], self.shown[number] = call, new
        elif what == "person":
            self.story.person(PATH, old, new)
        elif what == "add":
            self.story.person(PATH, f"# part {number}\n", f"# part {number}\n# {value.strip()}, added\n# more\n")
        elif what == "format":
            self.story.disk[PATH] = self.story.disk[PATH].replace(old, new)
            self.story.bash("prettier --write .")
            self.doubt = True
        elif what == "switch":
            self.story.disk[PATH] = self.story.disk[PATH].replace(old, new)
            self.story.branch += "x"
            self.doubt = True
        elif what == "test":
            self.story.bash("pytest -q")
        elif what == "look":
            self.looked()
            self.story.read(PATH)

    def looked(self) -> None:
        """The file is shown: what the person changed since it was shown last is theirs, if only they could."""
        for number, call in self.proposed.items():
            now = self.now(number)
            layout = now.replace(" ", "") == self.shown[number].replace(" ", "")
            if now != self.shown[number] and not self.doubt and not layout:
                self.expected.append((call, now, False))
                self.claimed[call] = now
            self.shown[number] = now
        self.doubt = False


def claims(story: Story) -> list[tuple[str, str, bool]]:
    transcript = Transcript(subject=None)
    found: list[tuple[str, str, bool]] = []
    for raw in story.raw():
        line = parse(raw).line
        assert line is not None
        edits = [event.data for event in transcript.feed(line).events if isinstance(event.data, Edit)]
        found += sorted((edit.interaction_id, edit.text, edit.final) for edit in edits)
    return found


@settings(max_examples=200, deadline=None)
@given(OPERATIONS)
def test_exactly_the_persons_changes_are_claimed(operations: list[tuple[str, int, str]]) -> None:
    model = Model()
    for operation in operations:
        model.do(*operation)
    assert sorted(claims(model.story)) == sorted(model.expected)
