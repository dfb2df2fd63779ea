"""Who sends requests, as the harness and the checks that Schemathesis loads both call them.

Apart from both, since whoever collects tests would import Schemathesis otherwise.
"""

from __future__ import annotations

PLAYER, OPERATOR, NOBODY = "player", "operator", "nobody"

# In the environment of the checks: whose requests they look at.
ROLE_VARIABLE = "CONTRACT_ROLE"
USER_ID_VARIABLE = "CONTRACT_USER_ID"
