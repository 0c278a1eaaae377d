"""Every training format by its name, as `redline export NAME` knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sinks.export import axolotl, llama_factory, openai, torchtune, trl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sinks.export.example import Format

_ALL: tuple[Format, ...] = (
    trl.PREFERENCE,
    trl.KTO,
    trl.SFT,
    trl.SESSIONS,
    axolotl.SPANS,
    axolotl.DPO,
    axolotl.KTO,
    llama_factory.ALPACA,
    llama_factory.SESSIONS,
    llama_factory.PREFERENCE,
    llama_factory.KTO,
    torchtune.PREFERENCE,
    openai.SESSIONS,
    openai.PAIRS,
    openai.PREFERENCE,
    openai.OPENPIPE,
)
FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
