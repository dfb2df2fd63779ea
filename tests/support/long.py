"""Whether tests run in their long form (`make soak`) or in the one of every day."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("LONG") == "1"
