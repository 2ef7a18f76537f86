# shellcheck shell=bash
# Sourced by the scripts that build or test runX: progress lines, the cache,
# Debian's packages and npm's.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${RUNX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/runx}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

say() { printf '%s %s\n' "[$(date +%H:%M:%S)]" "$*" >&2; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# arch_of NAME: a machine's name (uname -m) as the kernel's ARCH/config name.
arch_of() {
  case $1 in
    x86_64 | amd64) echo x86_64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) die "unknown architecture '$1': use x86_64 or arm64" ;;
  esac
}

# run_logged LOG CMD...: CMD with its output in LOG; a growing line count on a
# terminal, and the log's tail when it fails.
run_logged() {
  local log=$1 pid
  shift
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  if [ -t 2 ]; then
    while kill -0 "$pid" 2>/dev/null; do
      printf '\r  %d lines in %s' "$(wc -l <"$log")" "$log" >&2
      sleep 1
    done
    printf '\r\033[K' >&2
  fi
  if ! wait "$pid"; then
    tail -n 30 "$log" >&2
    die "'$1' failed; the whole log is $log"
  fi
}

# need_packages PACKAGE...: installs the Debian packages that are missing.
need_packages() {
  local missing=() package
  command -v dpkg-query >/dev/null || die "this needs a Debian-like machine with: $*"
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == i* ]] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "these Debian packages are missing; run: sudo apt-get install ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  (
    flock 9
    export DEBIAN_FRONTEND=noninteractive
    run_logged "$cache/apt-update.log" apt-get update
    run_logged "$cache/apt-install.log" apt-get install -y --no-install-recommends "${missing[@]}"
  ) 9>"$cache/apt.lock"
}

# need_npm_packages: installs the npm packages if the lock file is newer.
need_npm_packages() (
  local installed=$top/node_modules/.package-lock.json
  flock 9
  if [ -e "$installed" ] && [ ! "$top/package-lock.json" -nt "$installed" ]; then return 0; fi
  say "installing npm packages"
  # Not "npm ci": it refuses a lock file that lacks optional binaries for other
  # platforms, which a registry need not hold.
  cd "$top"
  run_logged "$cache/npm.log" npm install --no-save --no-audit --no-fund
  touch "$installed"
) 9>"$cache/npm.lock"

# become_typescript FILE WORD...: the rest of a script, which is a TypeScript program
# of this checkout; its RUNX_CACHE is the cache.
become_typescript() {
  need_npm_packages
  export RUNX_CACHE=$cache
  # Node.js looks for tsx from the working directory.
  cd "$top"
  exec node --import tsx "$@"
}

# debian_arch ARCH: Debian's name of an architecture.
debian_arch() { [ "$1" = arm64 ] && echo arm64 || echo amd64; }

# musl_cc [ARCH]: prints a compiler command for small static programs: musl's headers,
# and the kernel's own where musl has none.
musl_cc() {
  local own arch=${1:-} headers
  own=$(arch_of "$(uname -m)")
  arch=${arch:-$own}
  if [ "$arch" != "$own" ]; then
    cross_musl_cc "$arch"
    return
  fi
  headers=$cache/headers-$(uname -m)
  need_packages gcc make musl-tools linux-libc-dev
  if [ ! -e "$headers" ]; then
    rm -rf "$headers.new"
    mkdir -p "$headers.new"
    ln -s /usr/include/linux /usr/include/asm-generic /usr/include/mtd /usr/include/xen \
      "/usr/include/$(gcc -print-multiarch)/asm" "$headers.new"
    mv -T "$headers.new" "$headers"
  fi
  echo "musl-gcc -idirafter $headers"
}

# cross_musl_cc ARCH: the same for another architecture, with Debian's musl and kernel
# headers for it in the cache.
cross_musl_cc() {
  local arch=$1 machine suite=bookworm root musl deb
  case $arch in
    arm64) machine=aarch64 ;;
    x86_64) machine=x86_64 ;;
  esac
  need_packages make "gcc-${machine//_/-}-linux-gnu"
  root=$cache/musl-$arch
  if [ ! -e "$root" ]; then
    say "downloading Debian's musl for $arch"
    rm -rf "$root.new"
    debian_fetch "$suite:$(debian_arch "$arch")" binary "musl-dev linux-libc-dev" "$root.new/deb"
    for deb in "$root.new"/deb/*.deb; do dpkg -x "$deb" "$root.new"; done
    mkdir "$root.new/headers"
    ln -s ../usr/include/{linux,asm-generic,mtd,xen} "../usr/include/$machine-linux-gnu/asm" "$root.new/headers"
    musl=usr/lib/$machine-linux-musl
    sed -i "s|/usr/|$root/usr/|g" "$root.new/$musl/musl-gcc.specs"
    mv -T "$root.new" "$root"
  fi
  echo "$machine-linux-gnu-gcc -specs $root/usr/lib/$machine-linux-musl/musl-gcc.specs -idirafter $root/headers"
}

# debian_uris SUITE: lines "URI CODENAME" of the archives that this machine
# already uses for Debian, as they are called for SUITE.
debian_uris() {
  local suite=$1 own
  own=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
    awk '$3 == "Debian" { print $1, $2 }' | sort -u)
  [ -n "$own" ] || die "apt on this machine knows no Debian archive; add one to /etc/apt/sources.list.d"
  sed -E "s/ [a-z]+(-updates|-security)?\$/ $suite\\1/" <<<"$own" | sort -u
}

# debian_apt SUITE[:ARCH] WORD...: apt-get with package lists of its own for SUITE,
# sources included, whatever release this machine runs.
debian_apt() {
  local suite=${1%:*} arch state=$cache/apt/$1 uri codename
  arch=$(dpkg --print-architecture)
  [[ $1 != *:* ]] || arch=${1#*:}
  shift
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  debian_uris "$suite" | while read -r uri codename; do
    printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
      "$uri" "$codename" /usr/share/keyrings/debian-archive-keyring.gpg
  done >"$state/debian.sources"
  : >"$state/status"
  apt-get -q -o APT::Sandbox::User=root -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
    -o Dir::State="$state" -o Dir::State::status="$state/status" \
    -o Dir::Cache="$state" -o Dir::Etc::sourcelist="$state/debian.sources" \
    -o Dir::Etc::sourceparts=/dev/null "$@"
}

# debian_fetch SUITE[:ARCH] binary|source PACKAGES DIR: downloads PACKAGES, names with
# spaces between them, into DIR.
debian_fetch() {
  local suite=$1 kind=$2 dir=$4 packages
  read -ra packages <<<"$3"
  need_packages debian-archive-keyring dpkg-dev
  mkdir -p "$dir" "$cache/apt"
  (
    flock 9
    if [ -z "$(find "$cache/apt/$suite/lists" -name '*Sources*' -mmin -720 2>/dev/null)" ]; then
      say "reading the package lists of Debian $suite"
      run_logged "$cache/apt/$suite.log" debian_apt "$suite" update
      find "$cache/apt/$suite/lists" -name '*Sources*' -exec touch {} +
    fi
    cd "$dir"
    case $kind in
      binary) run_logged "$cache/apt/${packages[0]}.log" debian_apt "$suite" download "${packages[@]}" ;;
      source) run_logged "$cache/apt/${packages[0]}.log" debian_apt "$suite" source --download-only "${packages[@]}" ;;
    esac
  ) 9>"$cache/apt/lock"
}
