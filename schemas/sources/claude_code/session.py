"""The lines of one session, main conversation and subagents in the order of their times, to events.

A state machine: `feed` answers for one line, `settle` for what is held because more of it could follow. The same lines
give the same events, so a session that is read anew after a crash sends nothing new.

Texts of one API response come as several lines with one `message.id`: they make one step, its tool calls one each. What
the model thought is no step, and what the tool wrote in the person's name is no turn of theirs. A line's place is that
of its `parentUuid`: after a rewind, a proposal belongs to the turn it hangs on and not to the last one in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from schemas.sources.claude_code import commands, identity, proposals, turns
from schemas.sources.claude_code.files import Files
from schemas.sources.claude_code.lines import READER
from schemas.sources.claude_code.made import Maker, Verdict
from schemas.sources.claude_code.snippets import numbered
from schemas.sources.claude_code.tree import Place, Tree
from schemas.sources.claude_code.vocabulary import ATTACHMENTS, PROPOSING, READING, SYSTEM, TURNS
from schemas.sources.reading import Drift, Reading, safe_name

if TYPE_CHECKING:
    from schemas.sources.claude_code.files import Claim
    from schemas.sources.claude_code.lines import Hook, Line
    from schemas.sources.claude_code.proposals import Outcome, Proposal

_STARTED = frozenset({"startup", "resume", "clear", "compact", "fork"})
_AFTER = frozenset({"PostToolUse", "PostToolUseFailure", "PostToolBatch"})
_AGENTS = frozenset({"Task", "Agent"})
_STOP = frozenset({"Stop", "SubagentStop"})


@dataclass(slots=True)
class _Held:
    """The text of one API response, as far as it is there."""

    message_id: str
    line: Line
    block: int
    texts: list[str]
    last_us: int


@dataclass(slots=True)
class _Call:
    """A tool call that has no result yet. `prompt`: what it asks a subagent that nobody has seen yet."""

    tool: str
    thread: str
    proposal: Proposal | None
    prompt: str = field(default="", repr=False)


class Transcript:
    """One session. Made for `schemas.sources.claude_code.lines.Line`s in the order of their times."""

    def __init__(self, *, subject: str | None) -> None:
        self._made = Maker(subject)
        self._tree = Tree()
        self._files = Files()
        self._held: dict[str, _Held] = {}
        self._calls: dict[str, _Call] = {}
        self._decided: set[str] = set()
        self._starts: dict[str, str | None] = {}
        self._started: set[str] = set()

    @property
    def held_us(self) -> int:
        """Time of the last line that is held, in microseconds since 1970; 0 if none is."""
        return max((held.last_us for held in self._held.values()), default=0)

    def feed(self, line: Line) -> Reading:
        """What this line adds."""
        out = Reading()
        if self._tree.knows(line):
            if line.type in TURNS:
                out.skipped["repeated"] += 1
            return out
        place = self._tree.place(line)
        self._hook(line.hook)
        self._start(line, out)
        if line.type == "user":
            place = self._user(line, place, out)
        elif line.type == "assistant":
            self._assistant(line, place, out)
        elif line.type == "attachment":
            place = self._attachment(line, place, out)
        elif line.type == "system":
            self._system(line, out)
        self._tree.put(line, place)
        return out

    def settle(self) -> Reading:
        """Everything that is held: nothing more of it will come."""
        out = Reading()
        for thread in list(self._held):
            self._release(thread, out)
        return out

    def _start(self, line: Line, out: Reading) -> None:
        if line.agent or line.parent or not line.session_id or line.session_id in self._started or not line.time_us:
            return
        self._started.add(line.session_id)
        reason = line.hook.name if line.hook is not None and line.hook.name in _STARTED else ""
        out.events.append(self._made.session(line, "started", reason))

    # User lines: turns, results, and what the tool writes in the person's name.

    def _user(self, line: Line, place: Place, out: Reading) -> Place:
        self._release(place.thread, out)
        if line.hidden:
            out.skipped[line.hidden] += 1
            return place
        said: list[str] = []
        # `toolUseResult` does not say of which call it is: of several on a line, of none.
        result = line.result if sum(block["type"] == "tool_result" for block in line.blocks) == 1 else None
        for block in line.blocks:
            kind = block["type"]
            if kind == "tool_result":
                self._result(line, block, result, place, out)
            elif kind == "text":
                text = turns.spoken(block["text"])
                rule = turns.rule(text)
                if not rule:
                    said.append(text)
                    continue
                out.skipped[rule] += 1
                if rule == turns.INTERRUPTED:
                    self._interrupted(line, place, out)
                elif rule == "shell_command" and commands.may_write(turns.shell_command(text)):
                    self._files.hooked("")
                elif rule == "command" and (typed := turns.command(text)):
                    place = Place(place.thread, typed)  # what follows was asked for by it
                    if (reason := turns.ending(text)) and not line.agent:
                        self._end(line, reason, out)
            elif kind:
                out.skipped[safe_name(kind)] += 1
        if not said:
            return place
        if not place.thread:
            self._files.stopped()  # calls that never ended (the tool crashed) run no longer
        return self._turn(line, place, "\n\n".join(said), out)

    def _turn(self, line: Line, place: Place, text: str, out: Reading) -> Place:
        if place.thread and place.thread not in self._starts:
            self._starts[place.thread] = self._starting(text)
        self._step(line, place, identity.step_id(line.uuid), out, role="user", kind="message", content=text)
        return Place(place.thread, text)

    def _starting(self, text: str) -> str | None:
        """The call whose subagent begins with this text: its prompt. Equal ones start in the order of their calls."""
        for name, call in self._calls.items():
            if call.prompt and call.prompt.strip() == text.strip():
                call.prompt = ""
                return name
        return None

    def _interrupted(self, line: Line, place: Place, out: Reading) -> None:
        """The person stopped the model: what it had proposed and not been answered is dismissed."""
        self._files.stopped()
        for tool_use_id, call in list(self._calls.items()):
            if call.thread == place.thread:
                del self._calls[tool_use_id]
                if call.proposal is not None:
                    self._decide(line, tool_use_id, "dismissed", out)

    def _end(self, line: Line, reason: str, out: Reading) -> None:
        self._claim(line, self._files.closed(), out)
        out.events.append(self._made.session(line, "ended", reason))

    # Assistant lines: text, calls.

    def _assistant(self, line: Line, place: Place, out: Reading) -> None:
        held = self._held.get(place.thread)
        if held is not None and (held.message_id != line.message_id or not line.message_id):
            self._release(place.thread, out)
        if line.hidden:
            out.skipped[line.hidden] += 1
            return
        for number, block in enumerate(line.blocks):
            kind = block["type"]
            if kind == "text":
                self._hold(line, place, number, block["text"], out)
            elif kind == "tool_use":
                self._release(place.thread, out)
                self._call(line, block, place, out)
            elif kind:
                out.skipped[safe_name(kind)] += 1

    def _hold(self, line: Line, place: Place, number: int, text: str, out: Reading) -> None:
        if not text or text.isspace():
            out.skipped["blank"] += 1
            return
        held = self._held.get(place.thread)
        if held is None:
            self._held[place.thread] = _Held(line.message_id, line, number, [text], line.time_us)
        else:
            held.texts.append(text)
            held.last_us = line.time_us

    def _release(self, thread: str, out: Reading) -> None:
        held = self._held.pop(thread, None)
        if held is not None:
            line, place = held.line, Place(thread, "")
            name = identity.step_id(line.uuid, held.block)
            self._step(line, place, name, out, role="assistant", kind="message", content="\n\n".join(held.texts))

    def _call(self, line: Line, block: dict[str, Any], place: Place, out: Reading) -> None:
        name, tool, arguments = block["id"], block["name"], block["input"]
        if name in self._calls or name in self._decided:
            out.skipped["repeated"] += 1
            return
        plan = arguments.get("plan") if tool in {"ExitPlanMode", "exit_plan_mode"} else None
        kind: Literal["plan", "tool_call"] = "plan" if isinstance(plan, str) else "tool_call"
        content = plan if isinstance(plan, str) else ""
        self._step(
            line, place, identity.call_id(name), out,
            role="assistant", kind=kind, content=content, tool_name=tool, arguments=arguments, call_id=name,
        )  # fmt: skip
        proposed: Proposal | None = None
        if tool in PROPOSING:
            proposed = proposals.proposal(name, tool, arguments)
            if proposed is None:
                out.drift[Drift(READER, line.version or "?", "value", f"$.message.content[].input of {tool}")] += 1
            else:
                known = self._files.known(proposed.path) or ""
                out.events.append(self._made.suggestion(line, place, proposed, known))
        elif tool not in READING and (tool != "Bash" or commands.may_write(_text(arguments.get("command")))):
            self._files.began(name)
        prompt = _text(arguments.get("prompt")) if tool in _AGENTS else ""
        self._calls[name] = _Call(tool, place.thread, proposed, prompt)

    # Results: outcome, decision, the file.

    def _result(self, line: Line, block: dict[str, Any], result: object, place: Place, out: Reading) -> None:
        name = block["tool_use_id"]
        text = proposals.text_of(block.get("content"))
        ended = proposals.outcome(text, result, is_error=block.get("is_error") is True)
        call = self._calls.pop(name, None)
        tool = call.tool if call is not None else ""
        self._step(
            line, place, identity.result_id(name), out,
            role="tool", kind="tool_result", content=text, tool_name=tool, outcome=ended, call_id=name,
        )  # fmt: skip
        self._files.ended(name, wrote=ended != "rejected")
        if call is None:
            return
        if call.proposal is not None:
            self._answer(line, call.proposal, ended, result, out)
        elif tool == "Read" and (read := proposals.whole_text(result)) is not None:
            self._claim(line, self._files.seen(*read, line.branch), out)

    def _answer(self, line: Line, proposed: Proposal, ended: Outcome, result: object, out: Reading) -> None:
        """Decision and file state of a proposal. A call that failed was not decided by anybody."""
        name = proposed.tool_use_id
        if ended == "rejected":
            self._decide(line, name, "rejected", out)
        elif ended == "interrupted":
            self._decide(line, name, "dismissed", out)
        elif ended == "success":
            original, written = proposals.applied(proposed, result)
            theirs = proposals.modified(result) and written.text != proposed.text
            self._decide(line, name, "accepted", out, accepted_text=written.text if theirs else None)
            self._claim(line, self._files.applied(written, original, line.branch), out)

    def _decide(
        self, line: Line, tool_use_id: str, verdict: Verdict, out: Reading, *, accepted_text: str | None = None
    ) -> None:
        if tool_use_id not in self._decided:
            self._decided.add(tool_use_id)
            out.events.append(self._made.decision(line, tool_use_id, verdict, accepted_text))

    def _claim(self, line: Line, claims: list[Claim], out: Reading) -> None:
        out.events += [self._made.edit(line, claim) for claim in claims]

    # Other lines.

    def _attachment(self, line: Line, place: Place, out: Reading) -> Place:
        held = line.attachment
        kind = _text(held.get("type"))
        if kind == "queued_command" and not line.hidden and held.get("isMeta") is not True:
            text = turns.spoken(proposals.text_of(held.get("prompt")))
            rule = turns.rule(text) or ("" if held.get("commandMode", "prompt") == "prompt" else "notification")
            if not rule:
                self._release(place.thread, out)
                return self._turn(line, place, text, out)
            out.skipped[rule] += 1
        elif kind == "file" and (read := proposals.whole_text(held.get("content"))) is not None:
            out.skipped["file"] += 1
            self._claim(line, self._files.seen(*read, line.branch), out)
        elif kind == "edited_text_file":
            out.skipped["edited_text_file"] += 1
            snippet = numbered(_text(held.get("snippet")))
            if snippet:
                self._claim(line, self._files.patched(_text(held.get("filename")), snippet, line.branch), out)
        elif kind in ATTACHMENTS or kind in {"file", "queued_command"}:
            out.skipped["attachment"] += 1
        else:
            out.drift[Drift(READER, line.version or "?", "type", f"attachment.{safe_name(kind)}")] += 1
            out.skipped["unknown_attachment"] += 1
        return place

    def _system(self, line: Line, out: Reading) -> None:
        if line.subtype not in SYSTEM:
            out.drift[Drift(READER, line.version or "?", "type", f"system.{safe_name(line.subtype)}")] += 1
        out.skipped["system"] += 1

    def _hook(self, hook: Hook | None) -> None:
        if hook is None:
            return
        if hook.event in _AFTER:
            self._files.hooked(hook.tool_use_id)
        elif hook.event in _STOP and commands.formats(hook.command):
            self._files.hooked("")

    def _step(self, line: Line, place: Place, name: str, out: Reading, **data: Any) -> None:
        data["parent_call_id"] = self._starts.get(place.thread)
        out.events.append(self._made.step(line, place, name, **data))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
