-- To be made anew, with its stamp.
DROP MATERIALIZED VIEW "public"."user_statistics_view";

-- Rows of "public"."user_statistics_view" that a write has touched, and its transaction. Appended to, and swept; rows
-- without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.
CREATE TABLE "cqrs"."changed_public_user_statistics" (
    "user_id" uuid,
    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

-- A look-up finds few rows. By statistics of one busy key's changes it would find nearly all of them, so that for
-- every other key the whole table would be read in vain.
ALTER TABLE "cqrs"."changed_public_user_statistics"
    ALTER COLUMN "user_id" SET (n_distinct = -1);

-- By whole keys; the column with the most values first.
CREATE INDEX "changed_public_user_statistics_key" ON "cqrs"."changed_public_user_statistics" ("user_id");

-- No key, no transaction: so that no plan takes the table for empty.
INSERT INTO "cqrs"."changed_public_user_statistics" (xid) SELECT NULL FROM pg_catalog.generate_series(1, 5000);

-- Notes which rows of "public"."user_statistics_view" a change of "public"."users" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
CREATE FUNCTION "cqrs"."user_statistics_of_public_users"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL
        UNION
        SELECT DISTINCT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."users", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."users"', '"cqrs"."user_statistics_of_public_users"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."voice_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
CREATE FUNCTION "cqrs"."user_statistics_of_public_voice_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL
        UNION
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."voice_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."voice_models"', '"cqrs"."user_statistics_of_public_voice_models"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."face_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
CREATE FUNCTION "cqrs"."user_statistics_of_public_face_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL
        UNION
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."face_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."face_models"', '"cqrs"."user_statistics_of_public_face_models"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."knowledge_documents" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
CREATE FUNCTION "cqrs"."user_statistics_of_public_knowledge_documents"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL
        UNION
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."knowledge_documents", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."knowledge_documents"', '"cqrs"."user_statistics_of_public_knowledge_documents"');

-- Notes which rows of "public"."user_statistics_view" a change of "public"."conversation_sessions" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
CREATE FUNCTION "cqrs"."user_statistics_of_public_conversation_sessions"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL
        UNION
        SELECT DISTINCT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."conversation_sessions", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."conversation_sessions"', '"cqrs"."user_statistics_of_public_conversation_sessions"');

-- A parent must not move while a row that references it is being written.
SELECT cqrs.require_link('"public"."conversation_turns"', 'session_id', '"public"."conversation_sessions"',
                         'id', ARRAY['user_id']::name[]);

-- Notes which rows of "public"."user_statistics_view" a change of "public"."conversation_turns" touches, in the same transaction.
--
-- The keys are looked up in "public"."conversation_sessions"; an INSERT has its row locked by the foreign key.
CREATE FUNCTION "cqrs"."user_statistics_of_public_conversation_turns"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT p."user_id" FROM new_rows AS r
        CROSS JOIN LATERAL (SELECT * FROM "public"."conversation_sessions" AS p WHERE p."id" = r."session_id" OFFSET 0) AS p
        WHERE p."user_id" IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM "public"."conversation_sessions" AS p
        WHERE p."id" IN (SELECT r."session_id" FROM old_rows AS r UNION SELECT r."session_id" FROM new_rows AS r)
        ORDER BY p."id" FOR KEY SHARE;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT p."user_id" FROM old_rows AS r
        CROSS JOIN LATERAL (SELECT * FROM "public"."conversation_sessions" AS p WHERE p."id" = r."session_id" OFFSET 0) AS p
        WHERE p."user_id" IS NOT NULL
        UNION
        SELECT DISTINCT p."user_id" FROM new_rows AS r
        CROSS JOIN LATERAL (SELECT * FROM "public"."conversation_sessions" AS p WHERE p."id" = r."session_id" OFFSET 0) AS p
        WHERE p."user_id" IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM "public"."conversation_sessions" AS p
        WHERE p."id" IN (SELECT r."session_id" FROM old_rows AS r)
        ORDER BY p."id" FOR KEY SHARE;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT DISTINCT p."user_id" FROM old_rows AS r
        CROSS JOIN LATERAL (SELECT * FROM "public"."conversation_sessions" AS p WHERE p."id" = r."session_id" OFFSET 0) AS p
        WHERE p."user_id" IS NOT NULL;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_user_statistics" ("user_id")
        SELECT v."user_id" FROM "public"."user_statistics_view" AS v
        UNION
        SELECT c."user_id" FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."conversation_turns", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."conversation_turns"', '"cqrs"."user_statistics_of_public_conversation_turns"');

-- Known to the library's upkeep.
INSERT INTO cqrs.view (name, changes) VALUES ('public.user_statistics_view', '"cqrs"."changed_public_user_statistics"')
ON CONFLICT (name) DO UPDATE SET changes = excluded.changes;

-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.
CREATE MATERIALIZED VIEW "public"."user_statistics_view" AS
SELECT * FROM "public"."user_statistics_definition"
UNION ALL
SELECT (NULL::"public"."user_statistics_definition").* WHERE cqrs.stamp_view('public.user_statistics_view', pg_catalog.pg_current_snapshot())
WITH DATA;

-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX "user_statistics_view_key" ON "public"."user_statistics_view" ("user_id");

-- The rows of "public"."user_statistics_view" that did not change since the last refresh.
-- The scalar subquery keeps the planner from starting at the changes.
CREATE VIEW "public"."user_statistics_unchanged" AS
SELECT v.*
FROM "public"."user_statistics_view" AS v
WHERE (SELECT true FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" = v."user_id" LIMIT 1) IS NOT TRUE;

-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,
-- those that did from the definition.
CREATE OR REPLACE VIEW "public"."user_statistics_fresh" AS
SELECT * FROM "public"."user_statistics_unchanged"
UNION ALL
SELECT d.*
FROM "public"."user_statistics_definition" AS d
WHERE (SELECT true FROM "cqrs"."changed_public_user_statistics" AS c WHERE c."user_id" = d."user_id" LIMIT 1);
