"""The edge's lower half: sockets, TLS and the reactor's loop, and a connection's bytes in and out."""
