# shellcheck shell=bash
# Sourced by the programs of the benchmarks, in the Dom0: a container's bundle, and the
# samples that scripts/bench reads.

set -euo pipefail

sent=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d /var/tmp/runx-bench.XXXXXX)

clean() {
  runx delete --force bench || true
  rm -rf "$work"
}
trap clean EXIT

# bundle GUEST [NETCONF]: in $work, a bundle whose container runs guest/GUEST.  What is in
# its rootfs already stays there.
bundle() {
  mkdir -p "$work/rootfs/bin"
  cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
  ln -sf busybox "$work/rootfs/bin/sh"
  rm -f "$work/config.json"
  runx spec --bundle "$work"
  node "$sent/dom0/configure.mjs" "$work/config.json" "$sent/guest/$1" "${2:-}"
}

# sample NAME VALUE...
sample() {
  local IFS=$'\t'
  printf '%s\n' "$*"
}

milliseconds() { echo $((($(date +%s%N) - $1) / 1000000)); }

# await SECONDS CMD...: until CMD succeeds.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ $SECONDS -ge $deadline ]; then
      echo "waited in vain: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}
