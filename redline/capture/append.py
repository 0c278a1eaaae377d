r"""One record into the spool. As a script it is the hook command: `python -I -S append.py FOLDER KIND [--ship]`.

It stands in the way of somebody's tool, so it imports nothing that is slow to load, waits for nobody but the few
microseconds of another append, and whatever happens it prints nothing and exits 0.

A segment is a file of frames: `redline1 KIND NANOSECONDS LENGTH CRC32\n`, the body, `\n`. A frame torn by a crash fails
its length or CRC and costs itself only: the reader goes on at the next line that begins a frame. Bodies are raw text:
folder 0700, files 0600.
"""

import fcntl
import os
import sys
import time
import zlib

MAGIC = b"redline1"
SEGMENT_S = 3600
LIMIT_BYTES = 256 << 20
KEEP_S = 7 * 86_400
BODY_BYTES = 8 << 20
SUFFIX = ".spool"
CONFIG = "capture.json"
POSITIONS = "positions.json"
DROPPED = "dropped"
# A spool below both is never looked at more closely: less than anybody configures.
_SMALL_BYTES = 1 << 20
_YOUNG_S = 3600


def frame(kind: str, body: bytes, at_ns: int) -> bytes:
    """One record as it stands in a segment."""
    head = b"%s %s %d %d %08x\n" % (MAGIC, kind.encode("ascii"), at_ns, len(body), zlib.crc32(body))
    return head + body + b"\n"


def append(folder: str, kind: str, body: bytes) -> None:
    """Add one record, after `make_room` for it. A body over `BODY_BYTES` is left out and counted.

    It is in the page cache when this returns: safe from the death of any process, not from that of the machine.

    Raises:
        OSError: the disk refuses. What was there before is whole.
    """
    now = time.time_ns()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if len(body) > BODY_BYTES:
        count_dropped(folder, 1, "too_large")
        return
    record = frame(kind, body, now)
    make_room(folder, len(record))
    path = os.path.join(folder, f"{now // 1_000_000_000 // SEGMENT_S * SEGMENT_S:012d}{SUFFIX}")
    while True:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink == 0:  # shipped and removed between open and lock
                continue
            end = os.fstat(fd).st_size
            written = 0
            try:
                while written < len(record):
                    written += os.write(fd, record[written:])
            except OSError:
                os.ftruncate(fd, end)
                raise
            return
        finally:
            os.close(fd)


def segments(folder: str) -> list[str]:
    """Names of the segments, oldest first."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
    except FileNotFoundError:
        return []


def count_dropped(folder: str, records: int, why: str) -> None:
    """Remember that records were given up: one line, read by `redline capture status`."""
    fd = os.open(os.path.join(folder, DROPPED), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, b"%d %d %s\n" % (time.time(), records, why.encode("ascii")))
    finally:
        os.close(fd)


def remove(folder: str, name: str, *, unless_larger_than: int | None = None) -> bytes | None:
    """Remove a segment and give its content; None if it is gone already or has grown over the given size."""
    path = os.path.join(folder, name)
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        size = os.fstat(fd).st_size
        if unless_larger_than is not None and size > unless_larger_than:
            return None
        content = b"" if unless_larger_than is not None else os.pread(fd, size, 0)
        os.unlink(path)
        return content
    finally:
        os.close(fd)


def make_room(folder: str, coming: int = 0) -> int:
    """Remove segments over the configured age, then the oldest until `coming` bytes more are within the limit.

    Shipped or not: raw text does not lie around because a gateway is away. What nobody had shipped is counted; gives
    how many records that were.
    """
    names = segments(folder)
    sizes = {name: _size(os.path.join(folder, name)) for name in names}
    total, now, lost = sum(sizes.values()) + coming, int(time.time()), 0
    if not names or (total <= _SMALL_BYTES and _end(names[0]) > now - _YOUNG_S):
        return 0  # the common case: whatever is configured, this is within it
    configured, shipped = _json(folder, CONFIG), _json(folder, POSITIONS)
    limit = int(configured.get("limit_mb", LIMIT_BYTES >> 20)) << 20
    oldest_s = now - configured.get("keep_days", KEEP_S / 86_400) * 86_400
    for name in names:
        expired = _end(name) < oldest_s
        if total <= limit and not expired:
            break
        content = remove(folder, name)
        total -= sizes[name]
        if content is not None and (records := _frames(content[int(shipped.get(name, 0)) :])):
            count_dropped(folder, records, "expired" if expired else "no_room")
            lost += records
    return lost


def _frames(content: bytes) -> int:
    return content.count(b"\n" + MAGIC + b" ") + content.startswith(MAGIC + b" ")


def _end(name: str) -> int:
    """When the hour of a segment is over, in seconds since 1970."""
    return int(name[: -len(SUFFIX)]) + SEGMENT_S


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _json(folder: str, name: str) -> dict[str, float]:
    """Numbers of one of the spool's own files; none where there is no file, or another one."""
    import json  # noqa: PLC0415 - takes longer than all else here, and a spool that is shipped never comes to it

    try:
        with open(os.path.join(folder, name), "rb") as file:
            tree = json.load(file)
    except (OSError, ValueError):
        return {}
    return (
        {key: value for key, value in tree.items() if isinstance(value, int | float)} if isinstance(tree, dict) else {}
    )


def main(arguments: list[str]) -> None:
    """The hook command. Reads its standard input whole, so that the tool that writes it is never blocked."""
    folder, kind = arguments[0], arguments[1]
    body = bytearray()
    while block := os.read(0, 1 << 16):
        if len(body) <= BODY_BYTES:
            body += block
    append(folder, kind, bytes(body))
    if "--ship" in arguments and os.path.exists(os.path.join(folder, CONFIG)):
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        command = [sys.executable, "-m", "redline", "capture", "ship", "--folder", folder]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=null, setsid=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:  # a tool must not fail because something that watches it does
        os._exit(0)
