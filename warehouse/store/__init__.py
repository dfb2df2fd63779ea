"""The operational store: accounts, balances, idempotency keys and events."""
