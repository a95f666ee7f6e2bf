"""The command line: statuses, one line a fault, and nothing that is secret."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PLANTED = "s3cr3t-planted"
VALID = 'mirrors: [{source: {bootstrap_servers: "a:1"%s}, target: {bootstrap_servers: "b:1"}}]\n'


def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kafka_mirror_exporter", *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def check(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "mirror.yaml"
    file.write_text(text)
    ended = run("config", "check", str(file))
    ended.stderr = ended.stderr.replace(str(file), "mirror.yaml")
    return ended


def test_ten_faults_are_ten_lines_and_status_2() -> None:
    path = HERE / "bad" / "ten_faults.yaml"
    ended = run("config", "check", "--config.file", str(path))

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 10
    assert all(line.startswith(f"{path}:") for line in ended.stderr.splitlines())
    assert ended.stdout == ""


def test_a_good_file_is_status_0_and_its_warnings_go_to_stderr() -> None:
    ended = run("config", "check", str(HERE / "whole.yaml"))

    assert (ended.returncode, ended.stdout) == (0, f"{HERE / 'whole.yaml'}: in order\n")
    assert ended.stderr.startswith("warning: mirrors[0].thresholds.topics[0].drift: 5 s")
    assert (HERE / "secret.txt").read_text().strip() not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "name", ["secret_in_the_wrong_form", "secret_that_looks_like_a_tag", "secret_that_looks_like_an_alias"]
)
def test_a_secret_in_the_wrong_place_is_not_shown(name: str) -> None:
    path = HERE / "bad" / f"{name}.yaml"
    assert PLANTED in path.read_text()
    ended = run("config", "check", str(path))

    assert ended.returncode == 2
    assert PLANTED not in ended.stdout + ended.stderr


def test_what_librdkafka_refuses_is_told_with_its_line_and_without_its_value(tmp_path: Path) -> None:
    (tmp_path / "planted").write_text(PLANTED)
    client = (
        ",\n client: {no.such.property: 1,\n  security.protocol: s3cr3t-planted,\n  ssl.curves.list: s3cr3t-planted},"
        "\n client_secrets: {security.protokol: {file: planted},\n  broker.address.family: {file: planted}}"
    )
    ended = check(tmp_path, VALID % client)

    assert ended.returncode == 2
    assert PLANTED not in ended.stderr
    assert [line.partition("]: ")[0].partition(": ")[0] for line in ended.stderr.splitlines()][:2] == [
        "mirror.yaml:2",
        "mirror.yaml:3",
    ]
    assert (
        'mirror.yaml:3: mirrors[0].source.client["security.protocol"]: has a value that librdkafka does not take'
        in ended.stderr
    )
    assert 'mirror.yaml:5: mirrors[0].source.client_secrets["security.protokol"]: No such' in ended.stderr
    assert 'mirror.yaml:6: mirrors[0].source.client_secrets["broker.address.family"]: has' in ended.stderr


def test_what_only_librdkafka_and_the_disk_can_tell_is_told_together_with_everything_else(
    tmp_path: Path,
) -> None:
    client = (
        ",\n client: {no.such.property: 1, group.id: x},\n client_secrets: {sasl.password: {file: nowhere}}"
    )
    ended = check(tmp_path, VALID % client + "\nmirrorz: []\n")

    places = [line.partition(": ")[2].partition(": ")[0] for line in ended.stderr.splitlines()]
    assert sorted(places) == [
        'mirrors[0].source.client["group.id"]',
        'mirrors[0].source.client["no.such.property"]',
        'mirrors[0].source.client_secrets["sasl.password"]',
        "mirrorz",
    ]


def test_a_secret_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    secrets = ",\n client_secrets: {sasl.password: {env: KME_TEST_NOT_SET},\n  ssl.key.pem: {file: nowhere}}"
    ended = check(tmp_path, VALID % secrets)

    assert ended.stderr.splitlines() == [
        'mirror.yaml:2: mirrors[0].source.client_secrets["sasl.password"]: the environment variable KME_TEST_NOT_SET is not set',
        f'mirror.yaml:3: mirrors[0].source.client_secrets["ssl.key.pem"]: the file {tmp_path / "nowhere"} cannot be read: No such file or directory',
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve"],
        ["serve", "--log.level", "loud", "--source", "a:1", "--target", "b:1"],
        ["check", "--source", "a:1"],
        ["check", "--config.file", "x.yaml", "--source", "a:1", "--target", "b:1"],
        ["check", "--config.file", "x.yaml"],
        ["check", "--samples", "x"],
        ["config", "check"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2_and_one_line(arguments: list[str]) -> None:
    ended = run(*arguments)

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_schema_version_and_help_are_printed() -> None:
    assert '"$schema"' in run("config", "schema").stdout
    assert "kafka-mirror-exporter" in run("--version").stdout
    assert all(name in run("--help").stdout for name in ("serve", "check", "config", "demo"))


@pytest.mark.parametrize("arguments", [["config", "schema"], ["--version"]], ids=" ".join)
def test_an_output_that_nobody_reads_is_an_interruption_and_no_finding(arguments: list[str]) -> None:
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    assert reader.stdin is not None
    with reader.stdin as pipe:
        ended = run(*arguments, stdout=pipe.fileno())

    assert (ended.returncode, ended.stderr) == (130, "")


def test_an_output_that_cannot_be_written_is_an_internal_error_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = run("config", "schema", stdout=full.fileno())

    assert ended.returncode == 4
    assert ended.stderr.splitlines() == [
        "internal error: OSError: [Errno 28] No space left on device; --log.level debug tells more"
    ]
