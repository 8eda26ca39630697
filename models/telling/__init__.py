"""How people are told: what the charter says of their messages, when they leave, and what one message says of several acts."""
