#!/bin/sh
# Write requirements.lock (what a production image installs) and requirements-dev.lock (the same versions, and what the
# tests need), every package pinned by hash. Needs `uv`; the addresses that packages come from stay out of both files.
# Extras are kept in the names: pip refuses a hash-pinned `coverage` where another package asks for `coverage[toml]`.
set -eu
cd "$(dirname "$0")/.."
compile() { # compile FILE ARGUMENT…
  out=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
    --no-annotate "$@" -o "$out"
}
compile requirements.lock pyproject.toml --extra local --extra s3 --extra otel
compile requirements-dev.lock pyproject.toml --constraint requirements.lock --extra local --extra s3 --extra otel --group dev
