"""Care of a store: what is wrong with it, what can go, where its data came from, and moving it."""
