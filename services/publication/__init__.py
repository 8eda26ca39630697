"""What a convention shows to everybody: one edition, from which pages, feeds and open data are all made."""
