"""How people are told: the rules, as pure functions."""
