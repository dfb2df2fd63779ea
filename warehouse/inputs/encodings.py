"""Makes a CSV file readable for engines, which read UTF-8 alone with the same care."""

from __future__ import annotations

import codecs
import csv
import json
import os
from functools import cache
from pathlib import Path

from warehouse.atomic_write import atomic_write
from warehouse.inputs.landing import file_facts

BLOCK_CHARACTERS = 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def utf8_csv(path: str, encoding: str) -> str:
    """Find a UTF-8 version of a CSV file, and its delimiter.

    A file in another encoding is copied to `target/inputs`, under its own path.

    Args:
        path: The file.
        encoding: Its encoding; blank for UTF-16 if the file begins with its mark, else UTF-8.

    Returns:
        A JSON object: `path`, the file or its copy; `delimiter`, the one of the first line; and
        `fault`, what is wrong, as the rest of a sentence that begins with the file name.
    """
    try:
        readable = _readable(path, encoding, file_facts(path))
        return json.dumps({"path": readable, "delimiter": _delimiter(readable), "fault": ""})
    except UnicodeError as error:
        fault = f"is not {encoding or 'utf-16'} text: {error}. Name its encoding in var inputs."
    except OSError as error:
        fault = f"cannot be read: {error.strerror or error}. Correct that, and run again."
    return json.dumps({"path": path, "delimiter": ",", "fault": fault})


@cache
def _readable(path: str, encoding: str, facts: str) -> str:  # noqa: ARG001 (part of the cache key)
    with Path(path).open("rb") as file:
        if file.read(2) in UTF16_MARKS:
            encoding = "utf-16"
    if encoding in ("", "utf-8"):
        return path
    target = Path(os.environ.get("DBT_TARGET_PATH", "target")).resolve()
    copy = target / "inputs" / path.lstrip("/")
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (
        atomic_write(copy) as draft,
        Path(path).open(encoding=encoding, newline="") as source,
        draft.open("w", encoding="utf-8", newline="") as written,
    ):
        while text := source.read(BLOCK_CHARACTERS):
            written.write(text)
    return str(copy)


def _delimiter(path: str) -> str:
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        line = file.readline(BLOCK_CHARACTERS)
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))
