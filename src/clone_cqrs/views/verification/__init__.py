"""Whether a fresh reading is its definition, on live data."""
