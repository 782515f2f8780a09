#!/usr/bin/env bash
# Sets up this machine, builds, and runs the main job on the fixtures: what the README's run command runs.
# Arguments go to `passerelle demo`, for example --once.
set -euo pipefail
cd "$(dirname "$0")/.."
docker/setup.sh
# The same folder as docker/test.sh, so that the dependencies are built once.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/passerelle/target}"
# With the tests' targets: without them some dependencies get other features, and docker/test.sh would build them again.
cargo build --release --locked --all-targets
exec "$CARGO_TARGET_DIR/release/passerelle" demo "$@"
