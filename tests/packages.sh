# shellcheck shell=bash disable=SC2034
# Sourced by docs/quickstart.sh and tests/run.sh: what has to be installed, and how.

packages_to_build=(gcc libc6-dev meson ninja-build pkg-config fuse3 libfuse3-dev libcurl4-openssl-dev uthash-dev
  libmicrohttpd-dev libcjson-dev libsqlite3-dev)

# Installs what is missing of the Debian packages named. Asks for sudo only when something is, and when it must.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These Debian packages are missing: ${missing[*]}; install them as root, then start again." >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]} ..."
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends)
  # The package lists of a fresh machine are empty or old: bring them up to date only when it does not work without.
  "${install[@]}" "${missing[@]}" >/dev/null 2>&1 </dev/null && return 0
  "${as_root[@]}" apt-get update -qq </dev/null && "${install[@]}" "${missing[@]}" </dev/null >/dev/null
}
