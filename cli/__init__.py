"""The ``passerelle`` command."""
