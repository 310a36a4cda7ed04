#!/usr/bin/env bash
# The one front door: run, test, bench, fuzz, deb, repo, image, clean. The work is done by crates/xtask; this script only
# finds what is needed to compile that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v cargo >/dev/null && [[ -x "$HOME/.cargo/bin/cargo" ]]; then
  PATH="$HOME/.cargo/bin:$PATH"
fi
if ! command -v cargo >/dev/null; then
  echo "build.sh: cargo was not found. Install Rust 1.95 or newer from https://rustup.rs, then run this again." >&2
  exit 1
fi
if ! command -v cc >/dev/null; then
  if [[ $EUID -ne 0 ]]; then
    echo "build.sh: there is no C compiler. Run: sudo apt-get install gcc libc6-dev" >&2
    exit 1
  fi
  echo "build.sh: installing a C compiler" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
fi

case "${1:-help}" in
  # Compiling the front door itself takes a moment the first time; say so instead of being silent.
  run | test | bench | fuzz | deb | repo | image) [[ -x target/debug/xtask ]] || echo "build.sh: building the build tool (first time only)" >&2 ;;
esac
cargo build -q -p xtask
exec "${CARGO_TARGET_DIR:-target}/debug/xtask" "$@"
