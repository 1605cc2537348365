"""What GitHub runs is what anyone can run here: make targets, and nothing beside them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(path: Path) -> list[dict[str, Any]]:
    """All steps of a workflow."""
    jobs = yaml.safe_load(path.read_text(encoding="utf8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_a_make_target(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    for command in commands:
        make, target, *settings = command.split()
        assert make == "make" and re.search(rf"^{target}:", makefile, re.M), command
        assert all(re.fullmatch(r"[A-Z_]+=\S+", setting) for setting in settings), command


def test_versions_and_systems_are_those_that_the_makefile_takes() -> None:
    source = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf8"))
    matrix = source["jobs"]["test"]["strategy"]["matrix"]
    asked = re.search(
        r"\(3, (\d+), \d+\) <= sys.version_info < \(3, (\d+)\)", (ROOT / "Makefile").read_text()
    )
    assert asked and matrix["python"] == [f"3.{minor}" for minor in range(int(asked[1]), int(asked[2]))]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}


def test_a_fork_publishes_itself() -> None:
    source = (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    assert config["repository"]["url"] not in source
    assert "github.repository }}" in source and "base_url }}" in source
