"""The `redline` command: the group with every command on it."""

from redline.commands import jobs, look, parts, people
from redline.commands.root import main

__all__ = ["jobs", "look", "main", "parts", "people"]
