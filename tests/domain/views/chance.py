"""Random rows of the clone's tables."""

import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from tests.domain.schema import rows
from tests.domain.schema.rows import FAILED
from tests.domain.views.stored import Stored


class Chance:
    """Draws rows that hang together; few distinct values, so that ties, empty cases and edges are frequent."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.draw = random.Random(seed)
        self.now = now

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.draw.getrandbits(128))

    def time(self) -> datetime:
        """Within the last 60 days, on the half hour, so that nothing becomes older than 30 days while the test runs."""
        return self.now - timedelta(days=self.draw.randrange(60), minutes=30)

    def deleted(self) -> datetime | None:
        return self.draw.choice([None, None, None, self.now])

    def money(self) -> Decimal:
        return Decimal(self.draw.randrange(2_000)) / 10_000

    def stored(self) -> Stored:
        stored = Stored()
        for _ in range(40):
            self.add_user(stored)
        return stored

    def add_user(self, stored: Stored) -> None:
        draw = self.draw
        user = rows.user(
            id=self.new_id(),
            personality_traits=draw.choice([[], ["warm"], ["warm", "curious"]]),
            speaking_style=draw.choice([None, "formal"]),
            subscription_tier=draw.choice(["free", "pro", "enterprise"]),
            conversation_minutes_used=draw.randrange(100),
            created_at=self.time(),
            updated_at=self.time(),
            deleted_at=self.deleted(),
        )
        stored.users.append(user)
        voices = [self.voice_model(user["id"]) for _ in range(draw.randrange(4))]
        faces = [self.face_model(user["id"]) for _ in range(draw.randrange(4))]
        for models in (voices, faces):
            completed = [model for model in models if model["status"] == "completed"]
            for model in completed:
                model["is_active"] = model["deleted_at"] is not None  # deleted with its user, say
            alive = [model for model in completed if model["deleted_at"] is None]
            if alive and draw.random() < 0.8:
                draw.choice(alive)["is_active"] = True
        stored.voice_models += voices
        stored.face_models += faces
        stored.knowledge_documents += [self.document(user["id"]) for _ in range(draw.randrange(5))]
        for _ in range(draw.randrange(6) if voices else 0):
            face = draw.choice([None, *[face["id"] for face in faces]])
            session = self.session(user["id"], draw.choice(voices)["id"], face)
            stored.conversation_sessions.append(session)
            stored.conversation_turns += [self.turn(session["id"]) for _ in range(draw.randrange(5))]

    def voice_model(self, user_id: uuid.UUID) -> rows.Row:
        made = {"id": self.new_id(), "created_at": self.time(), "deleted_at": self.deleted()}
        score = Decimal(self.draw.randrange(1_001)) / 10
        return rows.voice_model(user_id, **made | self.draw.choice([{}, FAILED, rows.trained(quality_score=score)]))

    def face_model(self, user_id: uuid.UUID) -> rows.Row:
        made = {"id": self.new_id(), "created_at": self.time(), "deleted_at": self.deleted()}
        return rows.face_model(user_id, **made | self.draw.choice([{}, FAILED, rows.built()]))

    def document(self, user_id: uuid.UUID) -> rows.Row:
        uploaded_at = self.time()
        processed_at = uploaded_at + timedelta(microseconds=self.draw.randrange(10**9))
        status = self.draw.choice(
            [
                {},
                {"status": "processing"},
                FAILED | {"processed_at": processed_at},
                rows.processed(processed_at=processed_at),
            ]
        )
        made = {"id": self.new_id(), "uploaded_at": uploaded_at, "deleted_at": self.deleted()}
        described = {"title": self.draw.choice([None, "Notes"]), "tags": self.draw.choice([[], ["a", "b"]])}
        return rows.document(user_id, **made | described | status)

    def session(self, user_id: uuid.UUID, voice_model_id: uuid.UUID, face_model_id: uuid.UUID | None) -> rows.Row:
        started_at = self.time()
        lasted = timedelta(milliseconds=self.draw.randrange(10_000_000))
        state = self.draw.choice([{"started_at": started_at}, rows.ended(lasted, started_at)])
        made = {"id": self.new_id(), "face_model_id": face_model_id, "deleted_at": self.deleted()}
        return rows.session(user_id, voice_model_id, **made | state)

    def turn(self, session_id: uuid.UUID) -> rows.Row:
        made = {"id": self.new_id(), "timestamp": self.time()}
        return rows.turn(session_id, **made, latency_ms=self.draw.randrange(2_000), cost=self.money())
