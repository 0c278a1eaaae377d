"""Claude Code's transcripts (`~/.claude/projects/**/*.jsonl`), versions 1.0 to 2.1, to events. Pure.

session     `Transcript`: the lines of one session, main conversation and subagents, to events
tree        where each line is: its thread, the turn above it
made        the events of a session, by kind
lines       one line taken apart: `parse`
turns       which text of a user line is the person's
proposals   what a call proposes, and what its result says became of it
files       what is known of the files on disk, and which changes to proposed regions are the person's
commands    could a shell command have written a file
snippets    the snippet of a file that changed
vocabulary  the names of the format that are known: what is none of them is drift
identity    the ids of events, the same in transcripts, hooks and telemetry
"""
