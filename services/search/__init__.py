"""Full-text search over actions, decisions and the names of attached files: the same words, results and order on SQLite and PostgreSQL."""
