"""What both buses share: who calls, who may, which handler answers, and what wraps it all."""
