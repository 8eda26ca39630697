"""A convention lived in virtual time: persons made up, what they do drawn by chance, everything else real."""
