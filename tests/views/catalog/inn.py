"""An inn in a schema of its own, without rows: guests have visits, and everything that a definition can do wrong with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import asyncpg

from clone_cqrs.views import MaterializedView, Through

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

TABLES = """
CREATE SCHEMA inn;
CREATE TABLE inn.guest (id integer PRIMARY KEY, name text NOT NULL, born date);
CREATE TABLE inn.visit (
    id integer PRIMARY KEY, guest_id integer NOT NULL REFERENCES inn.guest, paid numeric NOT NULL,
    weight double precision, code varchar(9), UNIQUE (id, guest_id)
);
CREATE INDEX ON inn.visit (guest_id);
CREATE TABLE inn.meal (
    id integer PRIMARY KEY, visit_id integer NOT NULL REFERENCES inn.visit, price numeric NOT NULL, seat integer
);
CREATE INDEX ON inn.meal (visit_id);
CREATE TYPE inn.sign;
CREATE FUNCTION inn.sign_in(cstring) RETURNS inn.sign LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION inn.sign_out(inn.sign) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE inn.sign (INPUT = inn.sign_in, OUTPUT = inn.sign_out, LIKE = text);
CREATE DOMAIN inn.signed AS inn.sign;
CREATE TABLE inn.pet (id integer PRIMARY KEY, sign inn.sign, signs inn.signed[]);
CREATE TABLE inn.stay (id integer[] PRIMARY KEY, guest_id integer NOT NULL REFERENCES inn.guest, UNIQUE (id, guest_id));
CREATE TABLE inn.bill (id integer PRIMARY KEY, stay integer[] NOT NULL REFERENCES inn.stay);
CREATE TABLE inn.room (id integer NOT NULL, guest_id integer);
CREATE TABLE inn.log (guest_id integer, at date) PARTITION BY RANGE (at);
CREATE TABLE inn.log_old PARTITION OF inn.log DEFAULT;
CREATE INDEX ON inn.log (guest_id);
CREATE VIEW inn.paid AS SELECT v.guest_id, v.paid FROM inn.visit v WHERE v.paid > 0;
CREATE VIEW inn.paid_twice AS SELECT p.guest_id, 2 * p.paid AS paid FROM inn.paid p;
CREATE MATERIALIZED VIEW inn.stale AS SELECT guest_id FROM inn.visit;
CREATE FUNCTION inn.discount(guest integer) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN (SELECT sum(v.paid) / 10 FROM inn.visit v WHERE v.guest_id = guest); END $$;
CREATE FUNCTION inn.spent(guest integer) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC SELECT sum(v.paid) FROM inn.visit v WHERE v.guest_id = guest; END;
CREATE FUNCTION inn.doubled(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
CREATE FUNCTION inn.unlabelled() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION inn.older(integer, integer) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 < $2; END';
CREATE OPERATOR inn.<<< (FUNCTION = inn.older, LEFTARG = integer, RIGHTARG = integer);
"""

GUESTS = MaterializedView(
    name="inn.guest_view",
    key="id",
    definition="""
        SELECT g.id, g.name, paid.total FROM inn.guest g
        CROSS JOIN LATERAL (SELECT sum(v.paid) AS total FROM inn.visit v WHERE v.guest_id = g.id) paid
    """,
    changes={"inn.guest": "id", "inn.visit": "guest_id"},
)
OF_GUEST = {"inn.guest": "id"}
OF_MEALS = {**GUESTS.changes, "inn.meal": Through("visit_id", "inn.visit", "guest_id")}


def declared(definition: str, **changed: Any) -> MaterializedView:
    """The view of guests, with this definition, and what else is said."""
    return replace(GUESTS, definition=definition, **changed)


def per_guest(expression: str, **changed: Any) -> MaterializedView:
    """The view of guests with one more column."""
    return declared(f"SELECT g.id, {expression} AS more FROM inn.guest g", **changed)
