"""The registry of Sala de Conversa: who is registered, who calls whom, and the relay's credentials."""
