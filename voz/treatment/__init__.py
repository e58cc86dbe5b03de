"""What is done to the microphone's sound: echo, noise and level."""
