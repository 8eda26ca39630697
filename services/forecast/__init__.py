"""What is to come: the real services on a scratch copy of the database, in virtual time, where nobody acts but for what is assumed."""
