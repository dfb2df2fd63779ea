"""Checks the requirements of a cluster: Java, and the packages of the extra `spark`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess  # nosec B404 # asks Java for its version alone
from collections.abc import Mapping
from pathlib import Path

from warehouse.spark.errors import CannotUseSparkError

# Spark 4 requires it.
MIN_JAVA = 17
PACKAGES = ("pyspark", "pyhive", "dbt.adapters.spark")


def require_packages() -> None:
    """Check that the packages of the extra `spark` are installed, without importing them.

    Raises:
        CannotUseSparkError: One is missing.
    """
    missing = [name for name in PACKAGES if not _is_installed(name)]
    if missing:
        raise CannotUseSparkError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed."
            " Run `make spark-setup`, or outside of .venv"
            " `pip install --require-hashes --requirement requirements-spark.lock`."
        )


def spark_home() -> Path:
    """Return the folder of Spark in the package `pyspark`.

    Raises:
        CannotUseSparkError: A package of the extra `spark` is missing.
    """
    require_packages()
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise CannotUseSparkError("pyspark is installed without its files. Install it again.")
    return Path(spec.submodule_search_locations[0])


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False


def java_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the home of Java, from JAVA_HOME or else from PATH.

    Raises:
        CannotUseSparkError: Java is missing or too old.
    """
    home = environment.get("JAVA_HOME")
    java = shutil.which(
        "java", path=os.path.join(home, "bin") if home else environment.get("PATH", "")
    )
    advice = (
        f"Spark needs Java {MIN_JAVA} or newer. Install it, on Debian with `apt-get install"
        " default-jre-headless`, or set JAVA_HOME to its folder."
    )
    if java is None:
        raise CannotUseSparkError(f"Found no java in {'JAVA_HOME' if home else 'PATH'}. {advice}")
    run = subprocess.run(  # noqa: S603 (a program that was just found)  # nosec B603
        [java, "-version"], capture_output=True, text=True, check=False
    )
    version = re.search(r'version "(\d+)', run.stderr)
    if run.returncode != 0 or version is None:
        raise CannotUseSparkError(f"{java} does not report its version. {advice}")
    if int(version[1]) < MIN_JAVA:
        raise CannotUseSparkError(f"{java} has version {version[1]}. {advice}")
    return Path(java).resolve().parents[1]
