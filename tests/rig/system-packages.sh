#!/bin/sh
# Java 17 or newer, Maven, Go, Prometheus, Alertmanager and Chromium, from the system's packages where they are missing.
set -eu
. "$(dirname "$0")/missing-packages.sh"
java_is_new_enough() {
  command -v java >/dev/null || return 1
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}
missing=
java_is_new_enough || missing="$missing openjdk-17-jre-headless"
has mvn || missing="$missing maven"
has go || missing="$missing golang-go"
{ has prometheus && has promtool; } || missing="$missing prometheus"
{ has amtool && { has alertmanager || has prometheus-alertmanager; }; } || missing="$missing prometheus-alertmanager"
has chromium || missing="$missing chromium"
install_missing "$missing" "Java 17+, Maven, Go, Prometheus, Alertmanager and Chromium are needed"
