"""The contract between registry and client: messages, codec, fields, signatures. No I/O lives here."""
