"""`clone-cqrs demo`: a day in the life of the conversational clone. Speaks to it as any client does, in wire form."""
