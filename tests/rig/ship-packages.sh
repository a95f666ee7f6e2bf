#!/bin/sh
# What the tests of the image, the chart, the documentation and the release need besides what `make test` needs.
set -eu
. "$(dirname "$0")/missing-packages.sh"
missing=
for tool in buildah podman runc mmdebstrap; do
  has "$tool" || missing="$missing $tool"
done
has etcd || missing="$missing etcd-server"
install_missing "$missing" "Missing:$missing"
