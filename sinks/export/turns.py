"""A session's steps as chats: one of its main thread, one of each sub-agent. Pure.

Source of the form: the messages of OpenAI's chat API, which TRL, Axolotl and the chat templates of open models share.

* One assistant message holds a text and the calls that follow it before any of them is answered (parallel calls). The
  answers stand right behind it, in the order of the calls, whenever they came.
* An answer finds its call by `call_id`, else by the tool's name, oldest first. One without a call is left out. A call
  that was never answered has an empty answer, unless the chat ends with it.
* A proposal (a step of the kind suggestion) reads as the person left it: their last edit, or the part they accepted;
  one that was refused, with nothing written instead, is left out. Proposals that a tool call makes (an edit of a file)
  stand in the call's arguments; there they stay as they were, for the answers that follow speak of them.
* What a system step says after the beginning is told by the user: strict templates allow one system message, first.
* A chat begins with the user and ends with the assistant: what lies outside is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sinks.export.example import Options

Step = dict[str, Any]

_REFUSED = frozenset({"rejected", "dismissed"})
# What a call that starts a sub-agent names its question, in the tools we know.
_QUESTIONS = ("prompt", "task", "message", "input")


class Call(msgspec.Struct):
    """One call of a tool, and its answer; None if there never was one."""

    name: str
    arguments: dict[str, Any]
    call_id: str
    answer: str | None = None


class Turn(msgspec.Struct):
    """One message, with the calls it makes."""

    role: str
    content: str
    calls: list[Call] = []
    answered: bool = False  # one of its calls is

    def joins(self, other: Turn) -> bool:
        """Whether `other` goes on with this message."""
        return self.role == other.role and not self.calls


class _Proposal(msgspec.Struct):
    turn: Turn
    kept: str | None = None
    refused: bool = False


def chats(steps: Sequence[Step], options: Options) -> list[list[Turn]] | str:
    """The chats of a session, the main one first, or the reason why there is none (`no_user_turn`, ...)."""
    reason = "no_user_turn"
    found: list[list[Turn]] = []
    made_by_calls = _made_by_calls(steps)
    for number, (agent, own) in enumerate(_threads(steps).items()):
        if number and not options.agents:
            break
        chat = _trimmed(_merged(_turns(own, made_by_calls, _asked(agent, own, steps), options)), options)
        if not isinstance(chat, str):
            found.append(chat)
        elif not number:
            reason = chat
    return found or reason


def _threads(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """Steps by agent, the main thread first: the one that is nobody's sub-agent."""
    threads: dict[str, list[Step]] = {}
    for step in steps:
        threads.setdefault(step.get("agent") or "", []).append(step)
    return {"": threads.pop(""), **threads} if "" in threads else threads


def _asked(agent: str, own: Sequence[Step], steps: Sequence[Step]) -> str:
    """What a sub-agent was asked, where none of its own steps says so: an argument of the call that started it."""
    if not agent or any(step["role"] == "user" and step["kind"] == "message" for step in own):
        return ""
    place = own[0].get("parent")
    started = next((step for step in steps if place is not None and step["index"] == place), None)
    given = arguments_of(started["arguments"]) if started else {}
    return next((text for name in _QUESTIONS if isinstance(text := given.get(name), str)), "")


def _made_by_calls(steps: Iterable[Step]) -> frozenset[str]:
    """Texts that calls of tools hold: a proposal with one of them is the call's, in rows that do not say so."""
    texts: set[str] = set()
    for step in steps:
        if step["kind"] == "tool_call" and step["arguments"]:
            told = list(_texts(msgspec.json.decode(step["arguments"])))
            texts.update(told)
            edits = arguments_of(step["arguments"]).get("edits")
            if isinstance(edits, list):  # several changes of one file are one proposal
                texts.add("\n".join(str(edit.get("new_string", "")) for edit in edits if isinstance(edit, dict)))
    return frozenset(texts)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def arguments_of(told: str) -> dict[str, Any]:
    """A call's arguments as an object: what is no object stands in `input`."""
    if not told:
        return {}
    value = msgspec.json.decode(told)
    return value if isinstance(value, dict) else {"input": value}


def _turns(steps: Iterable[Step], made_by_calls: frozenset[str], asked: str, options: Options) -> list[Turn]:
    turns: list[Turn] = [Turn("user", asked)] if asked else []
    waiting: list[tuple[Turn, Call]] = []
    proposals: dict[int, _Proposal] = {}
    latest = -1
    for step in steps:
        kind, role, content = step["kind"], step["role"], step["content"]
        if kind == "tool_call" or (kind == "plan" and step["tool_name"]):
            call = Call(step["tool_name"], arguments_of(step["arguments"]), step.get("call_id") or "")
            if not turns or turns[-1].role != "assistant" or turns[-1].answered:
                turns.append(Turn("assistant", ""))
            turns[-1].calls.append(call)
            waiting.append((turns[-1], call))
        elif kind == "tool_result" or role == "tool":
            _answer(waiting, step)
        elif kind == "suggestion":
            latest = step["index"]
            if not step.get("call_id") and content not in made_by_calls:
                turns.append(Turn("assistant", content))
                proposals[latest] = _Proposal(turns[-1])
        elif kind in {"decision", "edit"}:
            place = step.get("corrects")
            about = proposals.get(latest if place is None else place)
            if about is not None:
                _decided(about, step)
        elif content.strip():
            turns.append(Turn(role, content))
    if options.corrected:
        _correct(proposals.values())
    return [turn for turn in turns if turn.calls or turn.content.strip()]


def _answer(waiting: list[tuple[Turn, Call]], step: Step) -> None:
    """The answer goes to its call, which waits no longer."""
    name, tool = step.get("call_id"), step["tool_name"]
    place = next((at for at, (_, call) in enumerate(waiting) if call.call_id == name), None) if name else None
    if place is None:
        fits = ((at, call) for at, (_, call) in enumerate(waiting) if not (name and call.call_id))
        place = next((at for at, call in fits if not tool or call.name == tool), None)
    if place is not None:
        turn, call = waiting.pop(place)
        call.answer = step["content"] or step["outcome"]
        turn.answered = True


def _decided(about: _Proposal, step: Step) -> None:
    if step["kind"] == "edit":
        about.kept, about.refused = step["content"], False
    elif step["outcome"] in _REFUSED:
        about.refused = about.kept is None
    elif step["content"]:
        about.kept = step["content"]


def _correct(proposals: Iterable[_Proposal]) -> None:
    for proposal in proposals:
        if proposal.refused:
            proposal.turn.content = ""
        elif proposal.kept is not None:
            proposal.turn.content = proposal.kept


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    """Neighbours of one role as one turn, a blank line between them; a late system message is the user's."""
    merged: list[Turn] = []
    for turn in turns:
        if turn.role == "system" and any(one.role != "system" for one in merged):
            turn.role = "user"
        if merged and merged[-1].joins(turn):
            last = merged[-1]
            last.content = "\n\n".join(text for text in (last.content, turn.content) if text)
            last.calls = turn.calls
        else:
            merged.append(turn)
    return merged


def _trimmed(turns: list[Turn], options: Options) -> list[Turn] | str:
    """From the first question to the last answer, below the system message."""
    system = [turn for turn in turns if turn.role == "system"]
    if not system and options.system:
        system = [Turn("system", options.system)]
    first = next((place for place, turn in enumerate(turns) if turn.role == "user"), None)
    if first is None:
        return "no_user_turn"
    last = next((place for place in reversed(range(first, len(turns))) if turns[place].role == "assistant"), None)
    if last is None:
        return "no_assistant_turn"
    return [*system, *turns[first : last + 1]]


def declared(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """The tools that a chat calls, by name, as functions with a JSON schema: what its calls tell of their arguments.

    An argument has a type where all calls agree on it, and is required where all calls give it.
    """
    calls: dict[str, list[dict[str, Any]]] = {}
    for turn in turns:
        for call in turn.calls:
            calls.setdefault(call.name, []).append(call.arguments)
    return [{"type": "function", "function": _function(name, given)} for name, given in sorted(calls.items())]


def _function(name: str, given: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = sorted({key for arguments in given for key in arguments})
    kinds = {key: {_kind(arguments[key]) for arguments in given if key in arguments} for key in names}
    return {
        "name": name,
        "description": "",
        "parameters": {
            "type": "object",
            "properties": {key: {"type": min(kind)} if len(kind) == 1 else {} for key, kind in kinds.items()},
            "required": [key for key in names if all(key in arguments for arguments in given)],
        },
    }


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return "null"
