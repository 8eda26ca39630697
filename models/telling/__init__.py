"""When somebody is told what can wait, and what one message says of several acts: rules as pure functions."""
