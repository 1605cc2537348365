"""Records of chapter 4."""
