"""The workflows of GitHub Actions: linted, and asking for nothing that the checkout does not have."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rig.go_tools import go_tool
from rig.page_commands import check_make
from rig.pages import ROOT
from rig.pythons import SUPPORTED

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
CONTENT: dict[str, dict[str, Any]] = {file.stem: yaml.safe_load(file.read_text()) for file in WORKFLOWS}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for workflow, content in CONTENT.items():
        for name, job in content["jobs"].items():
            yield f"{workflow}/{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job.get("steps", ()):
            yield name, step


def actionlint(file: Path) -> subprocess.CompletedProcess[str]:
    tool = go_tool("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")
    return subprocess.run([tool, "-no-color", str(file)], check=False, capture_output=True, text=True)


def zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [tool, "--offline", "--no-progress", "--config", GITHUB / "zizmor.yml", *files],
        check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_there_are_workflows() -> None:
    assert set(CONTENT) == {"ci", "release"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actionlint_finds_nothing(file: Path) -> None:
    assert actionlint(file).stdout == ""


def test_zizmor_finds_nothing() -> None:
    linted = zizmor(*WORKFLOWS)

    assert linted.returncode == 0, linted.stdout
    assert "No findings to report" in linted.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-24.40"),
        ("needs: gate", "needs: gates"),
        ("steps.push.outputs.digest", "steps.pushed.outputs.digest"),
    ],
)
def test_a_planted_fault_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    spoilt = tmp_path / "release.yml"
    spoilt.write_text((GITHUB / "workflows" / "release.yml").read_text().replace(right, wrong))

    assert actionlint(spoilt).returncode != 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("actions/checkout@v5", "somebody/checkout@v5"),
        ("secrets.GITHUB_TOKEN", "toJSON(secrets)"),
        ("run: |", "run: |\n          echo ${{ github.event.head_commit.message }}"),
    ],
)
def test_a_planted_weakness_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    spoilt = tmp_path / "release.yml"
    spoilt.write_text((GITHUB / "workflows" / "release.yml").read_text().replace(right, wrong))

    assert zizmor(spoilt).returncode != 0


def test_every_job_has_a_limit_and_rights_of_its_own() -> None:
    for name, job in jobs():
        assert "permissions" in job, name
        assert "timeout-minutes" in job or "uses" in job, name
        assert "write-all" not in str(job["permissions"]), name
    assert all(content["permissions"] == {} for content in CONTENT.values())


def test_every_action_is_named_with_a_version() -> None:
    used = {step["uses"] for _, step in steps() if "uses" in step}

    assert used
    assert [name for name in used if not re.search(r"@(v\d+|release/v\d+|[0-9a-f]{40})$", name)] == []


def test_the_matrix_is_the_supported_pythons() -> None:
    assert tuple(CONTENT["ci"]["jobs"]["unit"]["strategy"]["matrix"]["python"]) == SUPPORTED


def test_what_is_run_exists() -> None:
    ran = [line.strip() for _, step in steps() for line in step.get("run", "").splitlines()]
    for line in ran:
        if line.startswith("make "):
            check_make(line.split()[1:])
        for path in re.findall(r"(?:\.ci|exporter|tests)/[\w/.]+", line):
            assert (ROOT / path).exists(), line
    assert {"make check", ".ci/run"} <= set(ran)


def test_a_release_waits_for_the_whole_gate_and_proves_where_it_comes_from() -> None:
    release = CONTENT["release"]["jobs"]
    gate = release["gate"]["uses"]
    attested = {name for name, step in steps() if "attest-build-provenance" in step.get("uses", "")}
    (pushed,) = [
        step["with"] for name, step in steps() if name == "release/image" and step.get("id") == "push"
    ]

    assert gate == "./.github/workflows/ci.yml"
    assert all("gate" in release[name]["needs"] for name in ("package", "image"))
    assert attested == {"release/package", "release/image"}
    assert (pushed["sbom"], pushed["provenance"]) == (True, "mode=max")
    assert pushed["platforms"] == "linux/amd64,linux/arm64"


def test_no_secret_is_needed_but_the_runs_own() -> None:
    text = "".join(file.read_text() for file in WORKFLOWS)

    assert set(re.findall(r"secrets\.(\w+)", text)) == {"GITHUB_TOKEN"}
