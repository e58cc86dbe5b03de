-- Version 1: owners, bans, invitations, missed calls, and what the operator did.
CREATE TABLE names (
    nome  TEXT PRIMARY KEY,
    chave BLOB NOT NULL,
    desde INTEGER NOT NULL          -- Unix seconds
) WITHOUT ROWID;

CREATE TABLE bans (
    tipo   TEXT NOT NULL,           -- nome, chave (base64url), faixa (CIDR)
    valor  TEXT NOT NULL,
    desde  INTEGER NOT NULL,
    motivo TEXT NOT NULL,
    PRIMARY KEY (tipo, valor)
) WITHOUT ROWID;

CREATE TABLE invitations (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    segredo TEXT NOT NULL UNIQUE,
    desde   INTEGER NOT NULL,
    nota    TEXT NOT NULL,
    usos    INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE missed (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    nome TEXT NOT NULL,             -- who was called
    de   TEXT NOT NULL,             -- who called
    hora INTEGER NOT NULL
);
CREATE INDEX missed_by_name ON missed (nome);

-- What operators did to the tables above; the daemon reads once a second what others than itself did.
CREATE TABLE actions (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    tipo   TEXT NOT NULL,
    valor  TEXT NOT NULL,
    desde  INTEGER NOT NULL,
    origem TEXT NOT NULL            -- which opening of this file did it
);

CREATE TABLE meta (
    chave TEXT PRIMARY KEY,
    valor INTEGER NOT NULL
) WITHOUT ROWID;
