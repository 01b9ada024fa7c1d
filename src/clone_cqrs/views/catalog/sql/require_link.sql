-- Whether a look-up of keys is safe from a parent that moves: see cqrs.require_link.
--
-- $1 text: the child, $3 text: the parent, both quoted where they need to be; $2 text, $4 text: the column that references, and
-- what it references; $5 text[]: the parent's columns looked up. Rows: one, empty. Raises: foreign_key_violation. No locks.
SELECT cqrs.require_link($1::text::regclass, $2::text::name, $3::text::regclass, $4::text::name, $5::text[]::name[])
