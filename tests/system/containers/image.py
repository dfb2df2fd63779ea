"""Parse the Dockerfile, the compose file and .dockerignore."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tests.support.harness import ROOT

SERVICES = ["api", "warehouse"]
# Services of the profile postgres that use the same image.
NODES = ["node-1", "node-2"]
LOADER = "loader"
SPARK = ["spark-build", "spark-thrift", "spark-worker-1", "spark-worker-2", "spark-master"]


@dataclass(frozen=True)
class Instruction:
    """An instruction of the Dockerfile, such as `ENV`, and its arguments."""

    name: str
    rest: str


@cache
def stages() -> dict[str, list[Instruction]]:
    """Read the Dockerfile's stages by name, without comments and with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: dict[str, list[Instruction]] = {}
    for line in filter(str.strip, lines):
        instruction = Instruction(*line.split(maxsplit=1))
        if instruction.name == "FROM":
            source, _, name = instruction.rest.partition(" AS ")
            found[name] = []
            instruction = Instruction("FROM", source)
        found[name].append(instruction)
    return found


def dockerfile() -> list[Instruction]:
    """Return the instructions of the image of all services except Spark's."""
    return stages()["base"]


def instructions(name: str) -> list[str]:
    return [instruction.rest for instruction in dockerfile() if instruction.name == name]


def instruction(name: str) -> str:
    (rest,) = instructions(name)
    return rest


def image_environment() -> dict[str, str]:
    words = shlex.split(instruction("ENV"))
    return dict(word.split("=", maxsplit=1) for word in words)


@cache
def compose() -> dict[str, Any]:
    """Read the compose file with resolved anchors."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def command(service: str) -> list[str]:
    """Return the command of a service or of its image."""
    words: list[str] = compose()["services"][service].get("command") or json.loads(
        instruction("CMD")
    )
    return words


def healthcheck(service: str) -> list[str]:
    """Return the health check of a service or of its image."""
    own = compose()["services"][service].get("healthcheck")
    test: list[str] = (
        own["test"]
        if own
        else ["CMD", *json.loads(instruction("HEALTHCHECK").partition(" CMD ")[2])]
    )
    assert test[0] == "CMD"
    return test[1:]


def service_environment(service: str, shell: dict[str, str]) -> dict[str, str]:
    """Return the environment of a service for a shell with these variables."""
    environment = image_environment()
    for name, text in compose()["services"][service]["environment"].items():
        if text is not None:
            environment[name] = interpolated(str(text), shell)
        elif name in shell:
            environment[name] = shell[name]
    return environment


def interpolated(text: str, shell: dict[str, str]) -> str:
    """Interpolate a shell's variables and the defaults."""
    return re.sub(r"\$\{(\w+):-(.*?)\}", lambda m: shell.get(m[1]) or m[2], text)


def is_ignored(path: PurePosixPath) -> bool:
    """Return whether .dockerignore excludes a path; the last matching pattern decides."""
    ignored = False
    text = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            if any(re.fullmatch(pattern, str(part)) for part in [path, *path.parents[:-1]]):
                ignored = not line.startswith("!")
    return ignored


def copy_image_to(root: Path) -> None:
    """Copy the files that `COPY . .` copies."""
    assert instructions("COPY")[-1] == ". ."
    for folder, folders, files in os.walk(ROOT):
        within = PurePosixPath(os.path.relpath(folder, ROOT))
        folders[:] = [name for name in folders if name not in (".git", ".venv")]
        for name in files:
            if not is_ignored(within / name):
                (root / within).mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(folder, name), root / within)
