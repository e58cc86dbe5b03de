"""What an operator does to a registry and sees of it: commands, copies, checks, bans and the overview."""
