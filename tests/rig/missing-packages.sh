# Sourced by the scripts that say what tests need: looks for programs, and installs what is missing or says how.
has() { command -v "$1" >/dev/null; }
install_missing() {
  packages=$1
  if [ -z "$packages" ]; then
    exit 0
  fi
  line="apt-get update && apt-get install --yes --no-install-recommends$packages"
  if [ "$(id -u)" = 0 ]; then
    exec sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $line"
  elif has sudo && sudo -n true 2>/dev/null; then
    exec sudo sh -c "$line"
  fi
  echo "$2; run as root: $line" >&2
  exit 1
}
