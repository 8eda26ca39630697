"""Who is told what, in which words, and how it leaves: values in, values out; nothing here knows the database nor the rules."""
