#!/bin/sh
# Java 17 or newer and Maven, from the system's packages where they are missing.
set -eu
java_is_new_enough() {
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}
if command -v java >/dev/null && java_is_new_enough && command -v mvn >/dev/null; then
  exit 0
fi
line="apt-get update && apt-get install --yes --no-install-recommends openjdk-17-jre-headless maven"
if [ "$(id -u)" = 0 ]; then
  exec sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $line"
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  exec sudo sh -c "$line"
fi
echo "Java 17+ and Maven are needed; run as root: $line" >&2
exit 1
