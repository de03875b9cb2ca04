"""The user's warehouse: its tables in, as Arrow."""
