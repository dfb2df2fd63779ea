"""What the tests of faults do to the machine: full disks, read-only ones, damaged files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.left_out import leave_out

FILLING = "filling"


def need_root() -> None:
    """Leave a test out that mounts file systems, or acts as another user."""
    if os.geteuid() != 0:
        leave_out("this test mounts file systems or acts as another user, which takes root")


@dataclass(frozen=True)
class Disk:
    """A small file system."""

    path: Path

    def fill(self, leave_bytes: int = 0) -> None:
        """Write until no space, or this much, is left."""
        with (self.path / FILLING).open("ab", buffering=0) as file, suppress(OSError):
            while (free := self._free_bytes()) > leave_bytes:
                file.write(b"x" * (free - leave_bytes))

    def _free_bytes(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def free(self) -> None:
        (self.path / FILLING).unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Mount a disk of this size."""
    need_root()
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    options = ["-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", *options], check=False, capture_output=True, text=True
    )
    if mounted.returncode != 0:
        folder.rmdir()
        leave_out(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def read_only(disk: Disk) -> Iterator[None]:
    """Prevent all processes from opening a file of a disk for writing in the block.

    Linux makes no file system read-only while a file is open for writing; a second mount in its
    place can be.
    """
    bound = ["mount", "--bind", str(disk.path), str(disk.path)]
    subprocess.run(bound, check=True)
    try:
        remount = ["mount", "-o", "remount,bind,ro", str(disk.path)]
        subprocess.run(remount, check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(disk.path)], check=True)


def flip(path: Path, start: int, count: int = 64) -> None:
    """Flip all bits of some bytes of a file."""
    with path.open("r+b") as file:
        file.seek(start)
        content = file.read(count)
        file.seek(start)
        file.write(bytes(byte ^ 0xFF for byte in content))
