"""Fonts, sounds and pictures of the client, with their licences."""
