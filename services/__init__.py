"""Use cases: one door for commands, the reactions of the stages, and what people and processes ask."""
