"""Capture on a developer's machine: what tools do not report, kept in a small spool until Redline has it.

append     one record into the spool; alone it is the hook command, so it imports next to nothing
spool      the spool's folder: frames, positions, limits
client     for Python tools: suggest, decide, edit
events     frames -> events, by the reader of each kind
proposals  what an assistant has proposed for which file, until a commit shows what became of it
commits    a commit -> what the person kept of each proposal; pure
notebook   the cells of a notebook, by their ids
git        what `redline capture git` asks of a repository
committed  a commit of a repository -> final edits and rejections in the spool
ship       spool -> gateway or Kafka
install    hooks into the settings of Claude Code and of a repository, and out again
"""
