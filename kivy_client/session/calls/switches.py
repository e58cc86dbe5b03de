"""The switches of a call: mute, push-to-talk, how loud the other side is."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kivy_client.session.calls.call import Call

MOST_GAIN = 20.0


class Switches:
    """What the person set, applied to the voice as soon as there is one that listens."""

    def __init__(self, call: "Call") -> None:
        self._call = call

    def mute(self, on: bool) -> None:
        """Let nothing of the microphone out."""
        self._call.show(muted=on)
        self.apply()

    def press(self, pressed: bool) -> None:
        """The talk key."""
        self._call.show(pressed=pressed)
        self.apply()

    def volume(self, decibels: float) -> None:
        """How much louder the other side is heard."""
        self._call.show(gain_db=max(-MOST_GAIN, min(MOST_GAIN, decibels)))
        self.apply()

    def apply(self) -> None:
        """Tell the voice."""
        voice, view = self._call.voice, self._call.view
        if voice is not None:
            voice.mute(view.muted)
            voice.volume(view.gain_db)
            if view.push_to_talk:
                voice.talk(view.pressed)
