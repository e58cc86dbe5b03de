"""What both sides tell each other and people about a call: RTCP, its figures, warnings and diagnosis."""
