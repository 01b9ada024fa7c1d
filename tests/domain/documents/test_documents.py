from decimal import Decimal

from tests.domain.clone import DOCUMENT, FAILURE, NOON, PROCESSED, Clone, after, code, nobody, the_event

from clone_cqrs.domain import (
    CompleteDocumentProcessingCommand,
    DeleteDocumentCommand,
    DeleteUserCommand,
    FailDocumentProcessingCommand,
    GetDocumentQuery,
    ListDocumentsQuery,
    UploadDocumentCommand,
)


async def test_uploading_stores_the_document_and_logs_the_event(house: Clone) -> None:
    user_id, document_id = await house.user(), nobody()
    payload = {**DOCUMENT, "user_id": user_id, "document_id": document_id, "title": "Notes", "tags": ["a", "b"]}
    result = await house.do(UploadDocumentCommand, payload)
    assert result.unwrap().document_id == document_id
    assert the_event(result) == (
        "document.uploaded",
        "knowledge_document",
        str(document_id),
        {
            "userId": str(user_id),
            "documentId": str(document_id),
            "filename": "notes.pdf",
            "contentType": "application/pdf",
            "storagePath": "documents/notes.pdf",
            "sizeBytes": 1_000,
            "title": "Notes",
            "tags": ["a", "b"],
        },
    )
    row = await house.row("knowledge_documents", document_id)
    assert (row["status"], row["uploaded_at"], row["tags"], row["title"]) == ("pending", NOON, ["a", "b"], "Notes")


async def test_title_and_tags_may_be_absent_or_null(house: Clone) -> None:
    user_id = await house.user()
    for absent in ({}, {"title": None, "tags": None}):
        payload = {**DOCUMENT, "user_id": user_id, **absent}
        document_id = (await house.do(UploadDocumentCommand, payload)).unwrap().document_id
        row = await house.row("knowledge_documents", document_id)
        assert (row["title"], row["tags"]) == (None, [])


async def test_refuses_an_id_that_is_taken(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    payload = {**DOCUMENT, "user_id": user_id}
    mine, theirs = await house.document(user_id), await house.document(other)
    assert code(await house.do(UploadDocumentCommand, {**payload, "document_id": mine})) == "conflict"
    assert code(await house.do(UploadDocumentCommand, {**payload, "document_id": theirs})) == "not_found"
    await house.do(DeleteDocumentCommand, {"user_id": user_id, "document_id": mine})
    assert code(await house.do(UploadDocumentCommand, {**payload, "document_id": mine})) == "not_found"


async def test_completing_takes_the_time_of_the_command(house: Clone) -> None:
    user_id = await house.user()
    document_id = await house.document(user_id)
    payload = {**PROCESSED, "user_id": user_id, "document_id": document_id}
    result = await house.do(CompleteDocumentProcessingCommand, payload, actor="system", at=after(milliseconds=29_199))
    assert the_event(result) == (
        "document.processed",
        "knowledge_document",
        str(document_id),
        {
            "documentId": str(document_id),
            "userId": str(user_id),
            "filename": "notes.pdf",
            "contentType": "application/pdf",
            "chunkCount": 2,
            "vectorIds": ["v1", "v2"],
            "processingDurationMs": 1_234,
        },
    )
    document = (await house.ask(GetDocumentQuery, {"user_id": user_id, "document_id": document_id})).unwrap()
    assert document.model_dump() == {
        "id": document_id,
        "user_id": user_id,
        "filename": "notes.pdf",
        "content_type": "application/pdf",
        "size_bytes": 1_000,
        "uploaded_at": NOON,
        "processed_at": after(milliseconds=29_199),
        "status": "completed",
        "chunk_count": 2,
        "title": None,
        "tags": (),
        "processing_duration_ms": Decimal(29_199),
    }


async def test_failing_keeps_the_reason(house: Clone) -> None:
    user_id = await house.user()
    document_id = await house.document(user_id)
    payload = {**FAILURE, "user_id": user_id, "document_id": document_id}
    result = await house.do(FailDocumentProcessingCommand, payload, actor="system")
    assert the_event(result)[0] == "document.processing_failed"
    assert result.events[0].payload.model_dump() == payload
    document = (await house.ask(GetDocumentQuery, {"user_id": user_id, "document_id": document_id})).unwrap()
    assert (document.status, document.chunk_count, document.processing_duration_ms) == ("failed", 0, None)


async def test_processing_ends_once(house: Clone) -> None:
    user_id = await house.user()
    for end, fields in ((CompleteDocumentProcessingCommand, PROCESSED), (FailDocumentProcessingCommand, FAILURE)):
        document = {"user_id": user_id, "document_id": await house.document(user_id)}
        assert (await house.do(end, {**fields, **document}, actor="system")).success
        again = {**PROCESSED, **document}
        assert code(await house.do(CompleteDocumentProcessingCommand, again, actor="system")) == "rule_violated"
        assert code(await house.do(FailDocumentProcessingCommand, {**FAILURE, **document}, actor="system")) == "rule_violated"


async def test_a_deleted_document_is_gone(house: Clone) -> None:
    user_id = await house.user()
    document = {"user_id": user_id, "document_id": await house.document(user_id)}
    result = await house.do(DeleteDocumentCommand, document, at=after(hours=1))
    assert the_event(result)[0] == "document.deleted"
    assert result.events[0].payload.model_dump() == document
    assert code(await house.ask(GetDocumentQuery, document)) == "not_found"
    assert (await house.ask(ListDocumentsQuery, {"user_id": user_id})).unwrap().items == ()
    assert code(await house.do(DeleteDocumentCommand, document)) == "not_found"
    assert code(await house.do(CompleteDocumentProcessingCommand, {**PROCESSED, **document}, actor="system")) == "not_found"


async def test_documents_of_others_and_of_nobody_are_not_found(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    theirs = await house.document(other)
    for owner, document_id in ((user_id, theirs), (user_id, nobody()), (nobody(), theirs)):
        named = {"user_id": owner, "document_id": document_id}
        assert code(await house.do(CompleteDocumentProcessingCommand, {**PROCESSED, **named}, actor="system")) == "not_found"
        assert code(await house.do(FailDocumentProcessingCommand, {**FAILURE, **named}, actor="system")) == "not_found"
        assert code(await house.do(DeleteDocumentCommand, named)) == "not_found"
        assert code(await house.ask(GetDocumentQuery, named, roles=("admin",))) == "not_found"


async def test_documents_are_listed_newest_first_and_by_status(house: Clone) -> None:
    user_id, gone = await house.user(), await house.user()
    documents = [await house.document(user_id, at=after(hours=hours)) for hours in (2, 1, 3)]
    processed = {**PROCESSED, "user_id": user_id, "document_id": documents[0]}
    await house.do(CompleteDocumentProcessingCommand, processed, actor="system", at=after(hours=4))

    async def listed(**filters: object) -> list[object]:
        page = (await house.ask(ListDocumentsQuery, {"user_id": user_id, **filters})).unwrap()
        return [document.id for document in page.items]

    assert await listed() == [documents[2], documents[0], documents[1]]
    assert await listed(status="pending") == [documents[2], documents[1]]
    assert await listed(status="completed") == [documents[0]]
    assert await listed(status="failed") == []
    await house.do(DeleteUserCommand, {"user_id": gone})
    for nowhere in (gone, nobody()):
        assert code(await house.ask(ListDocumentsQuery, {"user_id": nowhere})) == "not_found"
