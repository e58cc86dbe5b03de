"""What keeps a call alive while its window is not in front: a foreground service that does nothing.

Android lets an application use the microphone in the background only while a service of the type
`microphone` shows its notification. The voice stays in the window's process; this one waits to be stopped.
"""

from threading import Event

if __name__ == "__main__":
    Event().wait()
