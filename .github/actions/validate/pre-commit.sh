#!/usr/bin/env bash
# Builds tradebind in its own checkout, where that is not done yet, and checks the files given; the hook's args put -- before them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# pre-commit's environment of git would lead cargo astray.
env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE \
  cargo build --quiet --release --locked --features cli --bin tradebind \
  --manifest-path "$here/Cargo.toml" --target-dir "$here/target"
exec "$here/target/release/tradebind" validate "$@"
