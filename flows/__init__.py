"""Prefect: when the services run and in what order. What they do is written in ``services``."""
