"""The endpoints, one resource per module. They use HTTP and the store's interface, not SQL."""
