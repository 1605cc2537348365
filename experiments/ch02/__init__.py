"""Records of chapter 2."""
