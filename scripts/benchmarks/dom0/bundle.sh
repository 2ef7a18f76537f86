# shellcheck shell=bash
# Sourced by the programs of the benchmarks, in the Dom0: a container's bundle, guests of xl to
# compare with, and the samples that scripts/bench reads.

set -euo pipefail
export LC_ALL=C

sent=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d /var/tmp/runx-bench.XXXXXX)

clean() {
  local guest
  for guest in "$work"/*.cfg; do
    [ ! -e "$guest" ] || xl destroy "$(basename "$guest" .cfg)" 2>/dev/null || true
  done
  runx list -q | while read -r id; do
    [[ $id != bench* ]] || runx delete --force "$id" || true
  done
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

# plain_ramdisk INIT [FILE]: a ramdisk with busybox, guest/INIT as its init, and guest/FILE.
plain_ramdisk() {
  local root=$work/plain
  mkdir -p "$root"/{bin,dev,proc}
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  install -m 755 "$sent/guest/$1" "$root/init"
  [ $# = 1 ] || cp "$sent/guest/$2" "$root"
  (cd "$root" && find . | busybox cpio -o -H newc >"$work/plain.ramdisk" 2>/dev/null)
}

# plain_guest NAME MIB [LINE]: $work/NAME.cfg, a guest of xl with runX's kernel and that ramdisk.
plain_guest() {
  cat >"$work/$1.cfg" <<CONFIG
name = "$1"
kernel = "/usr/lib/runx/kernel"
ramdisk = "$work/plain.ramdisk"
memory = $2
extra = "console=hvc0 quiet"
${3:-}
CONFIG
}

# plain_ready: reads the console of a guest of xl until it is ready; sets uptime.
plain_ready() {
  local word
  while read -r -t 120 word uptime; do
    uptime=${uptime%$'\r'}
    [ "$word" != ready ] || return 0
  done
  echo 'a guest of xl did not come up' >&2
  return 1
}

# sample NAME VALUE...
sample() {
  local IFS=$'\t'
  printf '%s\n' "$*"
}

# spent NAME BEGUN ENDED: a sample, in ms, of two values of $EPOCHREALTIME.
spent() { sample "$1" $(((${3/./} - ${2/./}) / 1000)); }

# timed NAME CMD...
timed() {
  local name=$1 begun
  shift
  begun=$EPOCHREALTIME
  "$@" >/dev/null
  spent "$name" "$begun" "$EPOCHREALTIME"
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

# gone PID
gone() { [ ! -e "/proc/$1" ]; }
