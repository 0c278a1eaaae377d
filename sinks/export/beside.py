"""Files that a trainer wants beside the examples: its own configuration, as YAML or JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


def yaml_of(value: Mapping[str, Any], remark: str) -> bytes:
    """A configuration with a remark above it."""
    return f"# {remark}\n{yaml.safe_dump(value, sort_keys=False)}".encode()


def json_of(value: Mapping[str, Any]) -> bytes:
    """An object, indented."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
