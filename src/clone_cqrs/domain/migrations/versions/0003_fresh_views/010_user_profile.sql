-- Refreshes of the library wait until this is done.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:public.user_profile_view', 0));

-- Rows of "public"."user_profile_view" that a write has touched, and its transaction. Appended to, and swept;
-- rows without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.
CREATE TABLE "cqrs"."changed_public_user_profile_next" (
    "id" uuid,
    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

-- A look-up finds few rows. By statistics of one busy key's changes it would find nearly all of them, so that for
-- every other key the whole table would be read in vain.
ALTER TABLE "cqrs"."changed_public_user_profile_next"
    ALTER COLUMN "id" SET (n_distinct = -1);

-- By whole keys; the column with the most values first.
CREATE INDEX "changed_public_user_profile_key_next" ON "cqrs"."changed_public_user_profile_next" ("id");

-- No key, no transaction: so that no plan takes the table for empty.
INSERT INTO "cqrs"."changed_public_user_profile_next" (xid) SELECT NULL FROM pg_catalog.generate_series(1, 5000);

-- Notes which rows of "public"."user_profile_view" a change of "public"."users" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_user_profile_of_public_users"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        (SELECT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL)
        UNION
        (SELECT r."id" FROM new_rows AS r WHERE r."id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."id" FROM old_rows AS r WHERE r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
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
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        SELECT v."id" FROM "public"."user_profile_view" AS v
        UNION
        SELECT c."id" FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."users", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."users"', '"cqrs"."public_user_profile_of_public_users"');

-- Notes which rows of "public"."user_profile_view" a change of "public"."voice_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_user_profile_of_public_voice_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
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
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        SELECT v."id" FROM "public"."user_profile_view" AS v
        UNION
        SELECT c."id" FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."voice_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."voice_models"', '"cqrs"."public_user_profile_of_public_voice_models"');

-- Notes which rows of "public"."user_profile_view" a change of "public"."face_models" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_user_profile_of_public_face_models"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
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
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        SELECT v."id" FROM "public"."user_profile_view" AS v
        UNION
        SELECT c."id" FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."face_models", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."face_models"', '"cqrs"."public_user_profile_of_public_face_models"');

-- Notes which rows of "public"."user_profile_view" a change of "public"."knowledge_documents" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_user_profile_of_public_knowledge_documents"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
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
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        SELECT v."id" FROM "public"."user_profile_view" AS v
        UNION
        SELECT c."id" FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."knowledge_documents", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."knowledge_documents"', '"cqrs"."public_user_profile_of_public_knowledge_documents"');

-- Notes which rows of "public"."user_profile_view" a change of "public"."conversation_sessions" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_user_profile_of_public_conversation_sessions"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL)
        UNION
        (SELECT r."user_id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_user_profile" ("id")
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
        INSERT INTO "cqrs"."changed_public_user_profile" ("id")
        SELECT v."id" FROM "public"."user_profile_view" AS v
        UNION
        SELECT c."id" FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."conversation_sessions", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."conversation_sessions"', '"cqrs"."public_user_profile_of_public_conversation_sessions"');

-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.
CREATE MATERIALIZED VIEW "public"."user_profile_view_next" AS
SELECT * FROM "public"."user_profile_definition"
UNION ALL
SELECT (NULL::"public"."user_profile_definition").* WHERE cqrs.stamp_view('public.user_profile_view', pg_catalog.pg_current_snapshot())
WITH DATA;

-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX "user_profile_view_key_next" ON "public"."user_profile_view_next" ("id");

-- From here on, readers wait. What was granted on the views is to be granted again.
DROP FUNCTION IF EXISTS "public"."user_profile_fresh_list";

DROP FUNCTION IF EXISTS "public"."user_profile_view_list";

DROP FUNCTION IF EXISTS "public"."user_profile_definition_list";

DROP VIEW IF EXISTS "public"."user_profile_fresh";

DROP VIEW IF EXISTS "public"."user_profile_changed";

DROP VIEW IF EXISTS "public"."user_profile_unchanged";

DROP MATERIALIZED VIEW IF EXISTS "public"."user_profile_view";

-- The table in which their changes were noted, and the triggers that would note them there.
SELECT cqrs.drop_changes(
    ARRAY['public.user_profile_view'],
    '"cqrs"."changed_public_user_profile"',
    ARRAY['"cqrs"."public_user_profile_of_public_users"', '"cqrs"."public_user_profile_of_public_voice_models"', '"cqrs"."public_user_profile_of_public_face_models"', '"cqrs"."public_user_profile_of_public_knowledge_documents"', '"cqrs"."public_user_profile_of_public_conversation_sessions"']::regproc[]
);

ALTER TABLE "cqrs"."changed_public_user_profile_next" RENAME TO "changed_public_user_profile";

ALTER INDEX "cqrs"."changed_public_user_profile_key_next" RENAME TO "changed_public_user_profile_key";

ALTER MATERIALIZED VIEW "public"."user_profile_view_next" RENAME TO "user_profile_view";

ALTER INDEX "public"."user_profile_view_key_next" RENAME TO "user_profile_view_key";

-- Known to the library's upkeep.
INSERT INTO cqrs.view (name, changes, change_columns)
VALUES ('public.user_profile_view', '"cqrs"."changed_public_user_profile"', ARRAY['id'])
ON CONFLICT (name) DO UPDATE SET changes = excluded.changes, change_columns = excluded.change_columns;

-- The rows of "public"."user_profile_view" that did not change since the last refresh.
-- The scalar subquery keeps the planner from starting at the changes.
CREATE VIEW "public"."user_profile_unchanged" AS
SELECT v."id", v."email", v."name", v."created_at", v."updated_at", v."personality_traits", v."speaking_style",
    v."subscription_tier", v."conversation_minutes_used", v."active_voice_model", v."active_face_model",
    v."document_count", (SELECT t."recent_conversation_count" FROM "public"."user_profile_definition" AS t
    WHERE t."id" = v."id") AS "recent_conversation_count"
FROM "public"."user_profile_view" AS v
WHERE (SELECT true FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" = v."id" LIMIT 1) IS NOT TRUE;

-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,
-- those that did from the definition.
CREATE VIEW "public"."user_profile_fresh" AS
SELECT * FROM "public"."user_profile_unchanged"
UNION ALL
SELECT d.*
FROM "public"."user_profile_definition" AS d
WHERE (SELECT true FROM "cqrs"."changed_public_user_profile" AS c WHERE c."id" = d."id" LIMIT 1);
