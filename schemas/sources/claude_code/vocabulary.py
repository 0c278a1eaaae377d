"""The names of the format: line types, keys and tools that this reader knows. What is none of them is drift.

Source: oneryalcin/agent-schemas, claude-code/v2.1.1 to v2.1.144 (session.schema.json), and real files of 1.0 and 2.1.
"""

from __future__ import annotations

from typing import Final


def names(text: str) -> list[str]:
    """The words of a text, one name each."""
    return text.split()


TURNS: Final = frozenset({"user", "assistant", "attachment", "system"})
# Line types without a turn: each is skipped by a rule of its own name.
NOISE: Final = frozenset(
    names(
        """
        agent-color agent-name agent-setting ai-title bridge-session cost-state custom-title file-history-delta
        file-history-snapshot last-prompt mode permission-mode pr-link progress queue-operation summary tag
        worktree-state
        """
    )
)

# Keys of a line with a turn.
KEYS: Final = frozenset(
    names(
        """
        advisorModel agentId apiErrorStatus attachment attributionAgent attributionPlugin attributionSkill
        cause compactMetadata content cwd data durationMs effort entrypoint error errorDetails gitBranch
        hasOutput hookCount hookErrors hookInfos imagePasteIds isApiErrorMessage isCompactSummary isMeta
        isSidechain isVisibleInTranscriptOnly level logicalParentUuid maxRetries mcpMeta message
        messageCount microcompactMetadata origin parentToolUseID parentUuid permissionMode planContent
        preventedContinuation promptId requestId retryAttempt retryInMs sessionId sessionKind
        sidechainParentUuid slug sourceToolAssistantUUID sourceToolUseID stopReason subtype teamName
        thinkingMetadata timestamp todos toolUseID toolUseResult type url userType uuid version
        """
    )
)
MESSAGE_KEYS: Final = frozenset(
    names(
        """
        container content context_management diagnostics id model role stop_details stop_reason
        stop_sequence type usage
        """
    )
)
BLOCK_KEYS: Final = {
    "text": frozenset({"citations", "text", "type"}),
    "thinking": frozenset({"signature", "thinking", "type"}),
    "redacted_thinking": frozenset({"data", "type"}),
    "tool_use": frozenset({"caller", "id", "input", "name", "type"}),
    "tool_result": frozenset({"content", "is_error", "tool_use_id", "type"}),
    "image": frozenset({"source", "type"}),
    "document": frozenset({"citations", "context", "source", "title", "type"}),
    "server_tool_use": frozenset({"id", "input", "name", "type"}),
    "advisor_tool_result": frozenset({"content", "tool_use_id", "type"}),
}

# Attachments and system lines that are known to hold no turn and no text of a file.
ATTACHMENTS: Final = frozenset(
    names(
        """
        agent_listing_delta agent_mention already_read_file auto_mode auto_mode_exit budget_usd
        command_permissions compact_file_reference compaction_reminder context_efficiency
        critical_system_reminder current_session_memory date_change deferred_tools_delta diagnostics
        directory edited_image_file goal_status hook_additional_context hook_blocking_error hook_cancelled
        hook_deferred_tool hook_error_during_execution hook_non_blocking_error hook_permission_decision
        hook_stopped_continuation hook_success hook_system_message invoked_skills max_turns_reached
        mcp_instructions_delta nested_memory opened_file_in_ide output_style output_token_usage
        pdf_reference plan_file_reference plan_mode plan_mode_exit plan_mode_reentry read_truncation_notice
        relevant_memories selected_lines_in_ide skill_listing structured_output task_reminder task_status
        team_context todo_reminder token_usage ultrathink_effort verify_plan_reminder
        """
    )
)
SYSTEM: Final = frozenset(
    names(
        """
        api_error away_summary bridge_status compact_boundary informational local_command
        microcompact_boundary scheduled_task_fire stop_hook_summary turn_duration
        """
    )
)

# Tools that write the one file their arguments name; what they propose is a suggestion.
PROPOSING: Final = frozenset({"Edit", "MultiEdit", "NotebookEdit", "Write"})
# Tools that write no file a person works on. Any other may have.
READING: Final = frozenset(
    names(
        """
        AskUserQuestion BashOutput CronList EnterPlanMode ExitPlanMode Glob Grep KillBash KillShell LS ListMcpResources
        ListMcpResourcesTool NotebookRead PushNotification Read ReadMcpResource ReadMcpResourceTool ScheduleWakeup
        SendMessage Skill StructuredOutput TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoRead TodoWrite
        ToolSearch WaitForMcpServers WebFetch WebSearch exit_plan_mode
        """
    )
)
