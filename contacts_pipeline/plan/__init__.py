"""What to do about it: unique contacts and the ledger in, the plan of each location out."""
