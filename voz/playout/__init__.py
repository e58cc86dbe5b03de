"""What is played next: jitter buffer, its target, and speech made shorter or longer without being heard."""
