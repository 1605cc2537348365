"""Records of chapter 5."""
