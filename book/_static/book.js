// Search results fetch a summary of each page, which a browser refuses on file://; there the titles must do.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
