#!/bin/sh
# Java 17 or newer, Maven, Go, Prometheus, Alertmanager and Chromium, from the system's packages where they are missing.
set -eu
java_is_new_enough() {
  command -v java >/dev/null || return 1
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}
has() { command -v "$1" >/dev/null; }
missing=
java_is_new_enough || missing="$missing openjdk-17-jre-headless"
has mvn || missing="$missing maven"
has go || missing="$missing golang-go"
{ has prometheus && has promtool; } || missing="$missing prometheus"
{ has amtool && { has alertmanager || has prometheus-alertmanager; }; } || missing="$missing prometheus-alertmanager"
has chromium || missing="$missing chromium"
if [ -z "$missing" ]; then
  exit 0
fi
line="apt-get update && apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  exec sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $line"
elif has sudo && sudo -n true 2>/dev/null; then
  exec sudo sh -c "$line"
fi
echo "Java 17+, Maven, Go, Prometheus, Alertmanager and Chromium are needed; run as root: $line" >&2
exit 1
