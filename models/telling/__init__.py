"""How people are told: what the charter says of their messages."""
