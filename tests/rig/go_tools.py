"""Tools that are built with Go, at a fixed version, once on a machine."""

from pathlib import Path

from rig.fetched import kept, run
from rig.prometheus import program


def go_tool(module: str, version: str) -> Path:
    """The program that a main package becomes; built at the first call."""
    name = module.rsplit("/", 1)[-1]
    install = [program("go"), "install", f"{module}@{version}"]
    folder = kept(
        f"{name}-{version}", lambda made: run(install, cwd=made, env={"GOBIN": str(made)}), kind="go"
    )
    return folder / name
