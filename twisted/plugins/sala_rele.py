"""The name under which twistd finds the relay."""

from twisted.application.service import ServiceMaker

rele = ServiceMaker(
    "Sala de Conversa: o relê", "voz.relay.tap", "Relê de voz da Sala de Conversa (UDP 5000).", "salarele"
)
