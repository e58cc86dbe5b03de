"""The client of Sala de Conversa: the session without a face, the terminal and the window."""
