"""One call: the machines of its three acts (dialling, answering, talking) and the object that plays them."""
