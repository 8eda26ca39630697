"""How people are told: what the charter says of it, when messages leave, and what becomes of them; rules as pure functions."""
