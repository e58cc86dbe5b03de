"""How the datagrams of a call find their way: pure machines and the sockets beside them."""
