"""What was acknowledged is never lost: the durable log, its drain to PostgreSQL, and recovery."""
