#!/usr/bin/env bash
# Runs `tradebind validate` for action.yml: PATHS and ARGS have one argument a line; SARIF and JUNIT name the reports.
set -euo pipefail

tradebind=$1
arguments=()
while IFS= read -r line; do
  if [ -n "$line" ]; then arguments+=("$line"); fi
done <<<"${ARGS-}"
paths=()
while IFS= read -r line; do
  if [ -n "$line" ]; then paths+=("$line"); fi
done <<<"$PATHS"

mkdir -p -- "$(dirname -- "$SARIF")" "$(dirname -- "$JUNIT")"
exec "$tradebind" validate --format github --report "sarif=$SARIF" --report "junit=$JUNIT" \
  ${arguments[@]+"${arguments[@]}"} -- ${paths[@]+"${paths[@]}"}
