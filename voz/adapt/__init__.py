"""What is sent, by what the line and the machine can take: the ladder, congestion, complexity. Pure."""
