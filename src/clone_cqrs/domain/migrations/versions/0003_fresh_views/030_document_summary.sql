-- Refreshes of the library wait until this is done.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:public.document_summary_view', 0));

-- Rows of "public"."document_summary_view" that a write has touched, and its transaction. Appended to, and swept;
-- rows without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.
CREATE TABLE "cqrs"."changed_public_document_summary_next" (
    "user_id" uuid,
    "id" uuid,
    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

-- A look-up finds few rows. By statistics of one busy key's changes it would find nearly all of them, so that for
-- every other key the whole table would be read in vain.
ALTER TABLE "cqrs"."changed_public_document_summary_next"
    ALTER COLUMN "user_id" SET (n_distinct = -1),
    ALTER COLUMN "id" SET (n_distinct = -1);

-- By whole keys; the column with the most values first.
CREATE INDEX "changed_public_document_summary_key_next" ON "cqrs"."changed_public_document_summary_next" ("user_id", "id");

-- No key, no transaction: so that no plan takes the table for empty.
INSERT INTO "cqrs"."changed_public_document_summary_next" (xid) SELECT NULL FROM pg_catalog.generate_series(1, 5000);

-- Notes which rows of "public"."document_summary_view" a change of "public"."knowledge_documents" touches, in the same transaction.
--
-- The keys are in the changed rows themselves.
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE OR REPLACE FUNCTION "cqrs"."public_document_summary_of_public_knowledge_documents"() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM new_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
            SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL;
        END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
        INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
        (SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL)
        UNION
        (SELECT r."user_id", r."id" FROM new_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL);
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM old_rows OFFSET 1;
        IF FOUND THEN
            INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
            SELECT DISTINCT k.* FROM (SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL) AS k;
        ELSE
            INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
            SELECT r."user_id", r."id" FROM old_rows AS r WHERE r."user_id" IS NOT NULL AND r."id" IS NOT NULL;
        END IF;
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{read committed,read uncommitted}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO "cqrs"."changed_public_document_summary" ("user_id", "id")
        SELECT v."user_id", v."id" FROM "public"."document_summary_view" AS v
        UNION
        SELECT c."user_id", c."id" FROM "cqrs"."changed_public_document_summary" AS c WHERE c."user_id" IS NOT NULL AND c."id" IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Every change of "public"."knowledge_documents", also under session_replication_role = replica.
SELECT cqrs.follow_changes('"public"."knowledge_documents"', '"cqrs"."public_document_summary_of_public_knowledge_documents"');

-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.
CREATE MATERIALIZED VIEW "public"."document_summary_view_next" AS
SELECT * FROM "public"."document_summary_definition"
UNION ALL
SELECT (NULL::"public"."document_summary_definition").* WHERE cqrs.stamp_view('public.document_summary_view', pg_catalog.pg_current_snapshot())
WITH DATA;

-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX "document_summary_view_key_next" ON "public"."document_summary_view_next" ("id");

-- The rows of one list, in its order.
CREATE INDEX "document_summary_view_list_next" ON "public"."document_summary_view_next" ("user_id", "uploaded_at" DESC, "id" DESC);

-- From here on, readers wait. What was granted on the views is to be granted again.
DROP FUNCTION IF EXISTS "public"."document_summary_fresh_list";

DROP FUNCTION IF EXISTS "public"."document_summary_view_list";

DROP FUNCTION IF EXISTS "public"."document_summary_definition_list";

DROP VIEW IF EXISTS "public"."document_summary_fresh";

DROP VIEW IF EXISTS "public"."document_summary_changed";

DROP VIEW IF EXISTS "public"."document_summary_unchanged";

DROP MATERIALIZED VIEW IF EXISTS "public"."document_summary_view";

-- The table in which their changes were noted, and the triggers that would note them there.
SELECT cqrs.drop_changes(
    ARRAY['public.document_summary_view'],
    '"cqrs"."changed_public_document_summary"',
    ARRAY['"cqrs"."public_document_summary_of_public_knowledge_documents"']::regproc[]
);

ALTER TABLE "cqrs"."changed_public_document_summary_next" RENAME TO "changed_public_document_summary";

ALTER INDEX "cqrs"."changed_public_document_summary_key_next" RENAME TO "changed_public_document_summary_key";

ALTER MATERIALIZED VIEW "public"."document_summary_view_next" RENAME TO "document_summary_view";

ALTER INDEX "public"."document_summary_view_key_next" RENAME TO "document_summary_view_key";

ALTER INDEX "public"."document_summary_view_list_next" RENAME TO "document_summary_view_list";

-- Known to the library's upkeep.
INSERT INTO cqrs.view (name, changes, change_columns)
VALUES ('public.document_summary_view', '"cqrs"."changed_public_document_summary"', ARRAY['user_id', 'id'])
ON CONFLICT (name) DO UPDATE SET changes = excluded.changes, change_columns = excluded.change_columns;

-- The rows of "public"."document_summary_view" that did not change since the last refresh.
-- The scalar subquery keeps the planner from starting at the changes.
CREATE VIEW "public"."document_summary_unchanged" AS
SELECT v.*
FROM "public"."document_summary_view" AS v
WHERE (SELECT true FROM "cqrs"."changed_public_document_summary" AS c WHERE c."user_id" = v."user_id" AND c."id" = v."id" LIMIT 1) IS NOT TRUE;

-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,
-- those that did from the definition.
CREATE VIEW "public"."document_summary_fresh" AS
SELECT * FROM "public"."document_summary_unchanged"
UNION ALL
SELECT d.*
FROM "public"."document_summary_definition" AS d
WHERE (SELECT true FROM "cqrs"."changed_public_document_summary" AS c WHERE c."user_id" = d."user_id" AND c."id" = d."id" LIMIT 1);

-- The changed rows that there are in the table that drives the definition: keys, and what lists are ordered by.
CREATE VIEW "public"."document_summary_changed" AS
SELECT r."user_id" AS "user_id", r."id" AS "id", r."uploaded_at"
FROM (SELECT DISTINCT c."user_id", c."id" FROM "cqrs"."changed_public_document_summary" AS c WHERE c."user_id" IS NOT NULL AND c."id" IS NOT NULL) AS c
JOIN "public"."knowledge_documents" AS r ON r."user_id" = c."user_id" AND r."id" = c."id";

-- A page of "public"."document_summary_fresh": of one user_id, in order, after a place.
-- Unchanged rows are read in the index's order; changed ones are sorted by columns of the driving table, and
-- computed as they are wanted.
-- LIMIT (SELECT ...): a number that the planner knows has it sort all the rows of who has few by its estimate.
CREATE FUNCTION "public"."document_summary_fresh_list"(
    "user_id" uuid, max_rows integer, "after_uploaded_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL, "status" text DEFAULT NULL
) RETURNS SETOF "public"."document_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM (
        (SELECT v.*
        FROM "public"."document_summary_unchanged" AS v
        WHERE v."user_id" = $1 AND (v."uploaded_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        ) AND ($5 IS NULL OR v."status" = $5)
        ORDER BY v."uploaded_at" DESC, v."id" DESC
        LIMIT (SELECT $2))
        UNION ALL
        (SELECT k."id" AS "id", k."user_id" AS "user_id", d."filename", d."content_type", d."size_bytes", k."uploaded_at" AS
    "uploaded_at", d."processed_at", d."status", d."chunk_count", d."title", d."tags",
    d."processing_duration_ms"
        FROM (
            SELECT * FROM "public"."document_summary_changed" AS k
            WHERE k."user_id" = $1 AND (k."uploaded_at", k."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        )
            ORDER BY k."uploaded_at" DESC, k."id" DESC
        ) AS k
        CROSS JOIN LATERAL (SELECT * FROM "public"."document_summary_definition" AS d WHERE d."user_id" = k."user_id" AND d."id" = k."id" OFFSET 0) AS d
        WHERE ($5 IS NULL OR d."status" = $5)
        ORDER BY k."uploaded_at" DESC, k."id" DESC
        LIMIT (SELECT $2))
    ) AS f
    ORDER BY f."uploaded_at" DESC, f."id" DESC
    LIMIT (SELECT $2);
END;

-- The same page of "public"."document_summary_view".
CREATE FUNCTION "public"."document_summary_view_list"(
    "user_id" uuid, max_rows integer, "after_uploaded_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL, "status" text DEFAULT NULL
) RETURNS SETOF "public"."document_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v.*
        FROM "public"."document_summary_view" AS v
        WHERE v."user_id" = $1 AND (v."uploaded_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        ) AND ($5 IS NULL OR v."status" = $5)
        ORDER BY v."uploaded_at" DESC, v."id" DESC
        LIMIT (SELECT $2);
END;

-- The same page of "public"."document_summary_definition".
CREATE FUNCTION "public"."document_summary_definition_list"(
    "user_id" uuid, max_rows integer, "after_uploaded_at" timestamp with time zone DEFAULT NULL, "after_id" uuid DEFAULT NULL, "status" text DEFAULT NULL
) RETURNS SETOF "public"."document_summary_fresh"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v.*
        FROM "public"."document_summary_definition" AS v
        WHERE v."user_id" = $1 AND (v."uploaded_at", v."id", 0) < (
            coalesce($3, 'infinity'), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), CASE WHEN $3 IS NULL THEN 1 ELSE 0 END
        ) AND ($5 IS NULL OR v."status" = $5)
        ORDER BY v."uploaded_at" DESC, v."id" DESC
        LIMIT (SELECT $2);
END;
