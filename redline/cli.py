"""The `redline` command: the group with every command on it."""

from redline.commands import directory, jobs, look, parts, people, schema
from redline.commands.root import main

__all__ = ["directory", "jobs", "look", "main", "parts", "people", "schema"]
