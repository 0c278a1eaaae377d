"""The `redline` command: the group with every command on it."""

from redline.commands import directory, jobs, look, parts, people
from redline.commands.root import main

__all__ = ["directory", "jobs", "look", "main", "parts", "people"]
