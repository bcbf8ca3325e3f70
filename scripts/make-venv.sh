#!/bin/sh
# Make the virtual environment from the lock file. Every package is pinned by hash; nothing is installed system-wide
# but Debian's venv module, where it is missing.
set -eu
: "${PYTHON:=python3}" "${VENV:=.venv}"

if ! command -v "$PYTHON" >/dev/null 2>&1; then
  echo "netattest needs Python 3.11 or newer; '$PYTHON' was not found. Install it, or name another: make PYTHON=python3.12" >&2
  exit 2
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "netattest needs Python 3.11 or newer; '$PYTHON' is $("$PYTHON" -V). Name another: make PYTHON=python3.12" >&2
  exit 2
fi
if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  sh "$(dirname "$0")/system-libs.sh" venv
fi

echo "making $VENV (packages pinned by hash) …"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
touch "$VENV/.installed"
