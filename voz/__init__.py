"""The voice engine of Sala de Conversa: from the microphone to the datagram and back."""
