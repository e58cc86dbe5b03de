"""The entry point that python-for-android looks for."""

from kivy_client.app import main

main([])
