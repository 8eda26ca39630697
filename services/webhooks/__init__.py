"""Webhooks: programs that are told of events, by posts that are signed, tried again and logged."""
