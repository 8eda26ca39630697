"""What is true: the rules as pure functions, the tables, the migrations."""
