#!/usr/bin/env bash
# Sets up this machine and passes every test: what the README's test command runs, and CI with it.
# One release profile for everything, so that the demo, clippy and the tests share one build.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Outside the clone, so that a fresh clone finds the dependencies that an earlier one built.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/passerelle/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
# Tesseract with several threads takes thirteen times the processor time.
export OMP_THREAD_LIMIT=1

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
report=() failed=0

# step NAME COMMAND...: runs it, notes its seconds, remembers a failure.
step() {
    local name=$1 start=$SECONDS status=0 word=ok
    shift
    printf '\n== %s\n' "$name"
    "$@" || status=$?
    if [ $status -ne 0 ]; then word="FAILED ($status)" failed=1; fi
    report+=("$(printf '%6d s  %-9s %s' $((SECONDS - start)) "$word" "$name")")
    return $status
}

# Nothing after this one can say anything.
must() { step "$@" || finish; }

tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --release --locked --no-fail-fast --status-level fail --final-status-level fail 2>&1
    else
        cargo test --release --locked --no-fail-fast 2>&1
    fi | tee "$output/tests"
}

# 2 says that the figure's data is not on this machine: skipped, with the figure's own message.
figure() {
    local status=0
    "$1" --quick || status=$?
    if [ $status -eq 2 ]; then printf 'SKIPPED %s: its data is not here (message above)\n' "${1##*/}" | tee -a "$output/skipped"; return 0; fi
    return $status
}

finish() {
    printf '\n== seconds per step\n'
    printf '%s\n' "${report[@]}"
    [ -f "$output/skipped" ] && cat "$output/skipped"
    [ $failed -eq 0 ] || printf 'at least one step FAILED\n'
    # The runner's own counts close the output.
    [ -f "$output/tests" ] && grep -E '^ *Summary \[|^test result:' "$output/tests"
    exit $failed
}

must 'set-up' docker/setup.sh --tests
step 'format' cargo fmt --check
must 'build' cargo build --release --locked --all-targets
step 'clippy' cargo clippy --release --locked --all-targets -- --deny warnings
step 'tests' tests
for executable in tests/figures/*; do
    if [ -x "$executable" ] && [ -f "$executable" ]; then step "figure ${executable##*/}" figure "$executable"; fi
done
finish
