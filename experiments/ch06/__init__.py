"""Records of chapter 6."""
