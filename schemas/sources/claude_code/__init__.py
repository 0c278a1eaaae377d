"""Claude Code's transcripts (`~/.claude/projects/**/*.jsonl`), versions 1.0 to 2.1, to events. Pure.

identity   the ids of events, the same in transcripts, hooks and telemetry
"""
