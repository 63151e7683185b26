"""Score: tasks that grade predictions shard by shard."""
