"""What a cluster on this machine needs: Java, and the packages of the extra `spark`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess  # nosec B404 # asks Java for its version alone
from collections.abc import Mapping
from pathlib import Path

from warehouse.spark.errors import CannotUseSparkError

# Spark 4 runs on no older one.
MIN_JAVA = 17
PACKAGES = ("pyspark", "pyhive", "dbt.adapters.spark")


def require_packages() -> None:
    """Look for the packages of the extra `spark`, without importing them.

    Raises:
        CannotUseSparkError: One is missing.
    """
    missing = [name for name in PACKAGES if not _is_installed(name)]
    if missing:
        raise CannotUseSparkError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed."
            " `make spark-setup` installs what Spark needs into .venv;"
            " elsewhere, `pip install --require-hashes --requirement requirements-spark.lock` does."
        )


def spark_home() -> Path:
    """Find the folder of Spark, which the package `pyspark` brings.

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
    """Find a Java that is new enough: the one of JAVA_HOME, or else of PATH.

    Raises:
        CannotUseSparkError: There is none, or it is too old.
    """
    home = environment.get("JAVA_HOME")
    java = shutil.which(
        "java", path=os.path.join(home, "bin") if home else environment.get("PATH", "")
    )
    advice = (
        f"Spark needs Java {MIN_JAVA} or newer; on Debian `apt-get install default-jre-headless`"
        " brings it. Where it is elsewhere, set JAVA_HOME to its folder."
    )
    if java is None:
        raise CannotUseSparkError(
            f"There is no java in {'JAVA_HOME' if home else 'PATH'}. {advice}"
        )
    run = subprocess.run(  # noqa: S603 (a program that was just found)  # nosec B603
        [java, "-version"], capture_output=True, text=True, check=False
    )
    version = re.search(r'version "(\d+)', run.stderr)
    if run.returncode != 0 or version is None:
        raise CannotUseSparkError(f"{java} does not tell its version. {advice}")
    if int(version[1]) < MIN_JAVA:
        raise CannotUseSparkError(f"{java} is of version {version[1]}. {advice}")
    return Path(java).resolve().parents[1]
