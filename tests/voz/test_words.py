"""The list of words: 256, plain, and far apart by eye and by ear."""

import re
from itertools import combinations

from twisted.trial.unittest import SynchronousTestCase

from voz.words import WORDS, words_of

#: How Brazilian Portuguese sounds, roughly: (written, spoken), applied in this order.
SOUNDS = (
    ("nh", "ñ"),
    ("lh", "λ"),
    ("ch", "x"),
    ("qu", "k"),
    ("gu(?=[ei])", "G"),
    ("c(?=[ei])", "s"),
    ("g(?=[ei])", "j"),
    ("G", "g"),
    ("c", "k"),
    ("(?<=[aeiou])s(?=[aeiou])", "z"),
    ("rr|^r", "R"),
    ("ss|z", "s"),
    ("o$", "u"),
    ("e$", "i"),
    ("h", ""),
    ("l(?=[^aeiou]|$)", "u"),
    ("m(?=[^aeiou]|$)", "n"),
)


def heard(word: str) -> str:
    """Return the word as it sounds, one letter a sound."""
    for written, spoken in SOUNDS:
        word = re.sub(written, spoken, word)
    return word


def distance(one: str, other: str) -> int:
    """Return how many letters must be put in, taken out or changed to make one word the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


class WordsTests(SynchronousTestCase):
    """What the contract says of the words."""

    def test_there_are_256_in_order(self) -> None:
        """A byte has a word of its own, and the list is sorted and without repetition."""
        self.assertEqual(256, len(WORDS))
        self.assertEqual(sorted(set(WORDS)), list(WORDS))

    def test_they_are_short_and_plain(self) -> None:
        """Each has 4 to 8 plain letters, so that it is written without doubt and fits a button."""
        self.assertEqual([], [word for word in WORDS if not re.fullmatch("[a-z]{4,8}", word)])

    def test_they_look_unlike(self) -> None:
        """Three letters or more tell any two apart."""
        self.assertEqual([], [pair for pair in combinations(WORDS, 2) if distance(*pair) < 3])

    def test_they_sound_unlike(self) -> None:
        """Three sounds or more tell any two apart."""
        spoken = [heard(word) for word in WORDS]
        self.assertEqual([], [pair for pair in combinations(spoken, 2) if distance(*pair) < 3])

    def test_none_begins_another(self) -> None:
        """A word cut short is not another word."""
        begun = [(a, b) for a, b in combinations(WORDS, 2) if b.startswith(a)]
        self.assertEqual([], begun)

    def test_bytes_are_places(self) -> None:
        """A byte stands for the word at its place."""
        self.assertEqual((WORDS[0], WORDS[255], WORDS[103]), words_of(bytes([0, 255, 103])))
