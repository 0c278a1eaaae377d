"""Names of the GenAI semantic conventions that are known, so that new ones are seen. Pure.

Source: open-telemetry/semantic-conventions-genai (Development), and what it deprecated.
"""

from __future__ import annotations

CALLS = frozenset({"", "chat", "generate_content", "text_completion", "invoke_agent"})
"""Operations that are a call to a model, or to an agent elsewhere."""

NO_MESSAGES = frozenset({"embeddings", "retrieval", "create_memory", "search_memory", "update_memory", "delete_memory"})
"""Operations that hold no conversation."""

ATTRIBUTES = frozenset(
    f"gen_ai.{name}"
    for name in (
        "agent.description", "agent.id", "agent.name", "agent.version", "completion", "conversation.id",
        "data_source.id", "embeddings.dimension.count", "evaluation.explanation", "evaluation.name",
        "evaluation.score.label", "evaluation.score.value", "event.content", "input.messages", "operation.name",
        "output.messages", "output.type", "prompt", "prompt.name", "provider.name", "request.choice.count",
        "request.encoding_formats", "request.frequency_penalty", "request.max_tokens", "request.model",
        "request.presence_penalty", "request.seed", "request.stop_sequences", "request.stream", "request.temperature",
        "request.top_k", "request.top_p", "response.finish_reasons", "response.id", "response.model",
        "response.time_to_first_chunk", "system", "system_instructions", "token.type", "tool.call.arguments",
        "tool.call.id", "tool.call.result", "tool.definitions", "tool.description", "tool.name", "tool.type",
        "usage.cache_creation.input_tokens", "usage.cache_read.input_tokens", "usage.cache_write.input_tokens",
        "usage.completion_tokens", "usage.input_tokens", "usage.output_tokens", "usage.prompt_tokens",
        "usage.reasoning.output_tokens", "workflow.name",
    )
)  # fmt: skip
