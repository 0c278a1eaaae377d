"""What other projects' tests say is a secret and what is none, read from clones of their repositories.

Nothing of it is kept here (their licences); a clone is read through git, whatever is checked out. Never read are
gitleaks and what carries its tests (semgrep's `generic/secrets/gitleaks`): they are kept aside.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import re
import subprocess
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

yaml: Any = importlib.import_module("yaml")  # comes with Presidio, without types


@dataclass(frozen=True, slots=True)
class Case:
    """A text that by its authors holds secrets, `values` as far as they say which, or holds none."""

    source: str
    rule: str
    text: str
    secret: bool
    values: tuple[str, ...] = ()


def files(clone: Path, *folders: str) -> Iterator[tuple[PurePosixPath, str]]:
    """The text files of a clone's newest commit below `folders`.

    Raises:
        subprocess.CalledProcessError: `clone` is no git repository, or has no such folder.
    """
    made = subprocess.run(
        ["git", "-C", str(clone), "archive", "HEAD", *folders],  # noqa: S607
        check=True,
        capture_output=True,
    )
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                try:
                    yield PurePosixPath(member.name), content.read().decode()
                except UnicodeDecodeError:
                    continue


def commit(clone: Path) -> str:
    """The commit that `files` reads."""
    asked = ["git", "-C", str(clone), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


# trufflehog: tests of detectors in Go, a table of cases with `input` and `want`
_GO = re.compile(r"`[^`]*`|\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*|[A-Za-z_][\w.]*|[^\s\w]")


def trufflehog(clone: Path) -> Iterator[Case]:
    """Cases of the pattern tests. What is invalid for one detector may be a key to a general one: not counted here."""
    for path, text in files(clone, "pkg/detectors"):
        if path.name.endswith("_test.go") and "integration" not in path.name:
            rule = next(part for part in path.parts[2:] if part != "custom")
            yield from _go_cases(rule, [one for one in _GO.findall(text) if not one.startswith("//")])


def _go_cases(rule: str, tokens: list[str]) -> Iterator[Case]:
    known: dict[str, str] = {}
    for at in range(len(tokens) - 2):
        if tokens[at + 1] == "=" or tokens[at + 1 : at + 3] == [":", "="]:
            value = _go_value(tokens, at + (2 if tokens[at + 1] == "=" else 3), known)
            if value is not None and tokens[at].isidentifier():
                known[tokens[at]] = value
    given: str | None = None
    for at in range(len(tokens) - 1):
        if tokens[at + 1] != ":":
            continue
        if tokens[at] in {"input", "data"}:
            given = _go_value(tokens, at + 2, known)
        elif tokens[at] == "want" and given is not None:
            if tokens[at + 2 : at + 6] == ["[", "]", "string", "{"]:
                wanted = tuple(_go_list(tokens, at + 6, known))
                yield Case("trufflehog", rule, given, bool(wanted), wanted)
            elif tokens[at + 2] == "nil":
                yield Case("trufflehog", rule, given, secret=False)
            given = None


def _go_value(tokens: list[str], at: int, known: dict[str, str]) -> str | None:
    """The string of the expression at `at`: literals, known names, their sums, Sprintf of them; None for others."""
    value = ""
    while at < len(tokens):
        one = tokens[at]
        if one == "fmt.Sprintf":
            parts = _go_list(tokens, at + 2, known)
            if not parts or len(parts) - 1 != len(re.findall("%[sdvq]", parts[0])):
                return None
            pieces = re.split("%[sdvq]", parts[0])
            return pieces[0] + "".join(given + after for given, after in zip(parts[1:], pieces[1:], strict=True))
        piece = _go_literal(one, known)
        if piece is None:
            return None
        value += piece
        if at + 1 >= len(tokens) or tokens[at + 1] != "+":
            return value
        at += 2
    return None


def _go_list(tokens: list[str], at: int, known: dict[str, str]) -> list[str]:
    found = []
    while at < len(tokens) and tokens[at] not in {")", "}"}:
        value = _go_value(tokens, at, known)
        if value is not None:
            found.append(value)
        while at < len(tokens) and tokens[at] not in {",", ")", "}"}:
            at += 1
        at += tokens[at : at + 1] == [","]
    return found


def _go_literal(token: str, known: dict[str, str]) -> str | None:
    if token.startswith("`"):
        return token[1:-1]
    if token.startswith('"'):
        try:
            return str(ast.literal_eval(token))
        except (SyntaxError, ValueError):
            return None
    return known.get(token)


_NO_SECRET = re.compile(r"public|\bid\b|identifier|recipient|username|user name|domain|\burl\b|host", re.IGNORECASE)


def _yaml_rules(source: str, clone: Path, folder: str) -> Iterator[Case]:
    for path, text in files(clone, folder):
        if path.suffix not in {".yml", ".yaml"}:
            continue
        for rule in yaml.safe_load(text).get("rules", ()):
            kinds = set(rule.get("categories") or ())
            if not (kinds and not kinds & {"secret", "hashed"}) and not _NO_SECRET.search(rule["name"]):
                for one in rule.get("examples") or ():
                    yield Case(source, path.stem, str(one), secret=True, values=_captured(rule["pattern"], str(one)))
            for one in rule.get("negative_examples") or ():
                yield Case(source, path.stem, str(one), secret=False)


def _captured(pattern: str, text: str) -> tuple[str, ...]:
    """What the rule's own expression captures, if Python reads it."""
    regex: Any = importlib.import_module("regex")
    try:
        match = regex.search(pattern, text, timeout=1)
    except (regex.error, TimeoutError, ValueError):
        return ()
    return tuple(one for one in match.groups() if one)[:1] if match else ()


def noseyparker(clone: Path) -> Iterator[Case]:
    """Examples of rules that are said to find secrets, and negative examples."""
    yield from _yaml_rules("noseyparker", clone, "crates/noseyparker/data/default/builtin/rules")


def kingfisher(clone: Path) -> Iterator[Case]:
    """Examples of rules, without those whose name says that it is an identifier; negative examples."""
    yield from _yaml_rules("kingfisher", clone, "data/rules")


def secretlint(clone: Path) -> Iterator[Case]:
    """Snapshots: the output says where its rules find something, or that they find nothing."""
    ours = re.compile(r"secretlint-rule-(?!example|filter|no-homedir|no-dotenv|pattern|preset)([\w\-]+)")
    for path, text in files(clone, "packages/@secretlint"):
        match = ours.match(path.parts[2])
        if match is None or "snapshots" not in path.parts or path.name != "output.json":
            continue
        output = json.loads(text)
        content = output.get("sourceContent")
        if isinstance(content, str) and content.strip():
            values = tuple(content[slice(*message["range"])] for message in output["messages"])
            yield Case("secretlint", match[1], content, bool(values), values)


def ripsecrets(clone: Path) -> Iterator[Case]:
    """Files with one secret per line, with one per file, and with none."""
    for path, text in files(clone, "test"):
        kind = path.parts[1]
        if kind == "one_per_file":
            yield Case("ripsecrets", path.name, text, secret=True)
        elif kind in {"one_per_line", "none"}:
            for line in filter(str.strip, text.splitlines()):
                yield Case("ripsecrets", path.name, line, secret=kind != "none")


def semgrep(clone: Path) -> Iterator[Case]:
    """Lines after `ruleid:` and `ok:`, of the rules that are semgrep's own."""
    for path, text in files(clone, "generic/secrets/security"):
        if path.suffix == ".yaml":
            continue
        secret: bool | None = None
        lines: list[str] = []
        for line in (*text.splitlines(), "ok: end"):
            mark = re.search(r"\b(ruleid|ok|todook|todoruleid):", line)
            if mark is None:
                lines.append(line)
                continue
            if secret is not None and (body := "\n".join(lines).strip()):
                yield Case("semgrep", path.stem, body, secret)
            secret = {"ruleid": True, "ok": False}.get(mark[1])
            lines = []


# CredSweeper's rules for what is no secret of ours to find, or is a person or an address
_NOT_OURS = re.compile(r"uuid|\bid\b|salt|nonce|webhook id|bucket", re.IGNORECASE)
_SAMPLES = {
    ".py",
    ".java",
    ".json",
    ".yml",
    ".yaml",
    ".xml",
    ".toml",
    ".hs",
    ".md",
    ".template",
    ".go",
    ".js",
    ".sh",
    "",
}


def credsweeper(clone: Path) -> Iterator[Case]:
    """Lines of the samples: with a finding in the expected output, or of a file named as having none."""
    texts = {path.name: text for path, text in files(clone, "tests/samples") if path.suffix in _SAMPLES}
    expected: defaultdict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
    multi = set()
    for _, text in files(clone, "tests/data/output.json"):
        for finding in json.loads(text):
            lines = finding["line_data_list"]
            for one in lines:
                place = PurePosixPath(one["path"]).name, one["line_num"]
                expected[place].append((finding["rule"], one["value"]))
                if len(lines) > 1 or one["info"]:
                    multi.add(place)
    for (name, number), findings in sorted(expected.items()):
        lines = texts.get(name, "").splitlines()
        kept = [(rule, value) for rule, value in findings if not _NOT_OURS.search(rule)]
        if (name, number) not in multi and kept and number <= len(lines) and kept[0][1] in lines[number - 1]:
            values = tuple(value for _, value in kept)
            yield Case("credsweeper", name, lines[number - 1], secret=True, values=values)
    for name, text in sorted(texts.items()):
        if re.search(r"_(?:n|fp|f)(?:\.|\Z)", name):
            for number, line in enumerate(text.splitlines(), 1):
                if line.strip() and (name, number) not in expected:
                    yield Case("credsweeper", name, line, secret=False)


SOURCES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "trufflehog": trufflehog,
    "noseyparker": noseyparker,
    "kingfisher": kingfisher,
    "secretlint": secretlint,
    "ripsecrets": ripsecrets,
    "semgrep-rules": semgrep,
    "CredSweeper": credsweeper,
}
"""Name of a clone's folder -> its reader."""
