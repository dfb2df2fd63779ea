"""The endpoints, one resource per module. They know HTTP and the store's interface, not SQL."""
