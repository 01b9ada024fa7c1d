-- Refreshes of the library wait until this is done.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:public.conversation_session_summary_view', 0));

-- Refreshes of the library wait until this is done.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:public.user_statistics_view', 0));

-- Rows of "public"."conversation_session_summary_view" and "public"."user_statistics_view" that a write has touched, and its transaction. Appended to, and swept;
-- rows without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.
CREATE TABLE "cqrs"."changed_public_conversations_next" (
    "user_id" uuid,
    "session_id" uuid,
    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

-- A look-up finds few rows. By statistics of one busy key's changes it would find nearly all of them, so that for
-- every other key the whole table would be read in vain.
ALTER TABLE "cqrs"."changed_public_conversations_next"
    ALTER COLUMN "user_id" SET (n_distinct = -1),
    ALTER COLUMN "session_id" SET (n_distinct = -1);

-- By whole keys; the column with the most values first.
CREATE INDEX "changed_public_conversations_key_next" ON "cqrs"."changed_public_conversations_next" ("user_id", "session_id");

-- No key, no transaction: so that no plan takes the table for empty.
INSERT INTO "cqrs"."changed_public_conversations_next" (xid) SELECT NULL FROM pg_catalog.generate_series(1, 5000);

-- Notes which rows of "public"."conversation_session_summary_view" and "public"."user_statistics_view" a change of "public"."conversation_sessions" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_conversation_sessions"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
        (SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
        SELECT v."user_id", v."id" FROM "public"."conversation_session_summary_view" AS v
        UNION
        SELECT c."user_id", c."session_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL AND c."session_id" IS NOT NULL
        UNION
        SELECT v."user_id", NULL FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id", NULL FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."conversation_sessions", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."conversation_sessions"', '"cqrs"."public_conversations_of_public_conversation_sessions"');

-- A parent must not move while a row that references it is being written.
SELECT cqrs.require_link('"public"."conversation_turns"', 'session_id', '"public"."conversation_sessions"',
                         'id', ARRAY['user_id']::name[]);

-- Notes which rows of "public"."conversation_session_summary_view" and "public"."user_statistics_view" a change of "public"."conversation_turns" touches, in the same transaction.
--
-- The keys are looked up in "public"."conversation_sessions"; an INSERT has its row locked by the foreign key.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_conversation_turns"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
            WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM new_rows AS r)) AND p."user_id" IS NOT NULL
            ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8);
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
            WHERE p."id" OPERATOR(pg_catalog.=) (SELECT r."session_id" FROM new_rows AS r) AND p."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM "public"."conversation_sessions" AS p
        WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM old_rows AS r UNION SELECT r."session_id" FROM new_rows AS r))
        ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8) FOR KEY SHARE;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
        (SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
        WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM old_rows AS r)) AND p."user_id" IS NOT NULL
        ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8))
        UNION
        (SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
        WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM new_rows AS r)) AND p."user_id" IS NOT NULL
        ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8));
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM "public"."conversation_sessions" AS p
        WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM old_rows AS r))
        ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8) FOR KEY SHARE;
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
            WHERE p."id" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r."session_id" FROM old_rows AS r)) AND p."user_id" IS NOT NULL
            ORDER BY p."id" LIMIT (SELECT NULL::pg_catalog.int8);
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
            SELECT p."user_id", p."id" FROM "public"."conversation_sessions" AS p
            WHERE p."id" OPERATOR(pg_catalog.=) (SELECT r."session_id" FROM old_rows AS r) AND p."user_id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id", "session_id")
        SELECT v."user_id", v."id" FROM "public"."conversation_session_summary_view" AS v
        UNION
        SELECT c."user_id", c."session_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL AND c."session_id" IS NOT NULL
        UNION
        SELECT v."user_id", NULL FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id", NULL FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."conversation_turns", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."conversation_turns"', '"cqrs"."public_conversations_of_public_conversation_turns"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."users" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_users"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        (SELECT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL)
        UNION
        (SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."users", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."users"', '"cqrs"."public_conversations_of_public_users"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."voice_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_voice_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."voice_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."voice_models"', '"cqrs"."public_conversations_of_public_voice_models"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."face_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_face_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."face_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."face_models"', '"cqrs"."public_conversations_of_public_face_models"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."knowledge_documents" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_conversations_of_public_knowledge_documents"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
            SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_conversations" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."knowledge_documents", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."knowledge_documents"', '"cqrs"."public_conversations_of_public_knowledge_documents"');

-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.
CREATE MATERIALIZED VIEW "public"."conversation_session_summary_view_next" AS
SELECT * FROM "public"."conversation_session_summary_definition"
UNION ALL
SELECT (NULL::"public"."conversation_session_summary_definition").* WHERE cqrs.stamp_view('public.conversation_session_summary_view', pg_catalog.pg_current_snapshot())
WITH DATA;

-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX "conversation_session_summary_view_key_next" ON "public"."conversation_session_summary_view_next" ("id");

-- The rows of one list, in its order.
CREATE INDEX "conversation_session_summary_view_list_next" ON "public"."conversation_session_summary_view_next" ("user_id", "started_at" DESC, "id" DESC);

-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.
CREATE MATERIALIZED VIEW "public"."user_statistics_view_next" AS
SELECT * FROM "public"."user_statistics_definition"
UNION ALL
SELECT (NULL::"public"."user_statistics_definition").* WHERE cqrs.stamp_view('public.user_statistics_view', pg_catalog.pg_current_snapshot())
WITH DATA;

-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX "user_statistics_view_key_next" ON "public"."user_statistics_view_next" ("user_id");

-- From here on, readers wait. What was granted on the views is to be granted again.
DROP FUNCTION IF EXISTS "public"."conversation_session_summary_fresh_list";

DROP FUNCTION IF EXISTS "public"."conversation_session_summary_view_list";

DROP FUNCTION IF EXISTS "public"."conversation_session_summary_definition_list";

DROP VIEW IF EXISTS "public"."conversation_session_summary_fresh";

DROP VIEW IF EXISTS "public"."conversation_session_summary_changed";

DROP VIEW IF EXISTS "public"."conversation_session_summary_unchanged";

DROP MATERIALIZED VIEW IF EXISTS "public"."conversation_session_summary_view";

DROP FUNCTION IF EXISTS "public"."user_statistics_fresh_list";

DROP FUNCTION IF EXISTS "public"."user_statistics_view_list";

DROP FUNCTION IF EXISTS "public"."user_statistics_definition_list";

DROP VIEW IF EXISTS "public"."user_statistics_fresh";

DROP VIEW IF EXISTS "public"."user_statistics_changed";

DROP VIEW IF EXISTS "public"."user_statistics_unchanged";

DROP MATERIALIZED VIEW IF EXISTS "public"."user_statistics_view";

-- The table in which their changes were noted, and the triggers that would note them there.
SELECT cqrs.drop_changes(
    ARRAY['public.conversation_session_summary_view', 'public.user_statistics_view'],
    '"cqrs"."changed_public_conversations"',
    ARRAY['"cqrs"."public_conversations_of_public_conversation_sessions"', '"cqrs"."public_conversations_of_public_conversation_turns"', '"cqrs"."public_conversations_of_public_users"', '"cqrs"."public_conversations_of_public_voice_models"', '"cqrs"."public_conversations_of_public_face_models"', '"cqrs"."public_conversations_of_public_knowledge_documents"']::regproc[]
);

ALTER TABLE "cqrs"."changed_public_conversations_next" RENAME TO "changed_public_conversations";

ALTER INDEX "cqrs"."changed_public_conversations_key_next" RENAME TO "changed_public_conversations_key";

ALTER MATERIALIZED VIEW "public"."conversation_session_summary_view_next" RENAME TO "conversation_session_summary_view";

ALTER INDEX "public"."conversation_session_summary_view_key_next" RENAME TO "conversation_session_summary_view_key";

ALTER INDEX "public"."conversation_session_summary_view_list_next" RENAME TO "conversation_session_summary_view_list";

ALTER MATERIALIZED VIEW "public"."user_statistics_view_next" RENAME TO "user_statistics_view";

ALTER INDEX "public"."user_statistics_view_key_next" RENAME TO "user_statistics_view_key";

-- Known to the library's upkeep.
INSERT INTO cqrs.view (name, changes, change_columns)
VALUES ('public.conversation_session_summary_view', '"cqrs"."changed_public_conversations"', ARRAY['user_id', 'session_id'])
ON CONFLICT (name) DO UPDATE SET changes = excluded.changes, change_columns = excluded.change_columns;

-- The rows of "public"."conversation_session_summary_view" that did not change since the last refresh.
-- The scalar subquery keeps the planner from starting at the changes.
CREATE VIEW "public"."conversation_session_summary_unchanged" AS
SELECT v.*
FROM "public"."conversation_session_summary_view" AS v
WHERE (SELECT true FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" = v."user_id" AND c."session_id" = v."id" LIMIT 1) IS NOT TRUE;

-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,
-- those that did from the definition.
CREATE VIEW "public"."conversation_session_summary_fresh" AS
SELECT * FROM "public"."conversation_session_summary_unchanged"
UNION ALL
SELECT d.*
FROM "public"."conversation_session_summary_definition" AS d
WHERE (SELECT true FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" = d."user_id" AND c."session_id" = d."id" LIMIT 1);

-- The changed rows that there are in the table that drives the definition: keys, and what lists are ordered by.
CREATE VIEW "public"."conversation_session_summary_changed" AS
SELECT r."user_id" AS "user_id", r."id" AS "id", r."started_at"
FROM (SELECT DISTINCT c."user_id", c."session_id" FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" IS NOT NULL AND c."session_id" IS NOT NULL) AS c
JOIN "public"."conversation_sessions" AS r ON r."user_id" = c."user_id" AND r."id" = c."session_id";

-- A page of "public"."conversation_session_summary_fresh": of one user_id, in order, after a place.
-- Unchanged rows are read in the index's order; changed ones are sorted by columns of the driving table, and
-- computed as they are wanted.
-- LIMIT (SELECT ...): a number that the planner knows has it sort all the rows of who has few by its estimate.
CREATE FUNCTION "public"."conversation_session_summary_fresh_list"(
    "user_id" uuid, max_rows integer, "after_started_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL
) RETURNS SETOF "public"."conversation_session_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM (
        (SELECT v.*
        FROM "public"."conversation_session_summary_unchanged" AS v
        WHERE v."user_id" = $1 AND (v."started_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        )
        ORDER BY v."started_at" DESC, v."id" DESC
        LIMIT (SELECT $2))
        UNION ALL
        (SELECT k."id" AS "id", k."user_id" AS "user_id", k."started_at" AS "started_at", d."ended_at", d."duration_seconds",
    d."state", d."llm_provider", d."tts_provider", d."voice_model_id", d."face_model_id", d."turn_count",
    d."avg_latency_ms", d."total_cost", d."first_turn_at", d."last_turn_at"
        FROM (
            SELECT * FROM "public"."conversation_session_summary_changed" AS k
            WHERE k."user_id" = $1 AND (k."started_at", k."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        )
            ORDER BY k."started_at" DESC, k."id" DESC
        ) AS k
        CROSS JOIN LATERAL (SELECT * FROM "public"."conversation_session_summary_definition" AS d WHERE d."user_id" = k."user_id" AND d."id" = k."id" OFFSET 0) AS d
        ORDER BY k."started_at" DESC, k."id" DESC
        LIMIT (SELECT $2))
    ) AS f
    ORDER BY f."started_at" DESC, f."id" DESC
    LIMIT (SELECT $2);
END;

-- The same page of "public"."conversation_session_summary_view".
CREATE FUNCTION "public"."conversation_session_summary_view_list"(
    "user_id" uuid, max_rows integer, "after_started_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL
) RETURNS SETOF "public"."conversation_session_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v.*
        FROM "public"."conversation_session_summary_view" AS v
        WHERE v."user_id" = $1 AND (v."started_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        )
        ORDER BY v."started_at" DESC, v."id" DESC
        LIMIT (SELECT $2);
END;

-- The same page of "public"."conversation_session_summary_definition".
CREATE FUNCTION "public"."conversation_session_summary_definition_list"(
    "user_id" uuid, max_rows integer, "after_started_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL
) RETURNS SETOF "public"."conversation_session_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v.*
        FROM "public"."conversation_session_summary_definition" AS v
        WHERE v."user_id" = $1 AND (v."started_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        )
        ORDER BY v."started_at" DESC, v."id" DESC
        LIMIT (SELECT $2);
END;

-- Known to the library's upkeep.
INSERT INTO cqrs.view (name, changes, change_columns)
VALUES ('public.user_statistics_view', '"cqrs"."changed_public_conversations"', ARRAY['user_id'])
ON CONFLICT (name) DO UPDATE SET changes = excluded.changes, change_columns = excluded.change_columns;

-- The rows of "public"."user_statistics_view" that did not change since the last refresh.
-- The scalar subquery keeps the planner from starting at the changes.
CREATE VIEW "public"."user_statistics_unchanged" AS
SELECT v.*
FROM "public"."user_statistics_view" AS v
WHERE (SELECT true FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" = v."user_id" LIMIT 1) IS NOT TRUE;

-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,
-- those that did from the definition.
CREATE VIEW "public"."user_statistics_fresh" AS
SELECT * FROM "public"."user_statistics_unchanged"
UNION ALL
SELECT d.*
FROM "public"."user_statistics_definition" AS d
WHERE (SELECT true FROM "cqrs"."changed_public_conversations" AS c WHERE c."user_id" = d."user_id" LIMIT 1);
