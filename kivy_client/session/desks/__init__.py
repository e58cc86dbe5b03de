"""The desks where a person's commands come in; each answers at once, and none raises because of what a person
did.
"""
