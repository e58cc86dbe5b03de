"""The registry beside Kamailio, Mumble's server and a yardstick in C: `python -m bench.registro`."""
