"""What must outlive the process: who owns which name, bans, invitations, missed calls."""
