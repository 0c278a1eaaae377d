#!/bin/sh
# What the builder stage of the Containerfile does, and deploy/image/replay.sh after it: sources in, /opt/redline out.
#   build.sh SOURCES TARGET [PYTHON]
# TARGET is where the environment will lie when it runs: its scripts name it.
set -eu
sources=$1 target=$2 python=${3:-python3}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The wheel, in an environment of its own: what builds is not what runs.
"$python" -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r "$here/build.lock"
(cd "$sources" && "$work/build/bin/python" -m hatchling build -t wheel -d "$work/wheel")

# What runs: the locked packages, our wheel, and nothing that could install more.
"$python" -m venv --without-pip "$target"
"$work/build/bin/pip" --python "$target/bin/python" install --quiet --disable-pip-version-check --no-cache-dir \
  --no-compile --require-hashes --only-binary :all: --no-deps -r "$here/requirements.lock"
"$work/build/bin/pip" --python "$target/bin/python" install --quiet --disable-pip-version-check --no-cache-dir \
  --no-compile --no-deps --no-index "$work"/wheel/redline-*.whl
# Tests of packages are a sixth of them.
find "$target/lib" -depth -type d -name tests -exec rm -rf {} +
# The file system is read-only when it runs: compile now. Files are checked by nothing, as nobody can change them; a few
# packages ship templates that are no Python.
"$target/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$target/lib" || true
"$target/bin/redline" --version
