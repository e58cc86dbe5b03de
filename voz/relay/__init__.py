"""The relay: the strict TURN profile of the protocol's section 7 on one UDP port, in a process of its own."""
