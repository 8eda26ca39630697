"""The JSON API: the same commands and reads as the pages, for programs."""
