"""The entry point of `sala-cli`: what is typed before the program is loaded ends it without a word."""

import signal


def main() -> int:
    """Load the terminal client and run it; Ctrl-C while it loads ends it as the shell expects."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from kivy_client.cli import main as run

    return run()
