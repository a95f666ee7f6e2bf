"""A real Kubernetes API server on etcd: admission and storage as they are, but no kubelet, so that no pod runs."""

import hashlib
import json
import re
import ssl
import subprocess
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any, Self

from rig.fetched import kept, run
from rig.helm import kubectl
from rig.process import ServerProcess, free_ports, wait_until
from rig.prometheus import program

_SOURCES = Path(__file__).with_name("go") / "kube-apiserver"
_TOKEN = "admin-of-the-tests"  # noqa: S105  # of a server on loopback that lives as long as a test


@cache
def _server() -> Path:
    text = b"".join((_SOURCES / name).read_bytes() for name in ("go.mod", "go.sum", "main.go"))
    return kept(f"kube-apiserver-{hashlib.sha256(text).hexdigest()[:12]}", _build) / "kube-apiserver"


def _build(folder: Path) -> None:
    (version,) = re.findall(r"k8s.io/kubernetes (v\S+)", (_SOURCES / "go.mod").read_text())
    flags = f"-s -w -X k8s.io/component-base/version.gitVersion={version}"
    program_file = folder / "kube-apiserver"
    run([program("go"), "build", "-p", "2", "-ldflags", flags, "-o", program_file, "."], cwd=_SOURCES)


class ApiServer:
    """Enter it to start both; `kubeconfig` is for helm and kubectl."""

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self.kubeconfig = work_dir / "kubeconfig"
        etcd, peer, self._port = free_ports(3)
        at, between = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}"
        self._etcd = ServerProcess(
            "etcd",
            [program("etcd"), f"--data-dir={work_dir / 'etcd'}", f"--listen-client-urls={at}",
             f"--advertise-client-urls={at}", f"--listen-peer-urls={between}",
             f"--initial-advertise-peer-urls={between}", f"--initial-cluster=default={between}"],
            log=work_dir / "etcd.log",
        )  # fmt: skip
        self._api = ServerProcess(
            "kube-apiserver",
            [str(_server()), f"--etcd-servers={at}", f"--secure-port={self._port}", "--bind-address=127.0.0.1",
             f"--cert-dir={work_dir / 'certificates'}", f"--service-account-key-file={work_dir / 'key'}",
             f"--service-account-signing-key-file={work_dir / 'key'}",
             "--service-account-issuer=https://kubernetes.example", f"--token-auth-file={work_dir / 'tokens'}",
             # What frees a deleted claim is a controller, and none runs here.
             "--disable-admission-plugins=StorageObjectInUseProtection",
             "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24"],
            log=work_dir / "api.log",
        )  # fmt: skip

    def __enter__(self) -> Self:
        run(["openssl", "genrsa", "-out", self._work_dir / "key", "2048"], cwd=self._work_dir)
        (self._work_dir / "tokens").write_text(f"{_TOKEN},admin,admin,system:masters\n")
        self.kubeconfig.write_text(json.dumps(self._access()))
        try:
            self._etcd.start()
            self._api.start()
            wait_until(self._is_ready, seconds=120, what="the API server is ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._api.kill()
        self._etcd.kill()

    def _access(self) -> dict[str, Any]:
        cluster = {"server": f"https://127.0.0.1:{self._port}", "insecure-skip-tls-verify": True}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": _TOKEN}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
        }

    def _is_ready(self) -> bool:
        for process in (self._etcd, self._api):
            process.check_running()
        # Its certificate is its own, made at the start.
        unchecked = ssl._create_unverified_context()  # noqa: S323  # as said
        request = urllib.request.Request(
            f"https://127.0.0.1:{self._port}/readyz", headers={"Authorization": f"Bearer {_TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5, context=unchecked) as answer:
                return answer.status == 200
        except OSError:
            return False

    def call(self, tool: Path, *arguments: str | Path, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """A command of helm or kubectl on this server."""
        return subprocess.run(
            [str(tool), "--kubeconfig", str(self.kubeconfig), *map(str, arguments)],
            input=stdin, check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def kubectl(self, *arguments: str | Path, stdin: str = "") -> str:
        """The output of kubectl, which must succeed without a warning."""
        done = self.call(kubectl(), *arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), f"{arguments}: {done.stderr}{done.stdout}"
        return done.stdout
