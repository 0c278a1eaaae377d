"""What a call of Edit, MultiEdit, Write or NotebookEdit proposes, and what its result says became of it."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

Outcome = Literal["success", "error", "rejected", "interrupted"]

_REJECTED: Final = (
    "User rejected",
    "The user doesn't want to proceed with this tool use",
    "The user doesn't want to take this action right now",
)
_INTERRUPTED: Final = ("[Request interrupted by user", "Interrupted by user")
_LANGUAGES: Final = {
    "c": "c", "cc": "cpp", "cpp": "cpp", "cs": "csharp", "css": "css", "dart": "dart", "ex": "elixir", "exs": "elixir",
    "go": "go", "h": "c", "hpp": "cpp", "html": "html", "ipynb": "python", "java": "java", "js": "javascript",
    "json": "json", "jsx": "javascript", "kt": "kotlin", "lua": "lua", "md": "markdown", "php": "php", "py": "python",
    "pyi": "python", "r": "r", "rb": "ruby", "rs": "rust", "scala": "scala", "sh": "shell", "sql": "sql",
    "swift": "swift", "tf": "terraform", "toml": "toml", "ts": "typescript", "tsx": "typescript", "vue": "vue",
    "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip


class Piece(NamedTuple):
    """One replacement: `before` by `text`, wherever it stands if `every`."""

    before: str
    text: str
    every: bool = False


class Proposal(NamedTuple):
    """A change of one file. `whole`: its text is the whole file, and what it replaces is not said."""

    tool_use_id: str
    path: str
    pieces: tuple[Piece, ...]
    whole: bool = False
    cell: bool = False
    """It is a cell of a notebook, whose file nobody shows as text."""

    @property
    def before(self) -> str:
        """The text it would replace; of several pieces, one after the other."""
        return "\n".join(piece.before for piece in self.pieces)

    @property
    def text(self) -> str:
        """The text it proposes; of several pieces, one after the other."""
        return "\n".join(piece.text for piece in self.pieces)


def proposal(tool_use_id: str, tool: str, arguments: dict[str, Any]) -> Proposal | None:
    """What a call proposes; None if its arguments are not those of its tool."""
    path = arguments.get("notebook_path" if tool == "NotebookEdit" else "file_path")
    if not isinstance(path, str):
        return None
    if tool == "Write":
        content = arguments.get("content")
        return Proposal(tool_use_id, path, (Piece("", content),), whole=True) if isinstance(content, str) else None
    if tool == "NotebookEdit":
        source = "" if arguments.get("edit_mode") == "delete" else arguments.get("new_source")
        return Proposal(tool_use_id, path, (Piece("", source),), cell=True) if isinstance(source, str) else None
    pieces = _pieces(arguments.get("edits")) if tool == "MultiEdit" else _pieces([arguments])
    return Proposal(tool_use_id, path, pieces) if pieces else None


def _pieces(edits: object) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for edit in edits if isinstance(edits, list) else ():
        if not isinstance(edit, dict):
            return ()
        old, new = edit.get("old_string"), edit.get("new_string")
        if not isinstance(old, str) or not isinstance(new, str):
            return ()
        found.append(Piece(old, new, edit.get("replace_all") is True))
    return tuple(found)


def outcome(text: str, result: object, *, is_error: bool) -> Outcome:
    """How a call ended: from its result's text, `toolUseResult` and `is_error`.

    A rejection is the person's: it is told by the tool's own words, not by `is_error`, which every failed call has.
    """
    said = result.removeprefix("Error: ") if isinstance(result, str) else ""
    if said.startswith(_REJECTED) or (is_error and text.startswith(_REJECTED)):
        return "rejected"
    stopped = isinstance(result, dict) and result.get("interrupted") is True
    if stopped or said.startswith(_INTERRUPTED) or (is_error and text.startswith(_INTERRUPTED)):
        return "interrupted"
    return "error" if is_error or (isinstance(result, str) and result.startswith("Error")) else "success"


def text_of(content: object) -> str:
    """The text of a tool result's content: a string, or text blocks among others."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = [block.get("text") for block in content if isinstance(block, dict) and block.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))


def applied(proposed: Proposal, result: object) -> tuple[str | None, Proposal]:
    """The file as the tool found it (None: not said), and what it wrote: a person may have changed the proposal."""
    if not isinstance(result, dict):
        return None, proposed
    found = next((result[key] for key in ("originalFile", "originalFileContents") if key in result), None)
    original = found if isinstance(found, str) else "" if result.get("type") == "create" else None
    if proposed.whole:
        pieces: tuple[Piece, ...] = (Piece("", str(result["content"])),) if _is_text(result, "content") else ()
    elif len(proposed.pieces) == 1 and _is_text(result, "oldString") and _is_text(result, "newString"):
        pieces = (Piece(result["oldString"], result["newString"], proposed.pieces[0].every),)
    else:
        pieces = ()
    path = result["filePath"] if _is_text(result, "filePath") else proposed.path
    return original, proposed._replace(path=path, pieces=pieces or proposed.pieces)


def modified(result: object) -> bool:
    """Whether the tool says that the person changed the proposal before accepting it."""
    return isinstance(result, dict) and result.get("userModified") is True


def whole_text(result: object) -> tuple[str, str] | None:
    """Path and text of a file that was read from its first line to its last; None for a part, or what is no text."""
    file = result.get("file") if isinstance(result, dict) and result.get("type") == "text" else None
    if not isinstance(file, dict) or not _is_text(file, "filePath") or not _is_text(file, "content"):
        return None
    if file.get("startLine", 1) != 1 or file.get("numLines") != file.get("totalLines"):
        return None
    return file["filePath"], file["content"]


def language(path: str) -> str:
    """The language of a file, by the end of its name; empty if that says nothing."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return _LANGUAGES.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def _is_text(tree: dict[str, Any], key: str) -> bool:
    return isinstance(tree.get(key), str)
