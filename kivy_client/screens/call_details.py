"""What stands behind a call: the way of the voice, the encryption, the key, and the figures, in plain
words.
"""

from __future__ import annotations

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.desk import Desk
from kivy_client.session.state import CallView, FiguresView
from kivy_client.widgets.parts import Fact, Rule
from kivy_client.widgets.sheet import Sheet


def details_sheet(desk: Desk) -> Sheet:
    """A sheet with everything known about the call that is on."""
    sheet = Sheet(title=_("Por trás desta ligação"))
    call = desk.state.call
    if call is None:
        return sheet
    for fact in _facts(call):
        sheet.add_widget(fact)
    sheet.add_widget(Rule())
    for label, value in figures(call.figures):
        sheet.add_widget(Fact(inset=24, label=label, value=value))
    return sheet


def _facts(call: CallView) -> list[Fact]:
    """Path, revealed addresses, encryption and key."""
    way = Fact(
        inset=24, icon="swap-horizontal", label=phrases.path(call.path), value=phrases.path_help(call.path)
    )
    told = ", ".join(call.path.revealed) or _("nenhum")
    shown = Fact(inset=24, icon="wifi", label=_("Endereços seus que o outro lado conhece"), value=told)
    lock = Fact(inset=24, icon="lock-outline", label=_("Criptografia"), value=call.encryption or "–")
    key = Fact(
        inset=24, icon="fingerprint", label=_("Chave de {name}").format(name=call.name), value=call.key or "–"
    )
    return [way, shown, lock, key]


def _milliseconds(measured: float | None) -> str:
    return "–" if measured is None else f"{measured:.0f} ms"


def figures(view: FiguresView) -> list[tuple[str, str]]:
    """The numbers behind the quality: (what, figure with its unit)."""
    share = phrases.per_cent
    return [
        (_("Perda ouvida aqui e lá"), f"{share(view.loss)} · {share(view.loss_there)}"),
        (_("Completado por cálculo"), share(view.concealed)),
        (_("Da boca ao ouvido, estimado"), _milliseconds(view.delay_ms)),
        (_("Ida e volta"), _milliseconds(view.round_trip_ms)),
        (_("Irregularidade e espera"), f"{view.jitter_ms:.0f} ms · {view.buffer_ms:.0f} ms"),
        (_("Taxa recebida e enviada"), f"{view.rate_in:.0f} · {view.rate_out:.0f} kbit/s"),
        (_("Processador"), share(view.cpu)),
    ]
