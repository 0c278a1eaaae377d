"""Names of Claude Code's telemetry events that are known, so that new ones are seen. Pure.

Source: code.claude.com/docs/en/monitoring-usage.
"""

from __future__ import annotations

EDITORS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
"""Tools whose input is a proposal of text."""

COMMON = frozenset(
    {
        "session.id", "organization.id", "user.account_uuid", "user.account_id", "user.id", "user.email",
        "terminal.type", "app.version", "app.entrypoint", "event.name", "event.timestamp", "event.sequence",
        "prompt.id", "workspace.host_paths", "workflow.run_id", "workflow.name", "agent.id", "agent.name", "agent.type",
        "agent_id", "parent_agent_id", "team.id", "identity.source",
    }
)  # fmt: skip

EVENTS: dict[str, frozenset[str]] = {
    "user_prompt": frozenset({"prompt_length", "prompt", "message.uuid", "command_name", "command_source"}),
    "assistant_response": frozenset(
        {"response_length", "response", "model", "request_id", "message.uuid", "query_source"}
    ),
    "tool_decision": frozenset(
        {"tool_name", "tool_use_id", "decision", "tool_source", "source", "tool_parameters", "mcp_server_scope"}
    ),
    "tool_result": frozenset(
        {
            "tool_name", "tool_use_id", "success", "duration_ms", "error_type", "error", "decision_type",
            "decision_source", "tool_source", "tool_input_size_bytes", "tool_result_size_bytes", "tool_parameters",
            "tool_input", "mcp_server_scope",
        }
    ),
}  # fmt: skip
"""Events we read, and their attributes beside the common ones."""

NO_INTERACTION = frozenset(
    {
        "api_request", "api_error", "api_refusal", "api_request_body", "api_response_body", "api_retries_exhausted",
        "permission_mode_changed", "feedback_survey", "retention_sweep", "compaction", "subagent_completed", "auth",
        "mcp_server_connection", "internal_error", "plugin_installed", "plugin_loaded", "skill_activated",
        "at_mention", "hook_registered", "hook_execution_start", "hook_execution_complete", "hook_plugin_metrics",
    }
)  # fmt: skip
"""Events that are known and hold nothing to learn from."""
