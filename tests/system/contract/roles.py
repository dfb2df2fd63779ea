"""Role names for the test harness and the Schemathesis checks.

This module is separate, so that collecting the tests does not import Schemathesis.
"""

from __future__ import annotations

PLAYER, OPERATOR, NOBODY = "player", "operator", "nobody"

# Environment variables of the checks: the sender of the requests.
ROLE_VARIABLE = "CONTRACT_ROLE"
USER_ID_VARIABLE = "CONTRACT_USER_ID"

# The operations that need a token, by who may call them.
FOR_PLAYERS = {"POST /earn", "POST /spend", "POST /event", "POST /events", "GET /balance"}
FOR_PLAYERS |= {"POST /token", "POST /password", "DELETE /account", "GET /account/export"}
FOR_OPERATORS = {"GET /reports/", "GET /reports/{path}"}
FOR_BOTH = {"GET /events", "GET /stats", "POST /logout"}
# The operation that needs the secret of AppsFlyer. In the contract tests, the operator has it.
FOR_APPSFLYER = {"POST /postbacks/appsflyer"}
