"""Secrets over lines: keys in all their wrappings, Kubernetes secrets."""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING

import pytest

from streams.privacy import secrets

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "PRIVATE " + "KEY"


def pem(kind: str = "RSA ", *, headers: str = "", seed: int = 1) -> str:
    """A block with the shape of a key, of random bytes."""
    body = base64.b64encode(random.Random(seed).randbytes(600)).decode()  # noqa: S311 - of nobody
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}{KIND}-----\n{headers}{lines}\n-----END {kind}{KIND}-----"


def covered(text: str, inner: str) -> bool:
    start = text.index(inner)
    return any(one.start <= start and start + len(inner) <= one.end for one in secrets.find(text))


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "])
def test_block_is_one_finding_from_dash_to_dash(kind: str) -> None:
    text = f"before\n{pem(kind)}\nafter"
    assert [(one.start, one.end) for one in secrets.find(text) if one.score == 1.0] == [(7, len(text) - 6)]


def test_pgp_block_and_headers_of_rfc_1421() -> None:
    pgp = pem("PGP ", headers="Version: GnuPG v2 (Linux)\nComment: of nobody\n\n").replace(KIND, f"{KIND} BLOCK")
    assert covered(pgp, pgp)
    old = pem(headers="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011223344\n\n")
    assert covered(old, old)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda block: json.dumps({"private_key": block}),
        lambda block: json.dumps(json.dumps({"private_key": block})),
        lambda block: "\n".join(f"# {line}" for line in block.split("\n")),
        lambda block: "\n".join(f" * {line}" for line in block.split("\n")),
        lambda block: "key: |\n" + "\n".join(f"    {line}" for line in block.split("\n")),
        lambda block: "String k = " + " +\n    ".join(f'"{line}\\n"' for line in block.split("\n")) + ";",
        lambda block: "[" + ",\n".join(f"'{line}'" for line in block.split("\n")) + "].join('\\n')",
        lambda block: block.replace("\n", "\r\n"),
        lambda block: block.replace("\n", " "),
    ],
    ids=["json", "json in json", "comment", "javadoc", "yaml", "java", "list", "windows", "one line"],
)
def test_block_is_found_in_its_wrapping(wrap: Callable[[str], str]) -> None:
    text = wrap(pem())
    first, last = text.index("-----BEGIN"), text.rindex("-----") + 5
    assert (first, last) in [(one.start, one.end) for one in secrets.find(text)]


@pytest.mark.parametrize("size", [60, 200, 500])
def test_block_that_is_cut_is_found_to_its_end(size: int) -> None:
    text = pem()[:size]
    assert [(one.start, one.end) for one in secrets.find(text) if one.score == 1.0] == [(0, size)]


def test_block_without_footer_ends_with_its_lines() -> None:
    block = pem().rsplit("\n", 1)[0]
    text = f"{block}\n\nThat was the whole key, as far as I know.\n"
    (found,) = (one for one in secrets.find(text) if one.score == 1.0)
    assert found.end in {len(block), len(block) + 1}


@pytest.mark.parametrize(
    "text",
    [
        f'if "-----BEGIN {KIND}-----" in text:\n    raise NotImplementedError("no keys here")\n',
        f'x.startswith("-----BEGIN {KIND}-----") and stripPemHeaderAndFooter(x, "-----END {KIND}-----")',
        f"-----BEGIN {KIND}-----\n...\n-----END {KIND}-----",
        f"-----BEGIN {KIND}-----\n<your key>\n-----END {KIND}-----",
        "-----BEGIN PUBLIC KEY-----\n" + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" * 3 + "\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\n" + "MIIBszCCAVmgAwIBAgIUQ2Fu" * 4 + "\n-----END CERTIFICATE-----",
    ],
)
def test_header_without_a_key_is_none(text: str) -> None:
    assert secrets.find(text) == []


def test_kubernetes_secret_values_are_found_and_its_names_are_not() -> None:
    value = base64.b64encode(b"q8Zr4kP0x9Lm").decode()
    for kind in ("Secret", '"Secret"'):
        head = f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: app-config\n"
        text = f"{head}data:\n  USER: {value}\n  other: c2Vzc2lvbg==\n"
        found = [text[one.start : one.end] for one in secrets.find(text)]
        assert value in found
        assert "c2Vzc2lvbg==" in found
        assert "app-config" not in found
    plain = f"apiVersion: v1\nkind: ConfigMap\ndata:\n  USER: {value}\n"
    assert secrets.find(plain) == []
