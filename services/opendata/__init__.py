"""Open data: what is public of a convention, as files that other programs read, with what describes them."""
