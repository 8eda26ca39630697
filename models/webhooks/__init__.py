"""Webhooks: what is posted, how it is signed, and when it is tried again. Pure rules."""
