"""Tells `twistd` of `salaregistro`."""

from twisted.application.service import ServiceMaker

salaregistro = ServiceMaker(
    "Sala de Conversa: registro",
    "registro.tap",
    "O registro da Sala de Conversa, com o relé.",
    "salaregistro",
)
