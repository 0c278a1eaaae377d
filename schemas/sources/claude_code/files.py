"""What the transcript knows of the files on disk, and which changes to proposed regions are a person's.

The tool does not report what a person changes. But it shows a file's text now and then: the `originalFile` of an edit,
a Read from first line to last, an attached file, the snippet of a file that changed under it. Where that differs from
what the last call left, somebody wrote the file in between. It was the person, unless

- a call that may have written files ran in between, or runs now: any tool that is not known to only read, a subagent
  among them, and a shell command that `commands.may_write`;
- a hook that may format ran in between, or a shell command of the person's within the tool (`!black .`);
- the branch is another one than before;
- the change within the region is only layout, as formatters make it.

What is not claimed is still followed: the region is where it is now and reads what it reads now, so that a later change
by the person is seen as theirs. A later proposal that changes something within a region ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from schemas.sources import regions
from schemas.sources.regions import Region

if TYPE_CHECKING:
    from schemas.sources.claude_code.proposals import Proposal

_NEVER = -1
_MOST_FILES = 500  # of one session; the ones longest unseen are forgotten first
_MOST_CHARACTERS = 4 << 20  # of one file: nobody reviews more
_MOST_MARKS = 500  # proposals followed within one file


class Claim(NamedTuple):
    """The person's text of a proposal's region. `final`: nothing of it can change any more."""

    tool_use_id: str
    text: str
    final: bool


@dataclass(slots=True)
class _Mark:
    """One region of a proposal: what was proposed there, and what it reads."""

    tool_use_id: str
    piece: int
    region: Region
    proposed: str
    text: str


@dataclass(slots=True)
class _File:
    text: str
    epoch: int
    branch: str
    marks: list[_Mark] = field(default_factory=list)


class Files:
    """The files of one session, whoever of its agents works on them."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._epoch = 0  # grows whenever files may have been written by something that does not say so
        self._running: set[str] = set()
        self._hooked: set[str] = set()
        self._pieces: dict[str, tuple[str, ...]] = {}
        self._claimed: dict[str, str] = {}

    def began(self, tool_use_id: str) -> None:
        """A call that may write files runs from now on."""
        self._running.add(tool_use_id)

    def ended(self, tool_use_id: str, *, wrote: bool) -> None:
        """It has ended; it did not write if it was never let run."""
        if tool_use_id in self._running:
            self._running.remove(tool_use_id)
            self._epoch += wrote

    def stopped(self) -> None:
        """The person stopped everything that ran."""
        self._epoch += bool(self._running)
        self._running.clear()

    def hooked(self, tool_use_id: str) -> None:
        """A hook that may have formatted files ran, for this call or (empty) for none."""
        self._epoch += 1
        if tool_use_id:
            self._hooked.add(tool_use_id)

    def seen(self, path: str, text: str, branch: str) -> list[Claim]:
        """The file reads so now: what the person changed within proposed regions since it was last seen."""
        text = _normal(text)
        file = self._files.get(path)
        if file is None or len(text) > _MOST_CHARACTERS:
            self._keep(path, _File(text, self._now(), branch))
            return []
        theirs = file.epoch == self._epoch and not self._running and branch == file.branch
        changed: dict[str, None] = {}
        if text != file.text:
            images = regions.carry(file.text, text, [mark.region for mark in file.marks])
            for mark, image in zip(file.marks, images, strict=True):
                if image is None:
                    continue
                now = text[image.start : image.end]
                if now != mark.text and theirs and not regions.same_but_layout(now, mark.text):
                    changed[mark.tool_use_id] = None
                mark.region, mark.text = image, now
            file.marks = [mark for mark, image in zip(file.marks, images, strict=True) if image is not None]
        file.text, file.epoch, file.branch = text, self._now(), branch
        self._keep(path, file)
        claims = [Claim(name, self._text(file, name), final=False) for name in changed]
        self._claimed.update((claim.tool_use_id, claim.text) for claim in claims)
        return claims

    def known(self, path: str) -> str | None:
        """What the file read when it was last seen, or None."""
        file = self._files.get(path)
        return None if file is None else file.text

    def applied(self, proposal: Proposal, original: str | None, branch: str) -> list[Claim]:
        """A proposal was written into its file, which read `original` before (None: not said)."""
        path = proposal.path
        claims = [] if original is None else self.seen(path, original, branch)
        file = self._files.get(path)
        if file is None and proposal.whole:
            file = _File("", self._now(), branch)
        if file is None or proposal.cell or len(proposal.text) > _MOST_CHARACTERS:
            self._files.pop(path, None)
            return claims
        ended = self._write(file, proposal)
        if ended is None:
            self._files.pop(path, None)
            return claims
        claims += [Claim(name, self._claimed.pop(name), final=True) for name in ended if name in self._claimed]
        if proposal.tool_use_id in self._hooked:
            file.epoch = _NEVER
        elif original is not None or proposal.whole:  # else the rest of the file was not seen
            file.epoch, file.branch = self._now(), branch
        self._pieces[proposal.tool_use_id] = tuple(_normal(piece.text) for piece in proposal.pieces)
        del file.marks[:-_MOST_MARKS]
        self._keep(path, file)
        return claims

    def patched(self, path: str, lines: dict[int, str], branch: str) -> list[Claim]:
        """Lines of the file, by number from 1, read so now; around them it reads as before."""
        file = self._files.get(path)
        text = None if file is None else _patched(file.text, lines)
        return [] if text is None else self.seen(path, text, branch)

    def closed(self) -> list[Claim]:
        """The session has ended: what the person made of each region is final."""
        claims = [Claim(name, text, final=True) for name, text in self._claimed.items()]
        self._claimed.clear()
        return claims

    def _now(self) -> int:
        return _NEVER if self._running else self._epoch

    def _keep(self, path: str, file: _File) -> None:
        """The file was seen last; the one seen least recently goes if there are too many."""
        self._files.pop(path, None)
        if len(file.text) <= _MOST_CHARACTERS:
            self._files[path] = file
        if len(self._files) > _MOST_FILES:
            del self._files[next(iter(self._files))]

    def _text(self, file: _File, tool_use_id: str) -> str:
        """All pieces of a proposal as they read now; of a piece that stands in many places, the first one changed."""
        texts = list(self._pieces[tool_use_id])
        for mark in reversed([mark for mark in file.marks if mark.tool_use_id == tool_use_id]):
            if mark.text != mark.proposed or texts[mark.piece] == mark.proposed:
                texts[mark.piece] = mark.text
        return "\n".join(texts)

    def _write(self, file: _File, proposal: Proposal) -> list[str] | None:
        """Change the file's text and marks; the proposals this ends, or None if the text to replace is not there."""
        ended: dict[str, None] = {}
        for number, piece in enumerate(proposal.pieces):
            old, new = _normal(piece.before), _normal(piece.text)
            places = [(0, len(file.text))] if proposal.whole else _places(file.text, old, every=piece.every)
            if not places:
                return None
            for start, end in reversed(places):
                first, last, changed = regions.narrowed(file.text, start, end, new)
                kept: list[_Mark] = []
                for mark in file.marks:
                    region = regions.replaced(mark.region, first, last, len(changed))
                    if region is not None:
                        mark.region = region
                        kept.append(mark)
                    elif mark.tool_use_id != proposal.tool_use_id:
                        ended[mark.tool_use_id] = None
                file.text = file.text[:start] + new + file.text[end:]
                file.marks = kept
                region = Region(start, start + len(new))
                file.marks.append(_Mark(proposal.tool_use_id, number, region, new, new))
        file.marks = [mark for mark in file.marks if mark.tool_use_id not in ended]
        return list(ended)


def _places(text: str, old: str, *, every: bool) -> list[tuple[int, int]]:
    """Where the text to replace stands; an empty one only stands in an empty file, which the call makes."""
    if not old:
        return [(0, len(text))] if not text.strip() else []
    found: list[tuple[int, int]] = []
    at = text.find(old)
    while at >= 0 and len(found) < (_MOST_MARKS if every else 1):
        found.append((at, at + len(old)))
        at = text.find(old, at + len(old))
    return found


def _patched(text: str, numbered: dict[int, str]) -> str | None:
    """The text with runs of numbered lines put in; None if they do not fit.

    A run begins and ends with lines that did not change. Between runs both texts are equal, so each run begins as far
    behind the last one as before.
    """
    old = text.split("\n")
    new: list[str] = []
    at = 0  # lines of `old` that are used up
    for first, run in _runs(numbered):
        gap = first - 1 - len(new)
        if gap < 0 or at + gap > len(old):
            return None
        new += old[at : at + gap]
        at += gap
        used = _used(old, at, run)
        if used is None:
            return None
        at += used
        new += run
    return "\n".join(new + old[at:])


def _runs(numbered: dict[int, str]) -> list[tuple[int, list[str]]]:
    runs: list[tuple[int, list[str]]] = []
    for number in sorted(numbered):
        if runs and runs[-1][0] + len(runs[-1][1]) == number:
            runs[-1][1].append(numbered[number])
        else:
            runs.append((number, [numbered[number]]))
    return runs


def _used(old: list[str], at: int, run: list[str]) -> int | None:
    """How many lines of `old` from `at` on a run stands for: up to where its last lines stand; None if nowhere."""
    reach = old[at : at + 2 * len(run) + 200]
    for size in range(min(3, len(run)), 0, -1):
        tail = run[-size:]
        ends = [end for end in range(size, len(reach) + 1) if reach[end - size : end] == tail]
        if ends:
            return min(ends, key=lambda end: abs(end - len(run)))
    return len(reach) if at + len(reach) == len(old) else None


def _normal(text: str) -> str:
    """A text as the tool compares it: line ends of one kind, no byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")
