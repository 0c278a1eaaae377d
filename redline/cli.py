"""The `redline` command: the group with every command on it."""

from redline.commands import capture, directory, gateway, ingest, jobs, look, parts, people, schema, sources
from redline.commands.root import main

__all__ = ["capture", "directory", "gateway", "ingest", "jobs", "look", "main", "parts", "people", "schema", "sources"]
