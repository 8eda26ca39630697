"""How people are told: what the charter says of it, when messages leave, and what one message says of several acts."""
