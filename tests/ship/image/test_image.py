"""The image as it runs: a numeric user, a root that cannot be written to, no capability and no network."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import REVISION
from kafka_mirror_exporter import __version__

from rig.container import Container
from rig.containers import base_image, done, inspect, run
from rig.process import wait_until

_SERVE = ("serve", "--source", "127.0.0.1:1", "--target", "127.0.0.1:2")
_WRITE = "import sys; open(sys.argv[1], 'w').write('x')"


@pytest.fixture(scope="module")
def demo(image: str) -> Iterator[Container]:
    with Container(image, "demo", "--rate", "50") as container:
        container.wait_healthy()
        yield container


def test_the_demo_measures_a_mirror_in_it(demo: Container) -> None:
    wait_until(
        lambda: "\nkafka_mirror_drift_seconds{" in demo.get("/metrics"),
        seconds=60,
        what="a drift is measured",
    )

    ups = [line for line in demo.get("/metrics").splitlines() if line.startswith("kafka_mirror_cluster_up{")]
    (mirror,) = json.loads(demo.get("/api/v1/mirrors"))["mirrors"]

    assert [line.split()[-1] for line in ups] == ["1.0", "1.0"]
    assert mirror["source"] == "legacy"


def test_it_says_which_version_and_which_revision_it_is(demo: Container) -> None:
    (line,) = [
        line
        for line in demo.get("/metrics").splitlines()
        if line.startswith("kafka_mirror_exporter_build_info{")
    ]

    assert f'version="{__version__}"' in line
    assert f'revision="{REVISION}"' in line


def test_it_runs_as_a_number_that_is_nobody(demo: Container) -> None:
    said = demo.python("import os; print(os.getuid(), os.getgid())")

    assert said == "65532 65532"


@pytest.mark.parametrize(
    "path", ["/etc/x", "/run/x", "/opt/kafka-mirror-exporter/x", "/var/lib/kafka-mirror-exporter/x"]
)
def test_nothing_of_its_root_can_be_written_to(demo: Container, path: str) -> None:
    refused = run("podman", "exec", demo.name, "python3", "-c", _WRITE, path)

    assert refused.returncode == 1
    assert "Read-only file system" in refused.stderr


def test_it_has_no_capability_and_gets_none(demo: Container) -> None:
    status = demo.python("print(open('/proc/1/status').read())")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"


def test_code_is_owned_by_root_and_the_state_folder_by_the_user(image: str) -> None:
    program = (
        "import os, pathlib\n"
        "home = pathlib.Path('/opt/kafka-mirror-exporter')\n"
        "print({(p.lstat().st_uid, p.lstat().st_mode & 0o022 * (not p.is_symlink())) for p in [home, *home.rglob('*')]})\n"
        "print(os.stat('/var/lib/kafka-mirror-exporter').st_uid)"
    )

    said = done("podman", "run", "--rm", "--network=none", "--entrypoint=python3", image, "-c", program)

    assert said.splitlines() == ["{(0, 0)}", "65532"]


def test_every_library_can_be_listed_and_nothing_can_install_more(image: str) -> None:
    program = (
        "import importlib.metadata as m, json, re\n"
        "print(json.dumps(sorted(re.sub('[-_.]+', '-', d.name).lower() + '==' + d.version for d in m.distributions())))"
    )
    requirements = (Path(__file__).parents[3] / "requirements.txt").read_text().splitlines()
    locked = {line.split()[0] for line in requirements if "==" in line and "sys_platform ==" not in line}

    said = done("podman", "run", "--rm", "--network=none", "--entrypoint=python3", image, "-c", program)

    assert set(json.loads(said)) == locked | {f"kafka-mirror-exporter=={__version__}"}


def test_what_the_base_installs_with_is_gone(image: str) -> None:
    program = (
        "import pathlib; print([str(p) for p in pathlib.Path('/usr/local').rglob('*') if 'pip' in p.name])"
    )
    command = ("podman", "run", "--rm", "--network=none", "--entrypoint=python3")

    assert "/usr/local/bin/pip3" in done(*command, base_image(), "-c", program)
    assert done(*command, image, "-c", program) == "[]"


def test_it_ends_gracefully_when_it_is_told_to(image: str) -> None:
    with Container(image, *_SERVE) as container:
        container.wait_healthy()
        began = time.monotonic()

        assert container.stop() == 0
        assert time.monotonic() - began < 8
        assert "Traceback" not in container.logs()


def test_it_is_unhealthy_where_nobody_answers(image: str) -> None:
    with Container(image, *_SERVE, "--web.listen-address", "127.0.0.1:10016") as container:
        wait_until(lambda: "listening on port 10016" in container.logs(), seconds=30, what="it listens")

        assert not container.is_healthy()


def test_a_faulty_configuration_is_told_and_ends_it(image: str) -> None:
    refused = run("podman", "run", "--rm", "--network=none", image)

    assert refused.returncode == 2
    assert "/etc/kafka-mirror-exporter/config.yaml" in refused.stderr


def test_its_state_outlives_it_on_a_volume(image: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "mirrors:\n"
        "  - source: {alias: legacy, bootstrap_servers: '127.0.0.1:1'}\n"
        "    target: {alias: modern, bootstrap_servers: '127.0.0.1:2'}\n"
        "    tool: mirrormaker2\n"
        "state_file: /var/lib/kafka-mirror-exporter/state.json\n"
        "fallback: {enabled: true}\n"
    )
    config.chmod(0o644)
    volume = done("podman", "volume", "create")
    on_volume = ["--network=none", f"--volume={volume}:/var/lib/kafka-mirror-exporter"]
    options = [*on_volume, f"--volume={config}:/etc/kafka-mirror-exporter/config.yaml:ro"]
    try:
        with Container(image, options=options) as first:
            first.wait_healthy()
            assert first.stop() == 0
        program = "import os; print(open('state.json').read(), os.stat('state.json').st_uid)"
        kept = done("podman", "run", "--rm", *on_volume, "--entrypoint=python3", image, "-c", program)
        with Container(image, options=options) as second:
            second.wait_healthy()
    finally:
        run("podman", "volume", "rm", "--force", volume)

    assert kept.endswith(" 65532")
    assert json.loads(kept.removesuffix(" 65532"))


def test_its_size_is_that_of_the_base_and_little_more(
    image: str, figure: Callable[[str, object], None]
) -> None:
    size, base = inspect(image)["Size"] / 1e6, inspect(base_image())["Size"] / 1e6

    figure("image, of which its base", f"{size:.0f} MB, {base:.0f} MB")

    assert size - base < 70
