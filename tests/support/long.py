"""Whether tests run in their long form (`make soak`)."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("LONG") == "1"
