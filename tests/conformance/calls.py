"""What the tests about calls share."""

from tests.conformance import wire
from tests.conformance.case import Call, Case, invitation
from tests.conformance.client import Client


class CallCase(Case):
    """Helpers about calls."""

    def handed_on(self, sender: Client, reader: Client, verb: str, **values: object) -> wire.Line:
        """Send a line; assert that it is handed on unchanged, de= put in, seq 0, unanswered."""
        seq = sender.send(verb, **values, x_nova="a,b %", zz=["c,d", "é"], de_="mentira")
        line = reader.wait(verb)
        sent = wire.parse(wire.render(verb, seq, **values, x_nova="a,b %", zz=["c,d", "é"], de_=sender.name))
        raw = {key: value for key, value in sent.raw.items() if key != "para"}
        self.assertEqual((dict(line.raw), line.seq), (raw, 0))
        sender.barrier()
        self.assertIsNone(sender.find(None, seq=seq), f"{verb} was answered")
        return line

    def refused(self, caller: Client, callee: str, codigo: str, chamada: bytes | None = None) -> None:
        """Invite; assert the refusal with the asker's seq and its chamada, and no relay credentials."""
        values = invitation(callee, chamada)
        seq = caller.send("CONVITE", **values)
        answer = caller.wait(None, seq=seq)
        assert isinstance(values["chamada"], bytes)
        self.assertEqual(
            (answer.verb, answer.keys["codigo"], answer.keys["chamada"], "de" in answer.keys),
            ("CONVITE-REJEITADO", codigo, wire.b64(values["chamada"]), False),
        )
        caller.barrier()
        caller.refuse("LIGACAO")

    def over(self, call: Call) -> None:
        """Assert that the call has ended: its chamada is unknown, both are free, nothing else was said."""
        self.assert_silent(call.caller, call.callee)
        for client in (call.caller, call.callee):
            answer = client.ask("CAMINHOS", chamada=call.id, candidatos=[])
            self.erro(answer, "nao-encontrado", "CAMINHOS")
        states = [self.state_of(call.caller, client.name) for client in (call.caller, call.callee)]
        self.assertEqual(states, ["livre", "livre"])
