#!/bin/sh
# RUSTC_WORKSPACE_WRAPPER of `tests/figures/fuzz`: counts what is reached in our own crates. Dependencies are compiled as always, and so
# shared with every other build. Works on stable Rust; sanitizers would not.
case " $* " in
# Runs on its own, without the fuzzer that the counters call.
*" build_script_build "*) exec "$@" ;;
esac
exec "$@" --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
