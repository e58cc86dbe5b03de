"""The command line's own words in Portuguese: what `argparse` says of options."""

import argparse
from typing import NoReturn

PORTUGUESE = {
    "usage: ": "uso: ",
    "positional arguments": "argumentos",
    "options": "opções",
    "show this help message and exit": "mostra esta ajuda e termina",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "falta %s",
    "unrecognized arguments: %s": "não entendo %s",
    "expected one argument": "falta o valor",
    "ignored explicit argument %r": "não leva valor: %r",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s pode ser %(matches)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r não existe; há %(choices)s",
    "invalid %(type)s value: %(value)r": "%(value)r não serve aqui",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "%(parser_name)r não existe; há %(choices)s",
}


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Say it, and where to read more."""
        self.exit(2, f"{self.prog}: {message} («{self.prog} --help» mostra o que há).\n")


def speak_portuguese() -> None:
    """Let `argparse` speak so: it looks its words up with `gettext`, which has no catalogue of them."""
    argparse._ = lambda text: PORTUGUESE.get(text, text)  # type: ignore[attr-defined]
