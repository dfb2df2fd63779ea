"""Operations of the store and the warehouse: backup, restore, verify, adopt, prune, compact."""
